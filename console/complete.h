/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Candidates for a word of a line that is being typed: commands, options and what they take, hosts
 * and groups, tables, columns, saved queries and their parameters. What may stand where is read
 * from the usage text of commands and options ("PATTERN", "[TABLE]", "rarest|commonest|off"), so a
 * new command has candidates without more. Nothing here waits: hosts are not asked.
 */
#ifndef CONSOLE_COMPLETE_H
#define CONSOLE_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

/* Candidates given at once. */
#define COMPLETE_MAX 1000

struct inventory;
struct library;

typedef void complete_offer_fn(void *to, const char *word);

struct complete_with {
	const struct inventory *inventory; /* or NULL: no names of hosts */
	const struct library *library;	   /* or NULL: no saved queries */
	/*
	 * Commands beside the program's, which come first: the i-th one's name and usage, such as
	 * "PATTERN" or "[COLUMN …]". False: there are no more. May be NULL.
	 */
	bool (*own)(void *arg, size_t i, const char **ret_name, const char **ret_usage);
	/* What else may stand for a word of the usage, such as "COLUMN". May be NULL. */
	void (*more)(void *arg, const char *command, const char *word, complete_offer_fn *offer,
		void *to);
	void *arg;
	/* At a prompt: the lines before this one of what is typed; NULL: there are none. */
	const char *before;
};

/*
 * Those for line[start..end): a heap array of heap strings, NULL-ended, unsorted, perhaps twice the
 * same; empty where nothing is known. NULL: names of files of this machine, or out of memory.
 */
char **complete_line(const struct complete_with *with, const char *line, size_t start, size_t end);
/*
 * Which bytes part a word that ends at `end` from what is before it: hosts in a pattern, columns in
 * SQL and files differ in that. *ret_file: a file of this machine may be named there.
 */
const char *complete_breaks(
	const struct complete_with *with, const char *line, size_t end, bool *ret_file);

/*
 * Lets GNU readline do so with Tab from now on. `with` must stay until the next call; NULL: Tab
 * completes nothing.
 */
void complete_readline(const struct complete_with *with);

#endif
