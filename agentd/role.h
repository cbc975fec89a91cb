/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What tocsin-agentd can be: session, serve, query, tables … One role is one file, role_NAME.c,
 * ending in one const struct role, listed in agentd/main.c.
 */
#ifndef AGENTD_ROLE_H
#define AGENTD_ROLE_H

#include "common/opts.h"

/* Exit statuses of all roles. */
enum role_status {
	ROLE_GOOD = 0,
	ROLE_BROKEN = 1,  /* what was to be verified is not so */
	ROLE_REFUSED = 2, /* nothing was answered: usage, SQL that is refused */
	ROLE_FAILED = 3,  /* it went wrong on the way */
};

struct agent_options { /* common to all roles */
	const char *config, *state_dir, *run_dir, *root;
	bool help, version;
	unsigned verbose;
};

struct role {
	const char *name;
	const char *args;    /* shown in the usage, "" for none */
	const char *summary; /* one line, no full stop */
	const char *help;    /* what else the usage should say, or NULL; no newline at the end */
	const struct opt *opts;
	void *values; /* what the offsets in opts are of */
	/* The words are another program's: `run` gets them as they are, and no options. */
	bool foreign;
	bool hidden; /* started by the agent itself */
	/* argv: the words that are not options. Returns a role_status. */
	int (*run)(const struct agent_options *o, int argc, char **argv);
};

extern const struct role role_session, role_daemon, role_serve, role_query, role_tables, role_audit,
	role_check, role_worker, role_relay;

#endif
