/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last result of a runbook: what expect, when, foreach, --rows and write are about. */
#ifndef CONSOLE_RUNBOOK_RESULT_H
#define CONSOLE_RUNBOOK_RESULT_H

#include "common/buf.h"
#include "common/err.h"
#include "console/app.h"
#include "console/ask_kept.h"
#include "console/output.h"
#include "console/runbook.h"

#include <stdbool.h>
#include <stddef.h>

/* Of files that are made: what hosts say is for the operator. */
#define RUNBOOK_FILE_MODE 0600

struct runbook_result {
	struct ask_kept kept;
	char **hosts; /* names, n_hosts of them */
	size_t n_hosts;
	char *pattern;	 /* the targets */
	bool remembered; /* its rows are not those of now: nothing is done to them */
	size_t refs;
};

/* Empty, for the hosts that `app` has selected (none: for a command that asks nobody). */
struct runbook_result *runbook_result_new(const struct app *app, struct err *err);
/*
 * It is whole: rows that a command made, with the names of such hosts in a column `host`, are those
 * hosts' from now on. Without memory they stay nobody's.
 */
void runbook_result_settle(struct runbook_result *r);
struct runbook_result *runbook_result_ref(struct runbook_result *r);
void runbook_result_unref(struct runbook_result *r);

/* All of it, or the one row that a foreach is at. */
struct runbook_rows {
	struct runbook_result *of; /* NULL: nothing was asked yet */
	row_id first;
	size_t n;
};

/* NULL: of none that could be asked. */
const char *runbook_rows_host(const struct runbook_rows *rows, size_t i);
/* The text of a cell; -ENOENT: no such column, or it holds what cannot be a value. */
int runbook_rows_text(
	const struct runbook_rows *rows, size_t i, const char *column, struct buf *out);
/* Is this a value that the condition can be about? 0 or -errno with `err`. */
int runbook_condition_check(const struct runbook_condition *c, const char *value, struct err *err);
/*
 * Does it hold? `column` and `value` are the condition's words. 1, 0 or -errno with `err`.
 * *ret_found: what there was instead of it, for people.
 */
int runbook_rows_test(const struct runbook_rows *rows, const struct runbook_condition *c,
	const char *column, const char *value, struct buf *ret_found, struct err *err);
/* Writes them to a file, which appears whole or not at all. */
int runbook_rows_write(const struct runbook_rows *rows, const struct format *format,
	const char *path, struct err *err);

#endif
