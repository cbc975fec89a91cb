/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Bytes asked for in one read. */
#define READ_CHUNK (64u << 10)

int io_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

int io_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}

int io_write_all(int fd, const void *p, size_t n)
{
	const char *from = p;

	while (n) {
		ssize_t w = write(fd, from, n);

		if (w >= 0) {
			from += w;
			n -= (size_t)w;
		} else if (errno == EAGAIN) {
			struct pollfd pfd = {.fd = fd, .events = POLLOUT};

			if (poll(&pfd, 1, -1) < 0 && errno != EINTR)
				return -errno;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int io_read_all(int fd, struct buf *b)
{
	for (;;) {
		size_t left = b->max - b->len, want = left < READ_CHUNK ? left : READ_CHUNK;
		char one;
		ssize_t n;
		int r;

		if (want == 0) {
			do
				n = read(fd, &one, 1);
			while (n < 0 && errno == EINTR);
			return n < 0 ? -errno : n ? -EMSGSIZE : 0;
		}
		r = buf_room(b, want);
		if (r < 0)
			return r;
		n = read(fd, b->p + b->len, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		buf_added(b, (size_t)n);
	}
}

/* /dev/null, which people give where they mean "no file". */
static bool is_null_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

int io_read_file(int dirfd, const char *path, struct buf *b)
{
	/* Non-blocking, so that opening a FIFO does not wait for its writer. */
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), r;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (S_ISDIR(st.st_mode))
		r = -EISDIR;
	else if (is_null_device(&st))
		r = 0;
	else if (!S_ISREG(st.st_mode))
		r = -EINVAL;
	else
		r = io_read_all(fd, b);
	io_close(fd);
	return r;
}
