/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables and columns as people and programs are shown them. */
#ifndef AGENTD_TABLESLIST_H
#define AGENTD_TABLESLIST_H

#include "agentd/table.h"
#include "console/output.h"

#include <stdbool.h>

/*
 * One table's columns, or, with `table` NULL, the tables in whose name `word` (NULL: anything)
 * occurs: their names and what they are for people, all of the catalogue for programs. 0 or -errno
 * of the sink.
 */
int tableslist_put(const struct format *format, struct sink *sink, const struct table *table,
	const char *word);
/* Whether `word` occurs in the name of a table. */
bool tableslist_has(const char *word);
/* NULL after saying on stderr that there is none, and which one is near. */
const struct table *tableslist_find(const char *role, const char *name);

#endif
