/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nofollow.h"

#include "agentd/mounttab.h"
#include "agentd/root.h"
#include "common/io.h"
#include "common/str.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DIR_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Why one part of the way cannot be entered. `shown`: the path up to its end. */
static int not_entered(int dir, const char *name, struct span shown, int code, struct err *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
		return err_set(err, ELOOP, "%.*s is a symbolic link", (int)shown.n, shown.p);
	return err_sys(err, code, "%.*s", (int)shown.n, shown.p);
}

/* Closes `dir`. */
static int enter(int dir, const char *path, struct span part, struct err *err)
{
	struct span shown = {path, (size_t)(part.p + part.n - path)};
	char name[NAME_MAX + 1];
	int fd, r = 0;

	if (part.n > NAME_MAX) {
		io_close(dir);
		return err_sys(err, ENAMETOOLONG, "%.*s", (int)shown.n, shown.p);
	}
	memcpy(name, part.p, part.n);
	name[part.n] = '\0';
	fd = openat(dir, name, DIR_FLAGS);
	if (fd < 0)
		r = not_entered(dir, name, shown, errno, err);
	io_close(dir);
	return fd < 0 ? r : fd;
}

int nofollow_parent(const struct root *root, const char *path, int *ret_dir, const char **ret_name,
	struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct span rest, part;
	int dir, fd, r = 0;

	if (!slash || path[0] != '/' || !slash[1])
		return err_set(err, EISDIR, "%s names no file", path);
	rest = (struct span){path, (size_t)(slash - path)};
	dir = root_open(root, "/", O_PATH | O_DIRECTORY);
	if (dir < 0)
		return err_sys(err, -dir, "/");
	while (dir >= 0 && span_split(&rest, '/', &part))
		if (part.n)
			dir = enter(dir, path, part, err);
	if (dir < 0)
		return dir;
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		r = err_sys(err, errno, "%.*s", (int)(slash - path), path);
	io_close(dir);
	if (r < 0)
		return r;
	*ret_dir = fd;
	*ret_name = slash + 1;
	return 0;
}

static int not_regular(mode_t mode, const char *name, struct err *err)
{
	if (S_ISLNK(mode))
		return err_set(err, ELOOP, "%s is a symbolic link", name);
	if (S_ISDIR(mode))
		return err_set(err, EISDIR, "%s is a directory", name);
	return err_set(err, EINVAL, "%s is a %s, no file", name,
		S_ISFIFO(mode)	 ? "named pipe"
		: S_ISSOCK(mode) ? "socket"
				 : "device");
}

int nofollow_file(int dir, const char *name, int *ret_fd, struct stat *ret, struct err *err)
{
	int path_fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), fd = -1, r = 0;
	struct stat st;

	if (path_fd < 0)
		return err_sys(err, errno, "%s", name);
	if (fstat(path_fd, &st) < 0)
		r = err_sys(err, errno, "%s", name);
	else if (!S_ISREG(st.st_mode))
		r = not_regular(st.st_mode, name, err);
	else if (mount_fd_pseudo(path_fd))
		r = err_set(err, EINVAL, "%s is made up by the kernel", name);
	else
		fd = root_reopen(path_fd);
	io_close(path_fd);
	if (r < 0)
		return r;
	if (fd < 0)
		return err_sys(err, -fd, "%s", name);
	*ret_fd = fd;
	*ret = st;
	return 0;
}
