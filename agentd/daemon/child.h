/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Children forked off the daemon, with its memory and all its rights, for what may block: each
 * writes one answer to a pipe and ends.
 */
#ifndef AGENTD_DAEMON_CHILD_H
#define AGENTD_DAEMON_CHILD_H

#include "common/err.h"
#include "common/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * At once; of them for one user; and of one kind, so that there is always room for the other:
 * whoever lets children hang takes neither all that others need nor the way in.
 */
#define CHILDREN_MAX	     64
#define CHILDREN_OF_USER_MAX 24
#define CHILDREN_OF_KIND_MAX 48

enum child_kind {
	CHILD_LOOKS_UP, /* who somebody is */
	CHILD_ACTS,
};

struct child;
struct children {
	struct loop *loop;
	struct child *first;
	size_t n;
};

struct child_plan {
	const char *name;
	enum child_kind kind;
	uid_t uid; /* for whom */
	/*
	 * In the child: `out` takes the answer, `fd` is a copy of plan->fd. No other descriptors
	 * than 0 to 2 are open.
	 */
	void (*run)(int out, int fd, void *arg);
	void *arg;
	int fd; /* -1: none */
	/* In the daemon, whenever it has said more: all of it. Or NULL. */
	void (*heard)(void *done_arg, const char *p, size_t n);
	/* In the daemon, once: what it said, and its status as waitpid(2) tells it, or would. */
	void (*done)(void *done_arg, const char *p, size_t n, int status);
	void *done_arg;
	int64_t limit_ms; /* it is killed then; 0: never */
};

/* Is there room for one more? */
bool children_room(const struct children *c, enum child_kind kind, uid_t uid);
/* NULL with `err`. */
struct child *child_start(struct children *c, const struct child_plan *plan, struct err *err);
/* Its answer is of no interest any more. Accepts NULL. */
void child_forget(struct child *child);
void child_kill(struct child *child);
/* From now on; 0: it may take as long as it takes. */
void child_limit(struct child *child, int64_t ms);
/* After waitpid: true when it was one of these. */
bool children_reaped(struct children *c, pid_t pid, int status);
/* Kills them all, without waiting; what is waited for is told so. */
void children_end(struct children *c);

/*
 * For every process that the daemon forks, first thing: default signals, none blocked, and of the
 * descriptors above 2 only `fds` (-1: none), which become 3, 4 …
 */
void child_clean(struct loop *loop, const int *fds, size_t n);

#endif
