/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/auditfile.h"

#include "common/io.h"
#include "common/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

void auditfile_name(unsigned number, char ret[AUDIT_NAME_MAX])
{
	if (number)
		snprintf(ret, AUDIT_NAME_MAX, AUDIT_FILE ".%06u", number);
	else
		snprintf(ret, AUDIT_NAME_MAX, AUDIT_FILE);
}

/* ---- Which there are ---- */

/* 0: it is no file put away. */
static unsigned number_of(const char *name)
{
	char again[AUDIT_NAME_MAX];
	uint64_t n;

	if (!str_starts(name, AUDIT_FILE ".") ||
		parse_uint(name + strlen(AUDIT_FILE "."), 1, AUDIT_NUMBER_MAX, &n) < 0)
		return 0;
	auditfile_name((unsigned)n, again);
	return str_eq(name, again) ? (unsigned)n : 0;
}

static int by_number(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

static int gather(DIR *dir, unsigned **list, size_t *n)
{
	const struct dirent *e;
	size_t cap = 0;
	int r = 0;

	errno = 0;
	while (!r && (e = readdir(dir))) {
		unsigned number = number_of(e->d_name);

		if (!number)
			continue;
		r = array_grow(list, &cap, *n + 1, sizeof(**list), AUDIT_FILES_MAX);
		if (!r)
			(*list)[(*n)++] = number;
		errno = 0;
	}
	return r ? r : -errno;
}

int auditfile_list(int dirfd, unsigned **ret, size_t *ret_n)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	unsigned *list = NULL;
	size_t n = 0;

	if (!dir) {
		r = -errno;
		io_close(fd);
		return r;
	}
	r = gather(dir, &list, &n);
	closedir(dir);
	if (r < 0) {
		free(list);
		return r;
	}
	if (n)
		qsort(list, n, sizeof(*list), by_number);
	*ret = list;
	*ret_n = n;
	return 0;
}

/* ---- Opening ---- */

static int regular(int fd)
{
	struct stat st;
	int r = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? fd : -EINVAL;

	if (r < 0)
		io_close(fd);
	return r;
}

int auditfile_open(int dirfd, bool *ret_new)
{
	const int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	int fd = openat(dirfd, AUDIT_FILE, flags | O_CREAT | O_EXCL, 0600);

	*ret_new = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = openat(dirfd, AUDIT_FILE, flags);
	return fd < 0 ? -errno : regular(fd);
}

int auditfile_open_read(int dirfd, unsigned number)
{
	char name[AUDIT_NAME_MAX];
	int fd;

	auditfile_name(number, name);
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : regular(fd);
}

int auditfile_append_only(int fd, bool on)
{
	int flags, want;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return errno == ENOTTY || errno == EOPNOTSUPP || errno == EINVAL ? 0 : -errno;
	want = on ? flags | FS_APPEND_FL : flags & ~FS_APPEND_FL;
	if (want == flags || ioctl(fd, FS_IOC_SETFLAGS, &want) == 0)
		return 0;
	/* A container's root may not: to set it is what the file system lets us. */
	return on && (errno == EPERM || errno == EOPNOTSUPP) ? 0 : -errno;
}

/* ---- Putting away ---- */

int auditfile_put_away(int dirfd, int fd, unsigned number)
{
	char name[AUDIT_NAME_MAX];
	int r = auditfile_append_only(fd, false);

	if (r < 0)
		return r;
	auditfile_name(number, name);
	if (renameat2(dirfd, AUDIT_FILE, dirfd, name, RENAME_NOREPLACE) < 0)
		r = -errno;
	auditfile_append_only(fd, true);
	return r < 0 ? r : fsync(dirfd) < 0 ? -errno : 0;
}

int auditfile_remove(int dirfd, unsigned number)
{
	char name[AUDIT_NAME_MAX];
	int fd = auditfile_open_read(dirfd, number), r;

	if (fd < 0)
		return fd;
	auditfile_name(number, name);
	r = auditfile_append_only(fd, false);
	if (r == 0 && unlinkat(dirfd, name, 0) < 0)
		r = -errno;
	io_close(fd);
	return r;
}
