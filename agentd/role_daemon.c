/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The long-running root process that sessions are handed to: agentd/daemon/. */
#include "agentd/daemon/daemon.h"
#include "agentd/role.h"
#include "common/log.h"

#include <limits.h>
#include <stdlib.h>

static int run(const struct agent_options *o, int argc, char **argv)
{
	struct daemon d = {.config = o->config, .state_dir = o->state_dir, .run_dir = o->run_dir};
	char root[PATH_MAX];
	struct err err;

	if (argc > 0) {
		log_error("daemon: takes no argument, got \"%s\"", argv[0]);
		return ROLE_REFUSED;
	}
	d.root = realpath(o->root, root);
	if (!d.root) {
		log_error("daemon: no directory %s", o->root);
		return ROLE_REFUSED;
	}
	if (daemon_run(&d, &err) < 0) {
		log_error("daemon: %s", err.text);
		return ROLE_FAILED;
	}
	return ROLE_GOOD;
}

const struct role role_daemon = {
	.name = "daemon",
	.args = "",
	.summary = "the root process that answers sessions by sandboxed workers and acts",
	.run = run,
};
