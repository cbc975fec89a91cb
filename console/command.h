/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a command is. To add one: write console/commands/NAME.c that ends in
 * `const struct command command_NAME`. argv, the ":" prompt, runbooks, help, completion and the
 * man page all read it from the generated registry.
 */
#ifndef CONSOLE_COMMAND_H
#define CONSOLE_COMMAND_H

#include "common/err.h"
#include "common/opts.h"

#include <stdbool.h>

struct act;
struct app;
struct questions;

/* Exit statuses, DESIGN section 6. */
enum exit_status {
	EXIT_ALL_GOOD = 0,
	EXIT_EXPECT = 1,      /* an expect did not hold */
	EXIT_NOTHING = 2,     /* nothing was asked: usage, inventory, SQL refused by every host */
	EXIT_INCOMPLETE = 3,  /* some host did not answer, some action did not succeed */
	EXIT_INTERRUPT = 130, /* Ctrl-C */
};

enum command_flags {
	COMMAND_ACTION = 1 << 0,     /* changes hosts: --read-only refuses it */
	COMMAND_TERMINAL = 1 << 1,   /* wants the terminal, or the fleet, for itself */
	COMMAND_REMEMBERED = 1 << 2, /* shows rows of runs: in a runbook, the last result */
};

struct command {
	const char *name;
	const char *args;    /* as in the usage line: "SQL", "NAME… [param=value …]", "" */
	const char *summary; /* one line, no full stop */
	const char *help;    /* paragraphs for `tocsin help NAME`, or NULL */
	unsigned flags;
	int min_args, max_args; /* max -1: any number */
	const struct opt *opts; /* options of its own, or NULL */
	size_t values_size;	/* of the zeroed struct that opts' offsets are of */
	/*
	 * One of three. `values`: that struct, filled.
	 *
	 * What is asked: shown as rows by the caller, in a way of its own. 0 or -errno with `err`;
	 * `ret` is to be given to questions_done in any case.
	 */
	int (*ask)(struct app *app, const void *values, int argc, char **argv,
		struct questions *ret, struct err *err);
	/* What is done to hosts (COMMAND_ACTION); points into `values` and `argv`. */
	void (*act)(const void *values, int argc, char **argv, struct act *ret);
	/* All else. Returns an exit status; says why on stderr itself. */
	int (*run)(struct app *app, const void *values, int argc, char **argv);
	/* Would `run` wait for hosts? The screen must not. NULL: it never does. */
	bool (*waits)(const void *values);
};

/* Runs it on the command line, whichever it has. Returns an exit status. */
int command_run_it(
	const struct command *c, struct app *app, const void *values, int argc, char **argv);

/* All commands, sorted by name, NULL at the end (generated). */
extern const struct command *const commands_all[];
const struct command *command_find(const char *name);
/* Says on stderr that there is no such command, and which one is near. */
void command_unknown(const char *name);

#endif
