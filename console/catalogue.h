/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The agent's tables and columns as they were when this program was built: for candidates at a
 * prompt, not for what hosts have. Generated from the agent's own list.
 */
#ifndef CONSOLE_CATALOGUE_H
#define CONSOLE_CATALOGUE_H

struct catalogue_row {
	const char *table, *column, *type;
};
/* Sorted by table; ends with a row without a table. */
extern const struct catalogue_row catalogue[];

#endif
