/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tables as SQLite sees them: one virtual-table module for all of them. A table needs no CREATE
 * (the module is eponymous), and its columns are declared when a statement first names it.
 */
#ifndef AGENTD_VTAB_H
#define AGENTD_VTAB_H

#include "agentd/scan.h"

#include <sqlite3.h>
#include <stdbool.h>

/* One table within one query; stays where it is until the connection is closed. */
struct vtab_source {
	const struct table *table;
	const char *name; /* the table's, or another one of it */
	struct scan_query *query;
	bool named; /* by the statement: its columns have been declared */
};

/* Makes the table known to the connection. An SQLite result code. */
int vtab_register(sqlite3 *db, struct vtab_source *source);
/* Words for a plan that could not be made because of `t`'s required columns; into `err`. */
void vtab_unconstrained(const struct table *t, struct err *err);

#endif
