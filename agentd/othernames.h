/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names that published queries may use beside a table's own: osquery's older names of tables and
 * columns, and the columns that it has on other systems only. osquery takes them all in a statement
 * and shows none of them by `select *`, and so do we.
 */
#ifndef AGENTD_OTHERNAMES_H
#define AGENTD_OTHERNAMES_H

#include "agentd/table.h"
#include "common/str.h"

/* Other columns of one table. */
#define OTHERNAMES_MAX 24

struct othernames {
	const char *table;
	const char *alias; /* of the table, or NULL */
	/* With blanks between them: NAME (a column that is always NULL here) or NAME=COLUMN
	 * (another name of that column). */
	const char *columns;
};

/* NULL: the table has its own names only. */
const struct othernames *othernames_of(const char *table);
/*
 * Takes the next column out of *rest, which begins as span_str(columns). `ret_of` is empty for one
 * that is always NULL. False: there is none left.
 */
bool othernames_next(struct span *rest, struct span *ret_name, struct span *ret_of);

#endif
