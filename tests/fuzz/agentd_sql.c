/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text as SQL, against a few cheap tables. Whatever it is, it ends soon, and with words when it
 * is an error.
 */
#include "agentd/engine.h"
#include "agentd/table.h"

#include <stdio.h>
#include <stdlib.h>

/* keyed: up to ten rows by id; echoes its input. */
enum { ID, NAME, INPUT };

static int keyed_step(struct scan *s)
{
	int64_t *i = scan_state(s), id;
	bool never = false;

	if (scan_eq_int(s, ID, &id, &never) && id >= 0 && id < 10)
		*i = id;
	if (*i >= 10 || never)
		return 0;
	row_begin(s);
	row_int(s, ID, *i);
	row_printf(s, NAME, "name%d", (int)*i % 3);
	row_end(s);
	*i = *i + 1;
	return !scan_eq_int(s, ID, &id, &never);
}

static const struct column keyed_columns[] = {
	{"id", COL_BIGINT, COL_INDEX | COL_RANGE, "Key"},
	{"name", COL_TEXT, 0, "Name"},
	{"input", COL_TEXT, COL_HIDDEN | COL_ADDITIONAL, "Input"},
	COL_END,
};

static const struct table keyed = {
	.name = "processes",
	.doc = "Rows by key.",
	.columns = keyed_columns,
	.step = keyed_step,
	.state_size = sizeof(int64_t),
};

/* file: needs path or directory; says every constraint back as a row. */
static int file_step(struct scan *s)
{
	const struct scan_constraint *c;

	for (size_t i = 0; (c = scan_constraint(s, i)); i++) {
		row_begin(s);
		row_bytes(s, c->col, c->text, c->text_len);
		row_int(s, 2, (int64_t)c->text_len);
		row_real(s, 3, (double)c->i);
		row_blob(s, 4, c->text, c->text_len);
		row_end(s);
	}
	scan_skipped(s, "directories", "path", 13);
	return 0;
}

static const struct column file_columns[] = {
	{"path", COL_TEXT, COL_REQUIRED | COL_INDEX | COL_LIKE, "Path"},
	{"directory", COL_TEXT, COL_REQUIRED, "Directory"},
	{"size", COL_BIGINT, COL_RANGE, "Size"},
	{"mtime", COL_DOUBLE, 0, "Time"},
	{"bytes", COL_BLOB, 0, "Bytes"},
	COL_END,
};

static const struct table file = {
	.name = "file",
	.doc = "Needs a constraint.",
	.columns = file_columns,
	.step = file_step,
};

static const struct table *const tables[] = {&file, &keyed, NULL};

static int on_columns(void *arg, const struct wire_column *cols, size_t n)
{
	(void)arg;
	if (!n || n > WIRE_COLUMNS_MAX || !cols[0].name || !cols[0].type)
		abort();
	return 0;
}

static int on_row(void *arg, const struct cell *cells, size_t n)
{
	size_t *sum = arg;

	/* Every byte of a cell can be read. */
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; cells[i].type >= CELL_TEXT && k < cells[i].n; k++)
			*sum += (unsigned char)cells[i].p[k];
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err;

	(void)argc, (void)argv;
	if (engine_init(&err) < 0)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	static json_t *params;
	struct engine_result res;
	struct err err = {0};
	size_t sum = 0;
	struct engine_query q = {
		.sql = (const char *)data,
		.sql_len = n,
		.timeout_ms = 50,
		.max_rows = 200,
		.tables = tables,
		.columns = on_columns,
		.row = on_row,
		.arg = &sum,
	};

	if (!params)
		params = json_pack(
			"{s:s, s:i, s:f, s:n, s:b}", "a", "1", "b", 2, "c", 0.5, "d", "e", 1);
	q.params = params;
	if (engine_run(&q, &res, &err) < 0 && !err.text[0])
		abort();
	engine_result_done(&res);
	return 0;
}
