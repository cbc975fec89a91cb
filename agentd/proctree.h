/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process and its descendants, held by number and start; each is opened anew, and checked, for
 * what is done with it.
 *
 * A descendant is whose parent is a member, whose session or process group a member began (also
 * when its parent has ended), or what was started in the trap. To catch them all they are stopped,
 * parents first, and looked for again until a look finds nobody new and everybody stopped.
 */
#ifndef AGENTD_PROCTREE_H
#define AGENTD_PROCTREE_H

#include "agentd/cgtrap.h"
#include "agentd/procguard.h"

#include <jansson.h>

#define PROCTREE_MAX	  (128u << 10) /* members */
#define PROCTREE_NAME_MAX 16
/* Members that are told of by name. */
#define PROCTREE_SHOWN 64

struct procmember {
	int32_t pid;
	uint64_t start; /* ticks since boot */
	uint64_t seen;	/* likewise: it was there then, so its number was its own */
	char name[PROCTREE_NAME_MAX];
	bool stopped_before; /* by somebody else */
	bool quiet;	     /* seen to be stopped, dead, or in a sleep that no signal ends */
};

struct proctree {
	const struct procfs *fs;
	const struct procguard *guard;
	struct procmember *members; /* heap; the first one is the root */
	size_t n, cap;
	uint32_t *known; /* heap, by pid: place of the latest member of that number + 1, or 0 */
	struct cgtrap trap;
	struct buf text; /* of what is read at the moment */
};

/* The root must be open only for this call. 0 or -ENOMEM; proctree_done in any case. */
int proctree_init(struct proctree *t, const struct procfs *fs, const struct procguard *guard,
	const struct pidref *root);
void proctree_done(struct proctree *t);
/*
 * The root, and members from now on, are put into a control group: for those that will be killed.
 * Before descendants are looked for.
 */
void proctree_trap(struct proctree *t);

/* Finds the members there are now. 0 or -errno. */
int proctree_find(struct proctree *t);
/*
 * Finds and stops them all. 0, -ETIME when there still were new ones at `until_ms`, -E2BIG past
 * PROCTREE_MAX, or -errno.
 */
int proctree_stop(struct proctree *t, int64_t until_ms);
/* Lets those go on that proctree_stop stopped. */
void proctree_continue(struct proctree *t);
/* To every member that is there: the number of those that took it. */
size_t proctree_signal(struct proctree *t, int sig);
/* Waits until they have ended: the number of those that have not. */
size_t proctree_wait_end(struct proctree *t, int64_t until_ms);
/* Waits until they are all stopped, or none is: the number of those that are not so. */
size_t proctree_wait_stopped(struct proctree *t, bool stopped, int64_t until_ms);
/* The i-th member as long as it is there: 0 or -ESRCH, -errno. */
int proctree_open(struct proctree *t, size_t i, struct pidref *ret);
/* {"count":…, "processes":[{"pid":…, "name":…}…]} without the root; NULL: no memory. */
json_t *proctree_json(const struct proctree *t);

#endif
