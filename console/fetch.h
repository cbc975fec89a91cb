/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One file of many hosts on its way into a folder: asked for, again where it broke off, checked
 * and told in the manifest. Knows no terminal: commands/get.c and the screen drive it.
 */
#ifndef CONSOLE_FETCH_H
#define CONSOLE_FETCH_H

#include "common/wire.h"
#include "console/fleet/fleet.h"
#include "console/keep.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How often a host is asked for the rest of a file before it is given up. */
#define FETCH_TRIES 3
/* Bytes of one file unless asked otherwise. */
#define FETCH_MAX (INT64_C(1) << 30)

/* What `get` may be told; of commands/get.c, and of the screen, which fetches in its own way. */
struct fetch_options {
	const char *to;	 /* folder; NULL: this one */
	uint64_t max_mb; /* 0: FETCH_MAX */
};
struct keep *fetch_keep(const struct fetch_options *o, struct err *err);
int64_t fetch_max(const struct fetch_options *o);

/* One file of one host. */
struct fetch_item {
	struct kept *file;
	enum wire_status status;
	char *detail; /* hostile bytes possible */
	json_t *before;
	unsigned tries;
	bool wanted, over;
};

struct fetch {
	const struct host_config *hosts; /* the caller's, as are those below */
	size_t n_hosts;
	struct keep *keep;
	const char *path, *reason; /* reason: or NULL */
	int64_t max;		   /* bytes of one file */
	struct fetch_item *items;  /* per host; those that are over are not asked */
};

/* With the members above set; no host is asked yet. 0 or -ENOMEM. */
int fetch_init(struct fetch *f);
void fetch_done(struct fetch *f);
/* Another path; forgets what came of the one before. */
void fetch_begin(struct fetch *f, const char *path);
/* The host is asked as well. */
void fetch_want(struct fetch *f, host_id host);

/* The next round; false when every host is over. */
bool fetch_round(struct fetch *f, struct fleet_question *ret);
/* What the fleet says of a round: the item that is over with it, or NULL. */
const struct fetch_item *fetch_take(struct fetch *f, const struct fleet_event *e);
/*
 * What came of the path goes into the console's own record, the first time as a record of its own:
 * *record is 0 then, and its number from then on. `pattern`: the targets as given. 0 or -errno with
 * `err`: what was fetched does not depend on it.
 */
int fetch_record(const struct fetch *f, int64_t *record, const char *pattern, struct err *err);

#endif
