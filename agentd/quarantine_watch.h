/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the daemon does about a quarantine by itself: puts it in force when it starts, lifts it when
 * nobody confirms it in time or its time is over, and puts it in force again after somebody else
 * took its rules away. Each is entered in the audit log, as `revert` or `repair`.
 *
 * All of it follows the state file. It costs nothing while there is none.
 */
#ifndef AGENTD_QUARANTINE_WATCH_H
#define AGENTD_QUARANTINE_WATCH_H

#include "agentd/quarantine.h"
#include "common/loop.h"

struct audit;
struct quarantine_watch;

/*
 * Looks at once, so that what is to be in force is so when this returns. `state_dir` and `audit`
 * must outlive it; `audit` may be NULL. NULL with `err`: no memory or no descriptors.
 */
struct quarantine_watch *quarantine_watch_new(
	struct loop *loop, const char *state_dir, struct audit *audit, struct err *err);
/* Leaves what is in force as it is. Accepts NULL. */
void quarantine_watch_free(struct quarantine_watch *w);
/* To be called when an action `quarantine` or `release` has ended, however it did. */
void quarantine_watch_look(struct quarantine_watch *w);
/* `fn` is called whenever what quarantine_watch_state tells has changed. */
void quarantine_watch_on_change(struct quarantine_watch *w, void (*fn)(void *arg), void *arg);
/* What is in force; NULL: nothing. Valid until the loop runs on. */
const struct quarantine *quarantine_watch_state(const struct quarantine_watch *w);

#endif
