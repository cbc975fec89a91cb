/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A runbook does not overlap with itself, whatever name it is given. What is locked is in the
 * operator's own state directory, so that nobody else who may read the runbook can hold it up;
 * where there is none (no HOME), it is the runbook's file.
 */
#ifndef CONSOLE_RUNBOOK_LOCK_H
#define CONSOLE_RUNBOOK_LOCK_H

#include "common/err.h"

#include <stdint.h>

struct runbook_lock {
	int fd;	    /* -1: nothing is held */
	int64_t at; /* the byte of the state file that stands for it; -1: all of the runbook's */
};

/* "-" is never locked. 0 or -errno with `err`; -EBUSY: it runs already. */
int runbook_lock_take(const char *path, struct runbook_lock *ret, struct err *err);
/*
 * By word, not by closing alone: a process that holds connections may have the descriptor still.
 */
void runbook_lock_give(struct runbook_lock *l);

#endif
