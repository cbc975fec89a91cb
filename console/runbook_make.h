/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of a runbook with its values in it: what running and checking share. */
#ifndef CONSOLE_RUNBOOK_MAKE_H
#define CONSOLE_RUNBOOK_MAKE_H

#include "console/runbook_result.h"
#include "console/runbook_run.h"

#define MADE_WORDS_MAX (RUNBOOK_WORDS_MAX + RUNBOOK_VARS_MAX)
#define VALUE_MAX      (256u << 10) /* bytes of one word with its values */

struct runner {
	struct app *app;
	const struct runbook *book;
	struct runbook_log *log;
	struct runbook_result *last;
	struct runbook_rows row; /* where the innermost foreach is; n 0: none */
	struct buf cell;	 /* of the row, while a word is made */
	char *target;		 /* what app->o.targets points to */
	const char *outer;	 /* what it was before */
	enum exit_status status;
	bool checking;	 /* rows are not there yet */
	bool rehearsing; /* --check: nobody need be there to ask */
	bool targeted;	 /* a target line came before, in checking */
	bool goes_on;	 /* on-error continue */
	bool stopped;
	bool ended; /* stopped, and no retry goes on */
};

/* A line with its values. */
struct made {
	char *words[MADE_WORDS_MAX + 1];
	int n;
};

struct prepared {
	struct made made;
	char *argv[MADE_WORDS_MAX + 1];
	struct app_options options;
	void *values;
	int argc;
};

/* The words from `first` on. `ret` is to be given to made_done in any case. */
int runner_make(struct runner *r, const struct runbook_line *l, size_t first, struct made *ret,
	struct err *err);
void made_done(struct made *m);
/*
 * The line with its values, for people, as it could be written: heap, hostile bytes possible. NULL:
 * no memory.
 */
char *made_text(const struct runbook_line *l, const struct made *m);
/* A command's line with its options parsed; prepared_done in any case. 0 or -errno with `err`. */
int runner_prepare(
	struct runner *r, const struct runbook_line *l, struct prepared *p, struct err *err);
void prepared_done(struct prepared *p);
/* The column of the word that `err` names; that of the line's first one where it names none. */
unsigned runner_place(const struct runbook_line *l, const struct err *err);
/* What the word of a `timeout` says. 0 or -EINVAL with `err`. */
int runner_seconds(const struct made *m, double *ret, struct err *err);
/* What the words of a `write` want; NULL: there is no such format. */
const struct format *runner_format(const struct runner *r, const struct made *m);

#endif
