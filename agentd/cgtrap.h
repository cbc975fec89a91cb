/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A control group (v2) of our own for the processes of one tree, below the one that its root is in,
 * so that the bounds of that hold on. What they start later is in it as well, whoever becomes its
 * parent, so that nothing escapes by letting its parent end. A help where the machine has such
 * groups: everything works without it.
 */
#ifndef AGENTD_CGTRAP_H
#define AGENTD_CGTRAP_H

#include "agentd/pidref.h"

struct cgtrap {
	int base;      /* the group of the root, -1: there is no trap */
	int dir;       /* the group */
	char name[48]; /* in base */
};
#define CGTRAP_NONE ((struct cgtrap){.base = -1, .dir = -1})

/* 0 or -errno; the trap may be used in any case. */
int cgtrap_init(struct cgtrap *t, const struct root *root, const struct pidref *p);
/* Lets those go that are still in it (to the group of the root), and removes the group. */
void cgtrap_done(struct cgtrap *t);
/* 0, or -errno: not in it. */
int cgtrap_add(struct cgtrap *t, const struct pidref *p);
/* Appends their numbers, one a line. 0 or -errno. */
int cgtrap_members(const struct cgtrap *t, struct buf *out);
/* Nobody in it runs (or starts anybody) between the two calls. Waits a moment for that. */
void cgtrap_freeze(const struct cgtrap *t);
void cgtrap_thaw(const struct cgtrap *t);
/* Kills all of it in one step, where the kernel can (Linux 5.14). */
void cgtrap_kill(const struct cgtrap *t);

#endif
