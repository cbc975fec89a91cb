/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands of one run of the program share: the options given and what they mean. */
#ifndef CONSOLE_APP_H
#define CONSOLE_APP_H

#include "common/err.h"
#include "common/opts.h"
#include "console/fleet/fleet.h"
#include "console/paths.h"

#include <stdbool.h>
#include <stdint.h>

struct app_options { /* the options of every command, tocsin(1) */
	struct opt_list inventory;
	const char *targets; /* -t */
	const char *user, *private_key, *jump, *ssh_config, *ssh_command;
	uint64_t port; /* 0: not given */
	struct opt_list known_hosts;
	bool accept_new;
	uint64_t in_flight;
	double connect_timeout; /* 0: not given */
	double timeout;
	const char *format, *report, *syslog;
	bool yes, dry_run;
	const char *reason;
	bool no_persist, read_only, quiet, help, version;
	unsigned verbose;
	uint64_t max_rows; /* 0: the agents' own limit */
};
extern const struct opt app_opts[];

struct ask_kept;
struct inventory;
struct format;
struct host_configs;
struct syslog;

struct app {
	struct app_options o;
	const struct format *format;  /* what o.format names */
	struct inventory *inventory;  /* once app_inventory was called */
	struct host_configs *configs; /* once app_targets was called */
	struct host_config *hosts;    /* theirs */
	size_t n_hosts;
	char agent[PATH_TEXT_MAX]; /* the agent's program on this machine */
	const char *theme;	   /* of the screen, or NULL */
	bool mouse;		   /* clicks are the screen's */
	char *config;		   /* text that o points into, or NULL */
	struct ask_kept *kept;	   /* what comes is kept here too; NULL: it is not */
	bool titled;		   /* results follow each other: each has its title */
	bool shown;		   /* one is there already */
	int64_t persist_ms;	   /* connections stay open for as long; 0: they do not */
	struct syslog *syslog;	   /* where rows go instead of to standard output, or NULL */
	char *syslog_where;	   /* what it was opened as */
	struct err unremembered;   /* why runs are not remembered, as it was told last */
};

/* The defaults; no allocation. */
void app_init(struct app *app);
/* Checks what the option table cannot. 0 or -EINVAL with `err`. */
int app_settle(struct app *app, struct err *err);
/* Reads the inventory, once. 0 or -errno with `err`. */
int app_inventory(struct app *app, struct err *err);
/*
 * Reads the inventory and selects the hosts of -t, once. 0 or -errno with `err`: no inventory,
 * bad pattern, no host matches.
 */
int app_targets(struct app *app, struct err *err);
/*
 * Which of the hosts that app_targets selected the pattern means as well: per host, on the heap.
 * 0 or -errno with `err`: bad pattern, none of them matches.
 */
int app_among(
	const struct app *app, const char *pattern, bool **ret, size_t *ret_n, struct err *err);
/* Forgets the selected hosts: app_targets selects those of `pattern` (which must stay) next. */
void app_retarget(struct app *app, const char *pattern);
/* Points into `app`. */
void app_fleet_options(const struct app *app, struct fleet_options *ret);
void app_done(struct app *app);

#endif
