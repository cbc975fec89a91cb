/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One line of a runbook as words: blanks part them, "…" and '…' keep them together, \ takes the
 * next character as it is, # at the beginning of a word starts a comment. ${name} stands for a
 * value, but within '…'; a value is never split.
 */
#ifndef CONSOLE_RUNBOOK_WORDS_H
#define CONSOLE_RUNBOOK_WORDS_H

#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"
#include "console/runbook.h"

/* 0 or -errno with `err`, and *ret_column the place. Adds to l->words. */
int runbook_words(struct span text, struct runbook_line *l, unsigned *ret_column, struct err *err);
/* A word that is text only, as it stands. */
int runbook_word_raw(struct span text, unsigned column, struct runbook_line *l, struct err *err);
void runbook_word_done(struct runbook_word *w);

/* Is it this text, without values in it? */
bool runbook_word_is(const struct runbook_word *w, const char *text);
/* Does it begin with a value? */
bool runbook_word_leads(const struct runbook_word *w);
bool runbook_word_has_values(const struct runbook_word *w);
/* The text that it begins with; "" where a value does. */
const char *runbook_word_head(const struct runbook_word *w);

/* `value` gives a part's value, or NULL. -ENOENT with `err`: there is none. */
typedef const char *runbook_value_fn(const char *name, void *arg);
int runbook_word_expand(const struct runbook_word *w, runbook_value_fn *value, void *arg,
	struct buf *out, struct err *err);

/* Takes the next :name off SQL; false: there is none. */
bool runbook_sql_name(struct span *rest, struct span *ret);

#endif
