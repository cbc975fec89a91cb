/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/held_dir.h"

#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LOOK_AGAIN_MS 5
/* Entries of the directory that are looked at. */
#define ENTRIES_MAX 4096

/* ---- The directory ---- */

static int not_ours(struct err *err, const char *path)
{
	return err_set(err, EPERM,
		"connections are not kept: %s is not a directory of this user's alone", path);
}

/* Makes `path` and opens it. -ENOENT where it cannot be made. */
static int open_own(const char *path, struct err *err)
{
	struct stat st;
	int fd;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -ENOENT;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return not_ours(err, path);
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & (S_IRWXG | S_IRWXO)))
		return fd;
	io_close(fd);
	return not_ours(err, path);
}

/* A directory for this user's sockets, as a session manager makes it. */
static bool is_runtime_dir(const char *path)
{
	struct stat st;

	return path && path[0] == '/' && stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid();
}

int held_dir_open(struct err *err)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	char run[64], path[PATH_MAX];
	int n;

	snprintf(run, sizeof(run), "/run/user/%u", (unsigned)geteuid());
	/* After su(1) it may still be the other user's. */
	if (!is_runtime_dir(xdg))
		xdg = is_runtime_dir(run) ? run : NULL;
	n = xdg ? snprintf(path, sizeof(path), "%s/tocsin", xdg)
		: snprintf(path, sizeof(path), "/tmp/tocsin-%u", (unsigned)geteuid());
	return n < 0 || (size_t)n >= sizeof(path) ? -ENOENT : open_own(path, err);
}

/* ---- Names ---- */

static int by_name(const void *a, const void *b)
{
	const struct held_name *x = a, *y = b;

	return strcmp(x->text, y->text);
}

typedef bool entry_fn(int dir, const char *name, void *arg);

/* Calls `fn` for each entry until it returns false. */
static void each_entry(int dir, entry_fn *fn, void *arg)
{
	/* Another open file, so that each reading begins at the beginning. */
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	unsigned n = 0;

	if (!d) {
		io_close(fd);
		return;
	}
	while (n++ < ENTRIES_MAX && (e = readdir(d)))
		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, "..") && !fn(dir, e->d_name, arg))
			break;
	closedir(d);
}

struct listing {
	struct held_name *names;
	size_t n;
};

static bool list_one(int dir, const char *name, void *arg)
{
	struct listing *l = arg;

	(void)dir;
	if (name[0] != '.' && str_copy(l->names[l->n].text, sizeof(l->names[l->n].text), name) == 0)
		l->n++;
	return l->n < HELD_SOCKETS_MAX;
}

size_t held_dir_list(int dir, struct held_name ret[HELD_SOCKETS_MAX])
{
	struct listing l = {.names = ret};

	each_entry(dir, list_one, &l);
	qsort(ret, l.n, sizeof(*ret), by_name);
	return l.n;
}

/* ---- Adding one ---- */

/* Left behind by one that was killed before it showed them. */
static bool remove_hidden(int dir, const char *name, void *arg)
{
	(void)arg;
	if (name[0] == '.')
		(void)unlinkat(dir, name, 0);
	return true;
}

int held_dir_lock(int dir)
{
	int64_t until = clock_mono_ms() + HELD_LOCK_MS;

	while (flock(dir, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (clock_mono_ms() >= until)
			return -EAGAIN;
		poll(NULL, 0, LOOK_AGAIN_MS);
	}
	each_entry(dir, remove_hidden, NULL);
	return 0;
}

void held_dir_unlock(int dir)
{
	(void)flock(dir, LOCK_UN);
}

/* Through the descriptor: short enough for any directory, and always that one. */
static void address_of(int dir, const struct held_name *name, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s", dir, name->text);
}

int held_dir_listen(int dir, struct held_name *ret_name)
{
	struct sockaddr_un to;
	struct held_name name;
	uint32_t random;
	int fd, r;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		return -EAGAIN;
	snprintf(name.text, sizeof(name.text), ".%08x", random);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	address_of(dir, &name, &to);
	/* The directory lets nobody else in; the socket's mode is for the eye. */
	if (bind(fd, &to, sizeof(to)) < 0 || fchmodat(dir, name.text, 0600, 0) < 0 ||
		listen(fd, HELD_BACKLOG) < 0) {
		r = -errno;
		io_close(fd);
		held_dir_remove(dir, &name);
		return r;
	}
	*ret_name = name;
	return fd;
}

struct held_name held_dir_shown(const struct held_name *name, pid_t pid, unsigned thread)
{
	struct held_name shown;

	snprintf(shown.text, sizeof(shown.text), "%d-%u%.9s", (int)pid, thread, name->text);
	return shown;
}

int held_dir_show(int dir, const struct held_name *name, const struct held_name *shown)
{
	return renameat(dir, name->text, dir, shown->text) < 0 ? -errno : 0;
}

void held_dir_remove(int dir, const struct held_name *name)
{
	(void)unlinkat(dir, name->text, 0);
}

/* ---- Connecting ---- */

int held_check_peer(int fd)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0)
		return -errno;
	return who.uid == geteuid() ? 0 : -EPERM;
}

int held_dir_connect(int dir, const struct held_name *name)
{
	struct sockaddr_un to;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return -errno;
	address_of(dir, name, &to);
	r = connect(fd, &to, sizeof(to)) < 0 ? -errno : held_check_peer(fd);
	if (r == 0)
		return fd;
	io_close(fd);
	if (r == -ECONNREFUSED)
		held_dir_remove(dir, name);
	return r;
}
