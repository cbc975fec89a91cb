/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is told of a runbook's run: a line per step on stderr, the same as NDJSON (--log, added to
 * the file), and the whole as Markdown for a ticket (--markdown, runbook_report.h).
 */
#ifndef CONSOLE_RUNBOOK_LOG_H
#define CONSOLE_RUNBOOK_LOG_H

#include "common/err.h"
#include "console/app.h"
#include "console/ask_kept.h"
#include "console/runbook.h"

#include <stdint.h>

struct runbook_log;

struct runbook_run {
	const char *path;
	const struct runbook *book;
	const struct app *app;
};

struct runbook_step {
	const struct runbook_line *line;
	const char *did;	      /* the line with its values; hostile bytes possible */
	const char *outcome;	      /* a word; NULL: that of the status */
	const char *target, *message; /* message: what went wrong, or NULL */
	enum exit_status status;
	int64_t us;		     /* when it began, since 1970 */
	int64_t ms;		     /* how long it took */
	const struct ask_kept *kept; /* NULL: nothing was asked */
	char *const *hosts;	     /* names of kept's rows' hosts */
};
/* "good", "not as expected", … */
const char *runbook_step_outcome(const struct runbook_step *s);
size_t runbook_step_rows(const struct runbook_step *s);

/* Both paths may be NULL. Makes sure that they can be written. 0 or -errno with `err`. */
int runbook_log_new(const char *ndjson, const char *markdown, const struct runbook_run *run,
	struct runbook_log **ret, struct err *err);
void runbook_log_step(struct runbook_log *l, const struct runbook_step *step);
/* The end; -errno with `err` when something of it could not be written. */
int runbook_log_end(struct runbook_log *l, enum exit_status status, struct err *err);
/* Accepts NULL. */
void runbook_log_free(struct runbook_log *l);

#endif
