/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One response action on many targets of many hosts: planned at all of them first, then carried
 * out where the plan allows it, with the identity that the plan gave. Knows no terminal: act.c and
 * the screen drive it.
 *
 * A host is asked for one target at a time; a phase takes as many rounds (questions to the fleet)
 * as the host with the most targets has.
 */
#ifndef CONSOLE_PLAN_H
#define CONSOLE_PLAN_H

#include "common/buf.h"
#include "common/wire.h"
#include "console/fleet/fleet.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Targets of one plan: rows marked on a screen, or words times hosts. */
#define PLAN_ITEMS_MAX 1000000
#define PLAN_ID_MAX    128
/* How long one action may take on a host: grace times, copies of large files into the vault. */
/* How long a plan of one may take: the file is hashed for it. */
#define PLAN_DRY_TIMEOUT_MS (120 * 1000)
#define PLAN_TIMEOUT_MS	    (900 * 1000)

enum plan_step {
	PLAN_NEW,
	PLAN_READY, /* planned: may be carried out */
	PLAN_OVER,  /* status and detail are its outcome */
};

struct plan_item {
	host_id host;
	size_t number; /* in the order in which they were added */
	char *target;  /* as people name it; hostile bytes possible */
	json_t *args;
	enum plan_step step;
	enum wire_status status;
	char *detail; /* hostile bytes possible */
	json_t *before, *after, *undo;
	char id[PLAN_ID_MAX]; /* what restore and release take, or "" */
	bool confirmed;
};

enum plan_phase {
	PLAN_DRY,     /* items that are new */
	PLAN_APPLY,   /* items that are ready */
	PLAN_CONFIRM, /* what was done needs a second word over a connection of its own */
};

struct plan {
	const char *action, *reason; /* the caller's */
	struct plan_item *items;     /* plan_add appends; plan_begin sorts them by host */
	size_t n, cap;
	size_t n_hosts;

	enum plan_phase phase;
	size_t *next;	 /* per host: the item to look at next */
	size_t *current; /* per host: the item asked for in this round, or SIZE_MAX */
};

/* `action` and `reason` (or NULL) must stay. 0 or -ENOMEM. */
int plan_init(struct plan *p, const char *action, const char *reason, size_t n_hosts);
void plan_done(struct plan *p);
/* Takes `args` over, in any case. 0, -ENOMEM, -E2BIG past PLAN_ITEMS_MAX. */
int plan_add(struct plan *p, host_id host, const char *target, json_t *args);

/* Before the rounds of a phase. The number of items that take part. */
size_t plan_begin(struct plan *p, enum plan_phase phase);
/* The next round; false when the phase is over. */
bool plan_round(struct plan *p, struct fleet_question *ret);
/*
 * What the fleet says of a round: the item that is over with it (or is now ready, or confirmed),
 * or NULL. Without memory for its words an item has none.
 */
struct plan_item *plan_take(struct plan *p, const struct fleet_event *e);
/* Items that were not carried out are so, because of `why`. */
void plan_give_up(struct plan *p, const char *why);

/* Do actions of this name want to be confirmed over a new connection? */
bool plan_confirms(const char *action);
/* How many are at this step, and of how many hosts. */
size_t plan_count(const struct plan *p, enum plan_step step, size_t *ret_hosts);
/* Every item is over and good. */
bool plan_all_good(const struct plan *p);

#endif
