/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/catalog.h"

#include <string.h>

/* All names of flags with commas between them. */
#define FLAGS_TEXT_MAX 64

const struct wire_column catalog_columns[CATALOG_COLUMNS] = {
	{"table", "TEXT"},
	{"column", "TEXT"},
	{"type", "TEXT"},
	{"flags", "TEXT"},
	{"doc", "TEXT"},
};

static const struct {
	unsigned flag;
	const char *name;
} flag_names[] = {
	{COL_REQUIRED, "required"},
	{COL_INDEX, "index"},
	{COL_ADDITIONAL, "additional"},
	{COL_LIKE, "like"},
	{COL_RANGE, "range"},
	{COL_HIDDEN, "hidden"},
};

static void flags_text(unsigned flags, char out[FLAGS_TEXT_MAX])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++)
		if (flags & flag_names[i].flag)
			n += (size_t)snprintf(out + n, FLAGS_TEXT_MAX - n, "%s%s", n ? "," : "",
				flag_names[i].name);
}

static struct cell text_cell(const char *s)
{
	if (!s)
		return (struct cell){.type = CELL_NULL};
	return (struct cell){.type = CELL_TEXT, .n = (uint32_t)strlen(s), .p = s};
}

static int one_table(
	const struct table *t, int (*row)(void *arg, const struct cell *cells, size_t n), void *arg)
{
	struct cell cells[CATALOG_COLUMNS] = {[0] = text_cell(t->name), [4] = text_cell(t->doc)};
	int r = row(arg, cells, CATALOG_COLUMNS);

	for (const struct column *c = t->columns; !r && c->name; c++) {
		char flags[FLAGS_TEXT_MAX];

		flags_text(c->flags, flags);
		cells[1] = text_cell(c->name);
		cells[2] = text_cell(column_type_name(c->type));
		cells[3] = text_cell(flags);
		cells[4] = text_cell(c->doc);
		r = row(arg, cells, CATALOG_COLUMNS);
	}
	return r;
}

int catalog_rows_of(const struct table *const *tables,
	int (*row)(void *arg, const struct cell *cells, size_t n), void *arg)
{
	int r = 0;

	for (size_t i = 0; !r && tables[i]; i++)
		r = one_table(tables[i], row, arg);
	return r;
}

int catalog_rows(const struct table *table,
	int (*row)(void *arg, const struct cell *cells, size_t n), void *arg)
{
	return table ? one_table(table, row, arg) : catalog_rows_of(tables_all, row, arg);
}
