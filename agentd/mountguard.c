/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/mountguard.h"

#include "agentd/mounttab.h"
#include "agentd/root.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define TABLE_MAX 32
/* Mounts that are kept in mind; further ones take the place of those asked first. */
#define KNOWN_MAX 64

/* A remote mount, or a path below an automounter. */
struct known {
	char *place;
	int64_t answered_ms, asked_ms;
	int fd;	     /* of eventfd(2): readable once it was touched; -1: nobody does */
	pid_t child; /* -1: a thread */
};

struct mountguard {
	pthread_mutex_t lock;
	char table[TABLE_MAX];
	int fd; /* of the mount table: poll(2) tells when it changed */
	bool opened;
	struct remote_mounts *mounts;
	struct known known[KNOWN_MAX];
	size_t n, next; /* which one was forgotten last, once all are in use */
	size_t stuck;
};

/* ---- Who touches ---- */

static void say_done(int fd)
{
	uint64_t one = 1;
	/* Only a number that would not fit could make it fail. */
	ssize_t n = write(fd, &one, sizeof(one));

	(void)n;
}

/*
 * A process that waits for a FUSE server cannot be killed, nor can one end that has a thread which
 * does: so it is another one, which keeps nothing of ours open but what it needs.
 */
_Noreturn static void child_main(const struct root *root, const char *path, bool opens, int fd)
{
	unsigned keep[] = {(unsigned)fd, (unsigned)root_descriptor(root)}, from = 0;

	if (keep[0] > keep[1]) {
		keep[0] = keep[1];
		keep[1] = (unsigned)fd;
	}
	for (size_t i = 0; i < ARRAY_LEN(keep); from = keep[i++] + 1)
		if (keep[i] > from)
			close_range(from, keep[i] - 1, 0);
	close_range(from, UINT_MAX, 0);
	root_touch(root, path, opens);
	say_done(fd);
	_exit(0);
}

/* What a thread needs, all its own: it may outlive whoever asked. */
struct toucher {
	struct root *root;
	int fd;
	bool opens;
	char path[];
};

static void toucher_free(struct toucher *t)
{
	if (!t)
		return;
	root_free(t->root);
	io_close(t->fd);
	free(t);
}

static void *thread_main(void *arg)
{
	struct toucher *t = arg;

	root_touch(t->root, t->path, t->opens);
	say_done(t->fd);
	toucher_free(t);
	return NULL;
}

static struct toucher *toucher_new(const struct root *root, const char *path, bool opens, int fd)
{
	size_t len = strlen(path);
	struct toucher *t = calloc(1, sizeof(*t) + len + 1);

	if (!t)
		return NULL;
	memcpy(t->path, path, len + 1);
	t->opens = opens;
	t->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	t->root = root_copy(root);
	if (t->fd >= 0 && t->root)
		return t;
	toucher_free(t);
	return NULL;
}

/* For workers that may not have children. 0 or -errno. */
static int start_thread(const struct root *root, const char *path, bool opens, int fd)
{
	struct toucher *t = toucher_new(root, path, opens, fd);
	sigset_t all, old;
	pthread_t thread;
	int r;

	if (!t)
		return -ENOMEM;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&thread, NULL, thread_main, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r)
		toucher_free(t);
	else
		pthread_detach(thread);
	return -r;
}

/* 0 or -errno. */
static int start(struct known *k, const struct root *root, const char *path, bool opens)
{
	int fd = eventfd(0, EFD_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	k->asked_ms = clock_mono_ms();
	k->child = fork();
	if (k->child == 0)
		child_main(root, path, opens, fd);
	if (k->child < 0)
		r = errno == EPERM || errno == ENOSYS ? start_thread(root, path, opens, fd)
						      : -errno;
	if (r < 0)
		close(fd);
	else
		k->fd = fd;
	return r;
}

/* Is it done before time is up? `until` in ms of clock_mono_ms, 0: look and do not wait. */
static bool is_done(int fd, int64_t until)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	int64_t left;
	int r;

	do {
		left = until ? until - clock_mono_ms() : 0;
		r = poll(&pfd, 1, left > 0 ? (int)left : 0);
	} while (r < 0 && errno == EINTR);
	return r > 0;
}

/* `done`: the child has nothing left to wait for. Otherwise it is left to init. */
static void finish(struct known *k, bool done)
{
	if (k->fd < 0)
		return;
	k->fd = io_close(k->fd);
	if (k->child > 0)
		waitpid(k->child, NULL, done ? 0 : WNOHANG);
}

/* ---- The guard ---- */

struct mountguard *mountguard_new(void)
{
	struct mountguard *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->fd = -1;
	pthread_mutex_init(&g->lock, NULL);
	str_copy(g->table, sizeof(g->table), MOUNTTAB_PATH);
	return g;
}

void mountguard_free(struct mountguard *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n; i++) {
		finish(&g->known[i], false);
		free(g->known[i].place);
	}
	remote_mounts_free(g->mounts);
	io_close(g->fd);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

void mountguard_table(struct mountguard *g, const char *table)
{
	str_copy(g->table, sizeof(g->table), table);
}

static bool table_changed(struct mountguard *g)
{
	struct pollfd pfd = {.fd = g->fd, .events = POLLPRI};

	if (!g->opened) {
		g->opened = true;
		g->fd = open(g->table, O_RDONLY | O_CLOEXEC);
		return g->fd >= 0;
	}
	return g->fd >= 0 && poll(&pfd, 1, 0) > 0;
}

static void refresh(struct mountguard *g, const struct root *root)
{
	struct remote_mounts *now;

	if (!table_changed(g))
		return;
	now = remote_mounts_new(root, str_eq(g->table, MOUNTTAB_PATH) ? NULL : g->table);
	if (!now)
		return;
	remote_mounts_free(g->mounts);
	g->mounts = now;
}

/* As remote_mounts_resolve, but for a link at the end of the path. */
static int resolve_parent(
	struct mountguard *g, const struct root *root, const char *path, struct buf *ret)
{
	size_t n = strlen(path), dir;
	char parent[PATH_MAX];
	int r;

	while (n > 1 && path[n - 1] == '/')
		n--;
	for (dir = n; dir && path[dir - 1] != '/';)
		dir--;
	if (dir >= sizeof(parent))
		return -ENAMETOOLONG;
	memcpy(parent, path, dir);
	parent[dir] = '\0';
	r = remote_mounts_resolve(g->mounts, root, parent, ret);
	if (!r)
		r = buf_putc(ret, '/');
	if (!r)
		r = buf_add(ret, path + dir, n - dir);
	if (r)
		return r;
	return remote_mount_at(g->mounts, ret->p, ret->len) ? -EREMOTE : 0;
}

/* The remote mount that the path leads to; *ret_auto: an automounter's. False when it is local. */
static bool remote_place(struct mountguard *g, const struct root *root, const char *path,
	bool follow, struct buf *ret, bool *ret_auto)
{
	const char *type;
	int r;

	if (!remote_mounts_any(g->mounts))
		return false;
	r = follow ? remote_mounts_resolve(g->mounts, root, path, ret)
		   : resolve_parent(g, root, path, ret);
	if (r != -EREMOTE)
		return false;
	type = remote_mount_at(g->mounts, ret->p, ret->len);
	*ret_auto = type && str_eq(type, "autofs");
	return true;
}

/* Not one that is being waited for: those are fewer than there is room for. */
static struct known *one_to_forget(struct mountguard *g)
{
	do
		g->next = (g->next + 1) % KNOWN_MAX;
	while (g->known[g->next].fd >= 0);
	return &g->known[g->next];
}

/* NULL when out of memory. */
static struct known *find_known(struct mountguard *g, const char *place)
{
	struct known *k;
	char *copy;

	for (size_t i = 0; i < g->n; i++)
		if (str_eq(g->known[i].place, place))
			return &g->known[i];
	k = g->n < KNOWN_MAX ? &g->known[g->n] : one_to_forget(g);
	copy = strdup(place);
	if (!copy)
		return NULL;
	if (g->n < KNOWN_MAX)
		g->n++;
	free(k->place);
	*k = (struct known){.place = copy, .fd = -1};
	return k;
}

/* Notes what has been answered by now. */
static void settle(struct mountguard *g)
{
	for (size_t i = 0; i < g->n; i++) {
		struct known *k = &g->known[i];

		if (k->fd < 0 || !is_done(k->fd, 0))
			continue;
		finish(k, true);
		g->stuck--;
		k->answered_ms = clock_mono_ms();
	}
}

/*
 * A descriptor to wait for, the caller's, with until when in *ret_until; or -1, with 0 (trusted) or
 * -errno in *ret.
 */
static int ask(struct mountguard *g, const struct root *root, const char *place, const char *path,
	bool opens, int64_t *ret_until, int *ret)
{
	struct known *k;
	int fd;

	settle(g);
	k = find_known(g, place);
	*ret = k ? 0 : -ENOMEM;
	if (!k || (k->answered_ms && clock_mono_ms() - k->answered_ms < MOUNTGUARD_TRUST_MS))
		return -1;
	if (k->fd < 0) {
		*ret = g->stuck < MOUNTGUARD_STUCK_MAX ? start(k, root, path, opens) : -EHOSTDOWN;
		if (*ret < 0)
			return -1;
		g->stuck++;
	}
	fd = fcntl(k->fd, F_DUPFD_CLOEXEC, 0);
	*ret = fd < 0 ? -errno : 0;
	*ret_until = k->asked_ms + MOUNTGUARD_WAIT_MS;
	return fd;
}

int mountguard_check(struct mountguard *g, const struct root *root, const char *path, unsigned how)
{
	bool automounted = false;
	int64_t until = 0;
	struct buf place;
	int r = 0, fd = -1;

	buf_init(&place, PATH_MAX * 4);
	pthread_mutex_lock(&g->lock);
	refresh(g, root);
	if (remote_place(g, root, path, !(how & ROOT_NOFOLLOW), &place, &automounted))
		fd = ask(g, root, automounted ? path : buf_str(&place), path, how & ROOT_OPENS,
			&until, &r);
	pthread_mutex_unlock(&g->lock);
	buf_done(&place);
	if (fd >= 0 && !is_done(fd, until))
		r = -EHOSTDOWN;
	io_close(fd);
	return r;
}
