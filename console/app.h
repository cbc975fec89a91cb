/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands of one run of the program share: the options given and what they mean. */
#ifndef CONSOLE_APP_H
#define CONSOLE_APP_H

#include "common/err.h"
#include "common/opts.h"
#include "console/fleet/fleet.h"

#include <stdbool.h>
#include <stdint.h>

struct app_options { /* the options of every command, tocsin(1) */
	struct opt_list inventory;
	const char *targets; /* -t */
	const char *user, *private_key, *jump, *ssh_config, *ssh_command;
	uint64_t port;
	const char *known_hosts;
	bool accept_new;
	uint64_t in_flight;
	double connect_timeout, timeout;
	const char *format, *report;
	bool yes, dry_run, read_only, no_persist, quiet, help, version;
	const char *reason;
	unsigned verbose;
	uint64_t max_rows;
};
extern const struct opt app_opts[];

struct inventory;

struct app {
	struct app_options o;
	struct inventory *inventory; /* once app_targets was called */
	struct host_config *hosts;
	size_t n_hosts;
};

/*
 * Reads the inventory and selects the hosts of -t (once). 0 or -errno with `err`: no inventory,
 * bad pattern, no host matches.
 */
int app_targets(struct app *app, struct err *err);
void app_done(struct app *app);

#endif
