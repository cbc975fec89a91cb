/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/ui/save.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int ui_save_begin(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd < 0 ? err_sys(err, errno, "cannot write %s", path) : fd;
}

int ui_save_end(int fd, const char *path, int r, struct err *err)
{
	/* Some file systems tell only now that there is no room. */
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0)
		return 0;
	(void)unlink(path);
	return err_sys(err, -r, "cannot write %s", path);
}
