/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables themselves as rows: what the op `tables` and the role `tables` tell. */
#ifndef AGENTD_CATALOG_H
#define AGENTD_CATALOG_H

#include "agentd/table.h"
#include "common/cell.h"
#include "common/wire.h"

#define CATALOG_COLUMNS 5
/* table, column, type, flags, doc. */
extern const struct wire_column catalog_columns[CATALOG_COLUMNS];

/*
 * Calls `row` once per table with column, type and flags NULL and the table's doc, then once per
 * column of it. `table` NULL: all tables. Ends with the first non-zero that `row` returns.
 */
int catalog_rows(const struct table *table,
	int (*row)(void *arg, const struct cell *cells, size_t n), void *arg);
/* The same of these tables, NULL behind the last one. */
int catalog_rows_of(const struct table *const *tables,
	int (*row)(void *arg, const struct cell *cells, size_t n), void *arg);

#endif
