/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a word at the prompt could become: SQL's words, names of tables and columns, commands. */
#ifndef AGENTD_COMPLETE_H
#define AGENTD_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

/* Characters that end a word. */
#define COMPLETE_BREAKS " \t\n\"'`@<>=;|&{}()[],+-*/%!"

/*
 * Calls `put` for each candidate, some of them perhaps twice; it returns false to end this.
 * `statement` is the whole statement so far, the line with the word included: columns are those of
 * the tables that it names. `line` and `start` tell where the word stands, `n` bytes long.
 */
void complete_word(const char *statement, const char *line, size_t start, size_t n,
	bool (*put)(void *arg, const char *candidate), void *arg);

/* The commands of the prompt, NULL-ended: ".help" … */
extern const char *const complete_commands[];

#endif
