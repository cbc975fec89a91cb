/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The console's own record of actions: what was about to be done, written before it is tried, and
 * what came of it.
 */
#ifndef CONSOLE_STORE_ACT_H
#define CONSOLE_STORE_ACT_H

#include "console/plan.h"
#include "console/store.h"

#include <stddef.h>
#include <stdint.h>

/* Status of a target that was tried, and of which nothing was heard (yet). */
#define ACT_SENT "sent"

/*
 * Records the plan. Before it is carried out, with *act 0: all its targets, and *act becomes the
 * number of the record. Afterwards, with that number: what came of each. `pattern`: the targets as
 * given. 0 or -errno with `err`; the action does not depend on it.
 */
int store_act(int64_t *act, const struct plan *p, const struct host_config *hosts,
	const char *pattern, struct err *err);
/* The same, telling a person what is wrong. */
void store_act_or_say(
	int64_t *act, const struct plan *p, const struct host_config *hosts, const char *pattern);

/* What is no plan, once it is over: one target at one host. *act as above. */
struct act_outcome {
	const char *action, *reason, *host, *target, *detail; /* reason, detail: or NULL */
	enum wire_status status;
	const json_t *before;
};
int store_act_outcomes(int64_t *act, const struct act_outcome *all, size_t n, const char *pattern,
	struct err *err);

struct act_entry {
	int64_t act, begun_us, time_us; /* the whole action; this target, last */
	const char *operator, * host, *action, *target, *status, *detail, *reason, *id, *plan;
	const char *before, *after, *undo; /* JSON, or NULL */
};
/* From the last one back, of actions begun then or later; `fn` as run_info_fn. */
typedef int act_entry_fn(void *arg, const struct act_entry *e);
int store_acts(struct store *s, int64_t since_us, size_t limit, act_entry_fn *fn, void *arg,
	struct err *err);

#endif
