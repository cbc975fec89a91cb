/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/tableslist.h"

#include "agentd/catalog.h"
#include "common/log.h"
#include "common/str.h"

#include <string.h>

#define TABLES_NAMES_MAX 1024

/* What of the catalogue's rows is shown: some of its columns, of table rows or of column rows. */
struct view {
	bool of_tables;
	size_t n;
	unsigned columns[CATALOG_COLUMNS];
};
static const struct view names = {true, 2, {0, 4}};
static const struct view one_table = {false, 4, {1, 2, 3, 4}};
static const struct view everything = {false, CATALOG_COLUMNS, {0, 1, 2, 3, 4}};

struct listing {
	const struct view *view;
	const char *word; /* wanted in the table's name, or NULL */
	struct output *output;
};

static int put_row(void *arg, const struct cell *cells, size_t n)
{
	struct listing *l = arg;
	struct cell shown[CATALOG_COLUMNS];

	(void)n;
	if ((cells[1].type == CELL_NULL) != l->view->of_tables)
		return 0;
	if (l->word && !strcasestr(cells[0].p, l->word))
		return 0;
	for (size_t i = 0; i < l->view->n; i++)
		shown[i] = cells[l->view->columns[i]];
	return output_row(l->output, shown);
}

static int put_header(struct listing *l)
{
	const char *shown[CATALOG_COLUMNS];

	for (size_t i = 0; i < l->view->n; i++)
		shown[i] = catalog_columns[l->view->columns[i]].name;
	return output_header(l->output, shown, l->view->n);
}

static int list(
	const struct format *format, const struct table *table, const char *word, struct sink *sink)
{
	struct listing l = {.view = table ? &one_table : &names, .word = word};
	struct err err;
	int r;

	/* For programs: the whole catalogue. */
	if (!table && !str_eq(format->name, "table") && !str_eq(format->name, "markdown"))
		l.view = &everything;
	l.output = output_new(format, sink, &err);
	if (!l.output)
		return -err.code;
	output_prose(l.output);
	r = table ? output_title(l.output, table->name, table->doc) : 0;
	if (!r)
		r = put_header(&l);
	if (!r)
		r = catalog_rows(table, put_row, &l);
	if (!r)
		r = output_end(l.output);
	output_free(l.output);
	return r;
}

struct plain {
	struct sink *sink;
	const char *word;
};

/* table<TAB>column<TAB>type, nothing else: what tools compare agents by. */
static int put_tsv(void *arg, const struct cell *cells, size_t n)
{
	const struct plain *plain = arg;
	struct sink *sink = plain->sink;
	int r = 0;

	(void)n;
	if (plain->word && !strcasestr(cells[0].p, plain->word))
		return 0;
	for (size_t i = 0; !r && cells[1].type != CELL_NULL && i < 3; i++) {
		r = sink_write(sink, cells[i].p, cells[i].n);
		if (!r)
			r = sink_puts(sink, i < 2 ? "\t" : "\n");
	}
	return r;
}

bool tableslist_has(const char *word)
{
	for (size_t i = 0; tables_all[i]; i++)
		if (strcasestr(tables_all[i]->name, word))
			return true;
	return false;
}

const struct table *tableslist_find(const char *role, const char *name)
{
	const struct table *table = table_find(name);
	const char *all[TABLES_NAMES_MAX + 1], *near;
	size_t n = 0;

	if (table)
		return table;
	for (; n < TABLES_NAMES_MAX && tables_all[n]; n++)
		all[n] = tables_all[n]->name;
	all[n] = NULL;
	near = str_nearest(name, all);
	if (near)
		log_error("%s: no table \"%s\"; did you mean \"%s\"?", role, name, near);
	else
		log_error("%s: no table \"%s\"", role, name);
	return NULL;
}

int tableslist_put(
	const struct format *format, struct sink *sink, const struct table *table, const char *word)
{
	struct plain plain = {sink, word};

	if (str_eq(format->name, "tsv"))
		return catalog_rows(table, put_tsv, &plain);
	return list(format, table, word, sink);
}
