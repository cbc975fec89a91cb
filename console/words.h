/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A typed line as words: blanks part them, "…" and '…' keep them together, \ the next character. */
#ifndef CONSOLE_WORDS_H
#define CONSOLE_WORDS_H

#include "common/err.h"

#include <stddef.h>

#define WORDS_MAX 256

struct words {
	char *of[WORDS_MAX + 1]; /* NULL-ended */
	size_t at[WORDS_MAX];	 /* where each begins in the line */
	int n;
	char *text; /* theirs */
	char *room; /* in it, for words_join */
};

/* 0, -ENOMEM, -E2BIG, or -EINVAL for a quote without an end; *ret_at (may be NULL): where. */
int words_split(const char *line, struct words *ret, size_t *ret_at, struct err *err);
/*
 * Makes the words from `from` up to `to` one, the last: the line's own text, with its quotes. Once
 * at most.
 */
void words_join(struct words *w, const char *line, int from, int to);
void words_done(struct words *w);

#endif
