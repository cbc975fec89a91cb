/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which part of what was typed an error is about, so that it can be underlined. */
#ifndef CONSOLE_BLAME_H
#define CONSOLE_BLAME_H

#include "console/words.h"

#include <stdbool.h>
#include <stddef.h>

struct blame {
	size_t at, n; /* bytes; n is at least 1, and may reach one byte behind the end */
};

/* `why` names the word, in `…`, "…" or as an option. False: the line has no such. */
bool blame_words(const char *line, const struct words *w, const char *why, struct blame *ret);
/* `why` is what SQLite or the agent says of the SQL. False: it tells no place. */
bool blame_sql(const char *sql, const char *why, struct blame *ret);

#endif
