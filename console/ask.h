/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Puts questions to the target hosts and drives what comes back: rows to stdout as they arrive,
 * what went wrong to stderr, the report, the summary line, the exit status.
 *
 * Rows begin with the column `host`. A host whose columns differ from those of the first one that
 * answered is mapped onto them by name (and told so), except in the JSON formats.
 */
#ifndef CONSOLE_ASK_H
#define CONSOLE_ASK_H

#include "common/cell.h"
#include "console/app.h"
#include "console/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ask;
struct gather;
struct question_text;
struct results;

struct ask_options {
	const char *command;  /* for the report */
	const char *question; /* likewise: the SQL, or the names given */
	/*
	 * Several questions follow: each has a title line or, in formats without titles, a column
	 * `query` behind `host`.
	 */
	bool several;
	/* All questions together make one set of rows. */
	bool whole;
	/* What is made of the rows of each question once they are there; NULL: nothing. */
	const struct gather *gather;
};

/*
 * Selects the targets, makes sure that the report can be written, connects. EXIT_ALL_GOOD, or
 * another status after saying why; then there is nothing to end.
 */
enum exit_status ask_begin(struct app *app, const struct ask_options *options, struct ask **ret);

/* Must stay valid until ask_end. */
struct ask_question {
	const char *name, *title; /* of a saved query, or NULL */
	struct fleet_question fleet;
	/* Which of the hosts' rows are shown; NULL: all. */
	bool (*wanted)(const struct cell *cells, size_t n, void *arg);
	void *wanted_arg;
	/* The rows are put there instead of being shown (results_lost tells of those that did not
	 * fit); NULL: they are shown. */
	struct results *into;
	/* What is remembered as asked; NULL: nothing is. */
	const struct question_text *text;
};
/* False when no further question should be put: interrupted, or nobody reads the rows. */
bool ask_put(struct ask *a, const struct ask_question *q);

/* All of it: begins, puts each question, ends. `command`: its name, for the report. */
struct questions;
enum exit_status ask_all(struct app *app, const char *command, const struct questions *questions);

/*
 * The same for a command that makes rows of its own, of all events but
 * columns and rows. What failed is told as ever.
 */
typedef int ask_event_fn(struct ask *a, const struct fleet_event *e, void *arg);
bool ask_drive(struct ask *a, const struct ask_question *q, ask_event_fn *on_event, void *arg);
/* For ask_event_fn: 0 or -errno. The header once, before the first row. */
int ask_header(struct ask *a, const char *const *columns, size_t n);
int ask_row(struct ask *a, const struct cell *cells);
/* The host's name as a cell. */
struct cell ask_host_cell(const struct ask *a, host_id host);

/* Not everything came out well, whatever the hosts' states say: the exit status tells. */
void ask_incomplete(struct ask *a);
/* Rows shown so far. */
int64_t ask_rows(const struct ask *a);
/* Finishes the output, the report and the summary; returns the exit status. Frees `a`. */
enum exit_status ask_end(struct ask *a);

#endif
