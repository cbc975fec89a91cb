/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What tocsin-agentd can be: session, serve, query, tables … One role is one file ending in one
 * const struct role, listed in agentd/main.c.
 */
#ifndef AGENTD_ROLE_H
#define AGENTD_ROLE_H

#include "common/opts.h"

struct agent_options { /* common to all roles */
	const char *config, *state_dir, *run_dir, *root;
	bool help, version;
	unsigned verbose;
};

struct role {
	const char *name;
	const char *args;    /* shown in the usage, "" for none */
	const char *summary; /* one line, no full stop */
	const struct opt *opts;
	void *values; /* what the offsets in opts are of */
	/* argv: the words that are not options. Returns the exit status. */
	int (*run)(const struct agent_options *o, int argc, char **argv);
};

#endif
