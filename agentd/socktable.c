/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables of all network namespaces are read before the descriptors, once per query. A socket
 * made meanwhile is then not in them and gives no row; one closed meanwhile is in them but in no
 * process, which is why those are looked up again before they are called nobody's.
 */
#include "agentd/socktable.h"

#include <errno.h>

#define STRAYS_PER_STEP 256

static bool stop(void *arg)
{
	return scan_stop(arg);
}

/* The query's sockets, to be read on behalf of this scan. */
static struct sockets *sockets_for(struct scan *s, struct proc_shared *shared)
{
	sockets_on_stop(shared->sockets, stop, s);
	return shared->sockets;
}

static void namespace_denied(void *arg, int err)
{
	scan_skipped(arg, "network namespace", "process", err);
}

static int load_all(struct scan *s, struct proc_shared *shared)
{
	int r = sockets_load_all(sockets_for(s, shared), namespace_denied, s);

	if (r < 0 && r != -ENOMEM && r != -ECANCELED)
		scan_warn(s, "/proc/net: %s", strerror(-r));
	else if (r == 0 && sockets_overflow(shared->sockets))
		scan_warn(s, "not all sockets: there are more than %u", SOCKETS_MAX);
	return r == -ENOMEM || r == -ECANCELED ? r : 0;
}

/* A look-up reads what its process needs only. */
static int load_of(struct scan *s, struct proc_shared *shared, int32_t pid)
{
	struct procfs_proc p;
	int r = procfs_open(&shared->fs, pid, &p);

	if (r == 0) {
		r = sockets_load(sockets_for(s, shared), &p);
		procfs_close(&p);
	}
	if (r == -ENOMEM || r == -ECANCELED)
		return r;
	proc_skipped(s, "network namespace", r);
	return 0;
}

static struct proc_shared *shared_sockets(struct scan *s, int *ret)
{
	struct proc_shared *shared = proc_shared(s, ret);

	if (shared && !shared->sockets) {
		shared->sockets = sockets_new(&shared->fs);
		if (!shared->sockets) {
			*ret = -ENOMEM;
			return NULL;
		}
	}
	return shared;
}

int sock_walk_open(struct sock_walk *w, struct scan *s, unsigned pid)
{
	int64_t only = 0;
	bool never = false, one = scan_eq_int(s, pid, &only, &never);
	bool strays_only = one && only == -1;
	int r;

	*w = (struct sock_walk){.strays = !one || strays_only, .strays_only = strays_only};
	if (never || (one && !strays_only && (only <= 0 || only > INT32_MAX)))
		return 0;
	w->shared = shared_sockets(s, &r);
	if (!w->shared)
		return r;
	r = one && !strays_only ? load_of(s, w->shared, (int32_t)only) : load_all(s, w->shared);
	if (r < 0)
		return r;
	/* Strays are known by what a walk over everything has seen. */
	if (strays_only && w->shared->walked)
		return 0;
	return proc_fds_open(&w->fds, s, strays_only ? PROC_ALL : pid);
}

void sock_walk_close(struct sock_walk *w)
{
	proc_fds_close(&w->fds);
}

/* The socket of the descriptor at hand, *ret NULL when it is none or of an unknown kind. */
static int find_sock(struct sock_walk *w, struct scan *s, struct sock **ret)
{
	struct sockets *all = w->shared->sockets;
	uint64_t inode;
	int r = 0;

	*ret = NULL;
	if (!procfs_link_number((struct span){w->fds.link.p, w->fds.link.len}, "socket", &inode))
		return 0;
	*ret = sockets_find(all, inode);
	if (!*ret) {
		/* It may be of another namespace than its process. */
		r = load_all(s, w->shared);
		*ret = sockets_find(all, inode);
	}
	return r;
}

static bool matters(const struct sock_walk *w, const struct sock *k)
{
	return !w->matters || w->matters(k);
}

/* Was it closed while the walk went on? */
static int closed_since(struct sock_walk *w, struct scan *s, const struct sock *k, bool *ret)
{
	int r = 0;

	*ret = false;
	if (!k->inode || !w->shared->fs.live)
		return 0;
	if (!w->looked_again)
		r = sockets_look_again(sockets_for(s, w->shared), w->matters);
	w->looked_again = r == 0;
	*ret = !k->again;
	return r;
}

static int next_stray(struct sock_walk *w, struct scan *s)
{
	struct sockets *all = w->shared->sockets;
	size_t last = w->at + STRAYS_PER_STEP;

	while (w->at < sockets_len(all)) {
		struct sock *k = sockets_at(all, w->at);
		bool closed;
		int r;

		if (w->at++ == last)
			return PROC_FDS_PAUSE;
		if (k->held || !matters(w, k))
			continue;
		r = closed_since(w, s, k, &closed);
		if (r < 0)
			return r;
		if (closed)
			continue;
		w->sock = k;
		w->pid = w->fd = -1;
		return PROC_FDS_ONE;
	}
	return PROC_FDS_END;
}

/* PROC_FDS_ONE: sock, pid and fd are set; otherwise as proc_fds_next. */
static int next(struct sock_walk *w, struct scan *s)
{
	struct sock *k;
	int r;

	if (!w->shared)
		return PROC_FDS_END;
	while (!w->ended && (r = proc_fds_next(&w->fds, s)) != PROC_FDS_END) {
		if (r != PROC_FDS_ONE)
			return r;
		r = find_sock(w, s, &k);
		if (r < 0)
			return r;
		if (!k)
			continue;
		k->held = true;
		if (w->strays_only || !matters(w, k))
			continue;
		w->sock = k;
		w->pid = w->fds.pid;
		w->fd = w->fds.fd;
		return PROC_FDS_ONE;
	}
	w->ended = true;
	w->shared->walked |= w->strays;
	return w->strays ? next_stray(w, s) : PROC_FDS_END;
}

int sock_walk_step(
	struct sock_walk *w, struct scan *s, void (*put)(struct scan *s, const struct sock_walk *w))
{
	int r;

	while ((r = next(w, s)) == PROC_FDS_ONE)
		put(s, w);
	return r == PROC_FDS_PAUSE ? 1 : r;
}

struct span sock_walk_path(const struct sock_walk *w)
{
	return sockets_path(w->shared->sockets, w->sock);
}
