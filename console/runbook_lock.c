/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook_lock.h"

#include "common/io.h"
#include "common/str.h"
#include "console/paths.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int set_byte(int fd, short kind, int64_t at)
{
	struct flock l = {.l_type = kind, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};

	return fcntl(fd, F_OFD_SETLK, &l) < 0 ? -errno : 0;
}

/* Of the file, not of its name. Two files seldom have the same one. */
static int64_t byte_of(const struct stat *st)
{
	uint64_t v = (uint64_t)st->st_dev * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)st->st_ino;

	return (int64_t)(v >> 2);
}

static int open_state(void)
{
	char path[PATH_TEXT_MAX];

	if (paths_state(path, sizeof(path), "runbooks.lock") < 0)
		return -1;
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static int lock_file(const char *path, struct runbook_lock *l)
{
	l->at = -1;
	l->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return l->fd < 0 || flock(l->fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

int runbook_lock_take(const char *path, struct runbook_lock *ret, struct err *err)
{
	struct runbook_lock l = {.fd = -1};
	struct stat st;
	int r;

	*ret = l;
	if (str_eq(path, "-"))
		return 0;
	if (stat(path, &st) < 0)
		return err_sys(err, errno, "%s", path);
	l.fd = open_state();
	l.at = byte_of(&st);
	r = l.fd < 0 ? lock_file(path, &l) : set_byte(l.fd, F_WRLCK, l.at);
	if (r == 0) {
		*ret = l;
		return 0;
	}
	io_close(l.fd);
	if (r == -EAGAIN || r == -EACCES)
		return err_set(err, EBUSY, "%s is running already", path);
	return err_sys(err, -r, "cannot lock %s", path);
}

void runbook_lock_give(struct runbook_lock *l)
{
	if (l->fd >= 0)
		(void)(l->at < 0 ? flock(l->fd, LOCK_UN) : set_byte(l->fd, F_UNLCK, l->at));
	l->fd = io_close(l->fd);
}
