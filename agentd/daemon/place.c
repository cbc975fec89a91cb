/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/place.h"

#include "agentd/handover.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LOCK_NAME	"daemon.lock"
#define NOBODY		65534
#define SOCKET_PATH_MAX sizeof(((struct sockaddr_un *)NULL)->sun_path)

/* Whatever umask we were started with: everybody has to find the socket. */
static int make_directory(const char *path, mode_t mode)
{
	mode_t mask = umask(0);
	int r = mkdir(path, mode) < 0 ? -errno : 0;

	umask(mask);
	return r;
}

int place_directory(const char *path, mode_t mode, struct err *err)
{
	struct stat st;
	int r = make_directory(path, mode);

	if (r < 0 && r != -EEXIST)
		return err_sys(err, -r, "cannot make the directory %s", path);
	if (lstat(path, &st) < 0)
		return err_sys(err, errno, "%s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ENOTDIR, "%s is not a directory", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_set(err, EPERM, "%s belongs to user %u, not to root", path,
			(unsigned)st.st_uid);
	if (st.st_mode & 022)
		return err_set(err, EPERM, "%s is writable for others than its owner", path);
	return 0;
}

int place_lock(const char *dir, struct err *err)
{
	int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

	fd = at < 0 ? -1 : openat(at, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	io_close(at);
	if (fd < 0)
		return err_sys(err, errno, "%s/" LOCK_NAME, dir);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int e = errno == EWOULDBLOCK ? EBUSY : errno;

		io_close(fd);
		return e == EBUSY ? err_set(err, e, "another daemon runs in %s", dir)
				  : err_sys(err, e, "%s/" LOCK_NAME, dir);
	}
	return fd;
}

/* What is left of a daemon that was killed; anything else there is not ours to remove. */
static int remove_old(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "%s", path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, EEXIST, "%s is in the way: it is no socket", path);
	return unlink(path) < 0 ? err_sys(err, errno, "cannot remove %s", path) : 0;
}

int place_listen(const char *dir, struct err *err)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd, r;

	if (snprintf(a.sun_path, SOCKET_PATH_MAX, "%s/" HANDOVER_SOCKET, dir) >=
		(int)SOCKET_PATH_MAX)
		return err_set(err, ENAMETOOLONG, "%s: its name is too long", dir);
	r = remove_old(a.sun_path, err);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Everybody may connect: who they are decides what they get. */
	if (fd < 0 || bind(fd, (const struct sockaddr *)&a, sizeof(a)) < 0 ||
		chmod(a.sun_path, 0666) < 0 || listen(fd, PLACE_BACKLOG) < 0) {
		r = err_sys(err, errno, "cannot listen on %s", a.sun_path);
		io_close(fd);
		return r;
	}
	return fd;
}

void place_unlisten(const char *dir)
{
	char path[SOCKET_PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/" HANDOVER_SOCKET, dir) < (int)sizeof(path))
		(void)unlink(path);
}

void place_worker_account(uid_t *ret_uid, gid_t *ret_gid)
{
	const struct passwd *p = getpwnam(PLACE_WORKER_ACCOUNT);

	*ret_uid = p ? p->pw_uid : NOBODY;
	*ret_gid = p ? p->pw_gid : NOBODY;
}
