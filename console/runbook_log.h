/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is told of a runbook's run: a line per step on stderr, the same as NDJSON (--log, added to
 * the file), the whole as Markdown for a ticket (--markdown; the file appears whole or not at all).
 */
#ifndef CONSOLE_RUNBOOK_LOG_H
#define CONSOLE_RUNBOOK_LOG_H

#include "common/err.h"
#include "console/app.h"
#include "console/ask.h"
#include "console/runbook.h"

#include <stdint.h>

struct runbook_log;

/* Rows of one step in the Markdown report; more are counted only. */
#define RUNBOOK_REPORT_ROWS 1000

struct runbook_step {
	const struct runbook_line *line;
	const char *did;	      /* the line with its values; hostile bytes possible */
	const char *target, *message; /* message: what went wrong, or NULL */
	enum exit_status status;
	int64_t ms;
	const struct ask_kept *kept; /* NULL: nothing was asked */
	char *const *hosts;	     /* names of kept's hosts */
};

/* Both paths may be NULL. Makes sure that they can be written. 0 or -errno with `err`. */
int runbook_log_new(const char *ndjson, const char *markdown, const char *name,
	const struct runbook *b, struct runbook_log **ret, struct err *err);
void runbook_log_step(struct runbook_log *l, const struct runbook_step *step);
/* The end; -errno with `err` when something of it could not be written. */
int runbook_log_end(struct runbook_log *l, enum exit_status status, struct err *err);
/* Accepts NULL. */
void runbook_log_free(struct runbook_log *l);

#endif
