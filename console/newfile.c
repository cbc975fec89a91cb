/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/newfile.h"

#include "common/io.h"
#include "common/str.h"
#include "console/interrupt.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the same directory, so that renaming is atomic. */
static int open_temp(struct newfile *f, mode_t mode)
{
	f->temp = str_printf("%s.XXXXXX", f->path);
	if (!f->temp)
		return -ENOMEM;
	f->fd = mkostemp(f->temp, O_CLOEXEC);
	if (f->fd < 0) {
		int r = -errno;

		free(f->temp);
		f->temp = NULL;
		return r;
	}
	f->unlinks_before = interrupt_unlinks(f->temp);
	return fchmod(f->fd, mode) < 0 ? -errno : 0;
}

static int open_it(struct newfile *f, const char *path, mode_t mode)
{
	struct stat st;

	/* What /dev/stdout means may be a regular file, which others write to as well. */
	bool in_place = str_starts(path, "/dev/");

	f->path = in_place ? NULL : realpath(path, NULL);
	if (!f->path)
		f->path = strdup(path);
	if (!f->path)
		return -ENOMEM;
	if (stat(f->path, &st) < 0)
		return open_temp(f, mode);
	if (S_ISREG(st.st_mode) && !in_place)
		return open_temp(f, st.st_mode & 0777);
	f->fd = open(f->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
	return f->fd < 0 ? -errno : 0;
}

int newfile_open(struct newfile *f, const char *path, mode_t mode)
{
	int r;

	*f = (struct newfile){.fd = -1};
	r = open_it(f, path, mode);
	if (r < 0)
		newfile_done(f);
	return r;
}

static void forget_temp(struct newfile *f)
{
	(void)interrupt_unlinks(f->unlinks_before);
	free(f->temp);
	f->temp = NULL;
}

int newfile_commit(struct newfile *f)
{
	if (!f->temp)
		return 0;
	if (fsync(f->fd) < 0 || rename(f->temp, f->path) < 0)
		return -errno;
	forget_temp(f);
	return 0;
}

void newfile_done(struct newfile *f)
{
	if (f->temp) {
		unlink(f->temp);
		forget_temp(f);
	}
	if (f->path)
		io_close(f->fd);
	free(f->path);
	*f = (struct newfile){.fd = -1};
}
