/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/clientfd.h"

#include "agentd/mounttab.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NULL_MAJOR 1
#define NULL_MINOR 3

static int option(int fd, int name)
{
	int v = -1;
	socklen_t size = sizeof(v);

	return getsockopt(fd, SOL_SOCKET, name, &v, &size) < 0 ? -1 : v;
}

static const char *wrong_socket(int fd)
{
	int family = option(fd, SO_DOMAIN);

	if (family != AF_UNIX && family != AF_INET && family != AF_INET6)
		return "a socket of no known kind";
	return option(fd, SO_TYPE) == SOCK_STREAM && option(fd, SO_ACCEPTCONN) == 0
		       ? NULL
		       : "no connection but another kind of socket";
}

/* Why it is none, or NULL. */
static const char *wrong_kind(int fd, const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFIFO:
		return NULL;
	case S_IFSOCK:
		return wrong_socket(fd);
	case S_IFREG:
		return mount_fd_pseudo(fd) ? "a file that the kernel makes up" : NULL;
	case S_IFCHR:
		if (st->st_rdev == makedev(NULL_MAJOR, NULL_MINOR) || isatty(fd))
			return NULL;
		return "a device";
	case S_IFDIR:
		return "a directory";
	default:
		return "neither pipe, connection, terminal nor file";
	}
}

int clientfd_check(int fd, bool writes, struct err *err)
{
	const char *what = writes ? "output" : "input", *wrong;
	int flags = fcntl(fd, F_GETFL), mode;
	struct stat st;

	if (flags < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "the session's %s", what);
	mode = flags & O_ACCMODE;
	if ((flags & O_PATH) || (mode != O_RDWR && mode != (writes ? O_WRONLY : O_RDONLY)))
		return err_set(err, EINVAL, "the session's %s is not open for %s", what,
			writes ? "writing" : "reading");
	wrong = wrong_kind(fd, &st);
	return wrong ? err_set(err, EINVAL, "the session's %s is %s", what, wrong) : 0;
}
