/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The console's own record of actions beside the logs that the hosts keep (the agents' table
 * audit_log): what differs. Knows no fleet and no database; hosts may say anything.
 */
#ifndef CONSOLE_AUDIT_JOIN_H
#define CONSOLE_AUDIT_JOIN_H

#include "console/fleet/fleet.h"
#include "console/results.h"
#include "console/store_act.h"

#include <stddef.h>
#include <stdint.h>

/* What is asked of the hosts; `:since` is a Unix time. */
extern const char audit_join_sql[];
/* How far clocks of hosts, after what they say of themselves, and of steps may be apart. */
#define AUDIT_JOIN_SLACK_S 900
/* Lines of one host. */
#define AUDIT_JOIN_ROWS_MAX 20000

enum audit_kind {
	AUDIT_NO_ANSWER,    /* or not all of it: nothing is known of that host's log */
	AUDIT_CHAIN_BROKEN, /* its log was changed, or lines are missing */
	AUDIT_NOT_RECORDED, /* the host logged an action that the console does not know */
	AUDIT_NOT_LOGGED,   /* the console's action is not in the host's log */
	AUDIT_OUTCOME,	    /* both know it, and say something else of what came of it */
};
const char *audit_kind_words(enum audit_kind kind);

/* NULL or "" where it is not known. Texts of hosts: hostile bytes possible. */
struct audit_difference {
	host_id host;
	enum audit_kind kind;
	int64_t time_us; /* 0: none */
	const char *action, *target, *reason;
	const char *recorded, *logged;	 /* status here, status there */
	const char *operator, * address; /* here or, where only the host knows it, there */
	const char *detail;
	int64_t act, seq; /* number of the console's record, of the host's line; 0: none */
};

struct audit_join;
/* NULL: no memory. `names`: of the `n` hosts, NULL for those that are not asked. */
struct audit_join *audit_join_new(const char *const *names, size_t n);
void audit_join_free(struct audit_join *j);
/* An entry of the console's record; those of other hosts are left out. 0 or -ENOMEM. */
int audit_join_recorded(struct audit_join *j, const struct act_entry *e);
/* How the question ended at a host. 0 or -ENOMEM. */
int audit_join_ended(struct audit_join *j, host_id host, const struct fleet_end *end);

/* In the order of the hosts, of each by time; a negative result ends it and is returned. */
typedef int audit_difference_fn(void *arg, const struct audit_difference *d);
/*
 * All rows are there, as of `now_us`, and all ends; what is older than `since_us` is not told of,
 * but for chains. *ret_agreed: actions of which both say the same. 0, -ENOMEM or what `fn`
 * returned.
 */
int audit_join_tell(struct audit_join *j, const struct results *rows, int64_t now_us,
	int64_t since_us, audit_difference_fn *fn, void *arg, size_t *ret_agreed);

#endif
