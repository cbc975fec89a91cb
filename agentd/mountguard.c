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
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TABLE_MAX 32
/* Mounts that are kept in mind; further ones take the place of those asked first. */
#define KNOWN_MAX 64

/* A remote mount, or a path below an automounter. */
struct known {
	char *place;
	int64_t answered_ms, asked_ms;
	int fd; /* ends when the child that touches it does; -1: none does */
	pid_t child;
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

/* ---- Children that touch ---- */

/*
 * A process that waits for a FUSE server cannot be killed, nor can one ending with such a thread:
 * so it is another one, which keeps nothing of ours open but what it needs.
 */
_Noreturn static void touch(const struct root *root, const char *path, bool opens, int fd)
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
	_exit(0);
}

/* 0 or -errno. */
static int start(struct known *k, const struct root *root, const char *path, bool opens)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	k->asked_ms = clock_mono_ms();
	k->child = fork();
	if (k->child == 0)
		touch(root, path, opens, fds[1]);
	close(fds[1]);
	if (k->child < 0) {
		int e = errno;

		close(fds[0]);
		return -e;
	}
	k->fd = fds[0];
	return 0;
}

/* Does it end before time is up? `until` in ms of clock_mono_ms, 0: look and do not wait. */
static bool ended(int fd, int64_t until)
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

static void finish(struct known *k)
{
	if (k->fd < 0)
		return;
	k->fd = io_close(k->fd);
	/* Where it still waits it is left to init. */
	waitpid(k->child, NULL, WNOHANG);
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
		finish(&g->known[i]);
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

		if (k->fd < 0 || !ended(k->fd, 0))
			continue;
		finish(k);
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
	if (fd >= 0 && !ended(fd, until))
		r = -EHOSTDOWN;
	io_close(fd);
	return r;
}
