/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines typed at a terminal. Editing, history and completion are GNU readline's, which is loaded
 * when it is first needed; where it is not installed lines are read as the terminal gives them.
 * One at a time: readline is global.
 */
#ifndef AGENTD_LINEEDIT_H
#define AGENTD_LINEEDIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define LINEEDIT_HISTORY_MAX 2000 /* lines kept in the file */

struct lineedit;

struct lineedit_setup {
	const char *history; /* file, or NULL */
	const char *breaks;  /* characters that end a word to be completed */
	/* As complete_word, but for the statement: calls `put` per candidate. */
	void (*complete)(void *arg, const char *line, size_t start, size_t n,
		bool (*put)(void *put_arg, const char *candidate), void *put_arg);
	void *arg;
	/* Set by the handler of SIGINT (without SA_RESTART): gives the line up. */
	atomic_bool *interrupted;
};

/* NULL when out of memory. `setup` must outlive it. */
struct lineedit *lineedit_new(const struct lineedit_setup *setup);
/* Writes the history. Accepts NULL. */
void lineedit_free(struct lineedit *e);
/*
 * The next line without its newline; the caller frees it. 0, -ENODATA at the end of input, -EINTR
 * when it was given up (`interrupted` is false again), or another -errno.
 */
int lineedit_read(struct lineedit *e, const char *prompt, char **ret);
void lineedit_remember(struct lineedit *e, const char *line);

#endif
