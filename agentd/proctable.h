/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tables about processes have in common: one /proc per query, and the walk over it. */
#ifndef AGENTD_PROCTABLE_H
#define AGENTD_PROCTABLE_H

#include "agentd/procfs.h"
#include "agentd/sockets.h"
#include "agentd/table.h"

/* What one query knows of /proc; the engine's, shared by all its scans. */
struct proc_shared {
	struct procfs fs;
	struct sockets *sockets; /* see socktable.h */
	bool ready;		 /* fs is open */
	bool walked; /* all descriptors were seen: socks that are not `held` are nobody's */
};

/* NULL when the host shows no processes (a warning says so) or memory ran out (*ret is -ENOMEM). */
struct proc_shared *proc_shared(struct scan *s, int *ret);

/* The processes a scan has to look at: the one that `pid = …` names, or all. */
struct proc_walk {
	struct proc_shared *shared; /* NULL: none at all */
	struct procfs_list list;
	int32_t only; /* the one, when it is not -1 */
	bool listing;
};

/* As `pid`: all processes, whatever the scan's constraints. */
#define PROC_ALL ((unsigned)-1)
/* `pid`: the column. 0 or -errno. */
int proc_walk_open(struct proc_walk *w, struct scan *s, unsigned pid);
void proc_walk_close(struct proc_walk *w);
/* 1 with the number of the next one, 0 at the end, -errno. */
int proc_walk_next(struct proc_walk *w, int32_t *ret);
/*
 * Opens the process that proc_walk_next gave. 0, -ENOENT when it is gone or none; what else is in
 * the way is counted as skipped and -ENOENT too.
 */
int proc_walk_process(struct proc_walk *w, struct scan *s, int32_t pid, struct procfs_proc *ret);

/*
 * The next process, and a file of it: 1 with *ret_fd -1 where that cannot be read, which is counted
 * as skipped; 0 at the end, -errno.
 */
int proc_walk_file(
	struct proc_walk *w, struct scan *s, const char *name, int32_t *ret_pid, int *ret_fd);

/* The open descriptors of those processes. */
struct proc_fds {
	struct proc_walk walk;
	struct procfs_list list;
	bool listing;
	bool handed_out; /* something of what the last system call listed */
	/* The one at hand. */
	int32_t pid, fd;
	struct buf link; /* "/a/path", "socket:[1]" … */
};

enum { PROC_FDS_END, PROC_FDS_ONE, PROC_FDS_PAUSE };

int proc_fds_open(struct proc_fds *f, struct scan *s, unsigned pid);
void proc_fds_close(struct proc_fds *f);
/*
 * PROC_FDS_ONE: pid, fd and link are set. PROC_FDS_PAUSE: a piece of work is done, end the step.
 * PROC_FDS_END or -errno.
 */
int proc_fds_next(struct proc_fds *f, struct scan *s);

/* Counts what of a process could not be read, unless it is the process itself that is gone. */
void proc_skipped(struct scan *s, const char *what, int r);

#endif
