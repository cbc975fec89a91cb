/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables and columns this agent has. */
#include "agentd/catalog.h"
#include "agentd/role.h"
#include "common/err.h"
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "console/output.h"

#include <unistd.h>

#define TABLES_NAMES_MAX 1024

static struct tables_options {
	const char *format;
} opts_given;

static const struct opt tables_opts[] = {
	{'o', "output", "FORMAT", OPT_STRING, offsetof(struct tables_options, format),
		.doc = "table, json, ndjson, csv, tsv or markdown"},
	OPT_END,
};

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
	struct output *output;
};

static int put_row(void *arg, const struct cell *cells, size_t n)
{
	struct listing *l = arg;
	struct cell shown[CATALOG_COLUMNS];

	(void)n;
	if ((cells[1].type == CELL_NULL) != l->view->of_tables)
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

static int list(const struct format *format, const struct table *table, struct sink *sink)
{
	struct listing l = {.view = table ? &one_table : &names};
	struct err err;
	int r;

	/* For programs: the whole catalogue. */
	if (!table && !str_eq(format->name, "table") && !str_eq(format->name, "markdown"))
		l.view = &everything;
	l.output = output_new(format, sink, &err);
	if (!l.output)
		return -err.code;
	r = put_header(&l);
	if (!r)
		r = catalog_rows(table, put_row, &l);
	if (!r)
		r = output_end(l.output);
	output_free(l.output);
	return r;
}

/* table<TAB>column<TAB>type, nothing else: what tools compare agents by. */
static int put_tsv(void *arg, const struct cell *cells, size_t n)
{
	struct sink *sink = arg;
	int r = 0;

	(void)n;
	for (size_t i = 0; !r && cells[1].type != CELL_NULL && i < 3; i++) {
		r = sink_write(sink, cells[i].p, cells[i].n);
		if (!r)
			r = sink_puts(sink, i < 2 ? "\t" : "\n");
	}
	return r;
}

static const struct table *find(const char *name)
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
		log_error("tables: no table \"%s\"; did you mean \"%s\"?", name, near);
	else
		log_error("tables: no table \"%s\"", name);
	return NULL;
}

static int run(const struct agent_options *o, int argc, char **argv)
{
	const char *name = opts_given.format ? opts_given.format : "table";
	const struct format *format = format_find(name);
	const struct table *table = NULL;
	struct sink *sink;
	struct err err;
	int r;

	(void)o;
	if (argc > 1 || !format) {
		if (argc > 1)
			log_error("tables: takes one table at most (%d given)", argc);
		else
			log_error("tables: no format \"%s\"", name);
		return ROLE_REFUSED;
	}
	if (argc == 1 && !(table = find(argv[0])))
		return ROLE_REFUSED;
	sink = sink_new(STDOUT_FILENO, true, &err);
	r = !sink			  ? -err.code
	    : str_eq(format->name, "tsv") ? catalog_rows(table, put_tsv, sink)
					  : list(format, table, sink);
	if (sink && !r)
		r = sink_end(sink);
	sink_free(sink);
	if (r && r != -EPIPE)
		log_error("tables: cannot write: %s", strerror(-r));
	return r && r != -EPIPE ? ROLE_FAILED : ROLE_GOOD;
}

const struct role role_tables = {
	.name = "tables",
	.args = "[TABLE]",
	.summary = "list the tables, or one table's columns",
	.help = "-o tsv prints a line \"table<TAB>column<TAB>type\" for every column, hidden ones "
		"too.",
	.opts = tables_opts,
	.values = &opts_given,
	.run = run,
};
