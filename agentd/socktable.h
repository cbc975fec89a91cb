/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walk of the tables about sockets: every descriptor of a socket, then those of no process. */
#ifndef AGENTD_SOCKTABLE_H
#define AGENTD_SOCKTABLE_H

#include "agentd/proctable.h"

struct sock_walk {
	struct proc_fds fds;
	struct proc_shared *shared; /* NULL: nothing to walk */
	bool strays;		    /* those of no process are asked for */
	bool strays_only;	    /* and nothing else */
	bool ended;		    /* the walk over processes is over */
	size_t at;		    /* of the sockets, for strays */
	bool looked_again;	    /* which of them are still there */
	/* Those that rows are made of; NULL: all. The table sets it once the walk is open. */
	bool (*matters)(const struct sock *k);
	/* The one at hand; pid and fd are -1 when no process has it. */
	const struct sock *sock;
	int32_t pid, fd;
};

/* `pid`: the column; `pid = -1` asks for those of no process. 0 or -errno. */
int sock_walk_open(struct sock_walk *w, struct scan *s, unsigned pid);
void sock_walk_close(struct sock_walk *w);
/*
 * A table's step: calls `put` for each socket of a piece of work, with sock, pid and fd set.
 * Returns what a step does.
 */
int sock_walk_step(struct sock_walk *w, struct scan *s,
	void (*put)(struct scan *s, const struct sock_walk *w));
/* Bytes of a unix socket's name. */
struct span sock_walk_path(const struct sock_walk *w);

#endif
