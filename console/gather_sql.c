/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/gather.h"

#include "common/buf.h"
#include "common/str.h"
#include "common/text.h"
#include "common/wire.h"
#include "console/rows.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define CREATE_MAX (2u << 20)
/* Columns of a table in SQLite, host included. */
#define TABLE_COLUMNS_MAX 2000

static int fail(sqlite3 *db, struct err *err)
{
	if (!db)
		return err_sys(err, ENOMEM, "--sql");
	return err_set(err, EINVAL, "--sql: %s", sqlite3_errmsg(db));
}

static int put_name(struct buf *b, const char *name)
{
	int r = buf_putc(b, '"');

	for (; r == 0 && *name; name++) {
		if (*name == '"')
			r = buf_putc(b, '"');
		if (r == 0)
			r = buf_putc(b, *name);
	}
	return r < 0 ? r : buf_putc(b, '"');
}

/* Names of columns are compared without case by SQLite: a second one gets its number behind it. */
static bool is_taken(const struct results *rows, size_t column)
{
	const char *name = results_column_name(rows, column);

	if (sqlite3_stricmp(name, "host") == 0)
		return true;
	for (size_t i = 0; i < column; i++)
		if (sqlite3_stricmp(name, results_column_name(rows, i)) == 0)
			return true;
	return false;
}

static int put_create(const struct results *rows, struct buf *create, struct buf *insert)
{
	int r = buf_puts(create, "CREATE TABLE rows (\"host\"");

	if (r == 0)
		r = buf_puts(insert, "INSERT INTO rows VALUES (?");
	for (size_t i = 0; r == 0 && i < results_columns_n(rows); i++) {
		char *name = is_taken(rows, i)
				     ? str_printf("%s:%zu", results_column_name(rows, i), i + 1)
				     : strdup(results_column_name(rows, i));

		r = name ? buf_puts(create, ", ") : -ENOMEM;
		if (r == 0)
			r = put_name(create, name);
		if (r == 0)
			r = buf_puts(insert, ", ?");
		free(name);
	}
	if (r == 0)
		r = buf_puts(create, ")");
	return r < 0 ? r : buf_puts(insert, ")");
}

static void bind(sqlite3_stmt *q, int at, const struct cell *c)
{
	if (c->type == CELL_INT)
		sqlite3_bind_int64(q, at, c->i);
	else if (c->type == CELL_REAL)
		sqlite3_bind_double(q, at, c->r);
	else if (c->type == CELL_BLOB)
		sqlite3_bind_blob64(q, at, c->n ? c->p : "", c->n, SQLITE_STATIC);
	else if (c->type == CELL_NULL)
		sqlite3_bind_null(q, at);
	else
		sqlite3_bind_text64(q, at, c->n ? c->p : "", c->n, SQLITE_STATIC, SQLITE_UTF8);
}

static int insert_rows(sqlite3 *db, const char *sql, const struct gathered *of)
{
	size_t n_cols = results_columns_n(of->rows), n = results_rows(of->rows);
	int step = SQLITE_DONE;
	sqlite3_stmt *q;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		return -EINVAL;
	for (size_t i = 0; step == SQLITE_DONE && i < n; i++) {
		struct cell c = rows_text(of->hosts[results_host(of->rows, (row_id)i)]);

		bind(q, 1, &c);
		for (size_t j = 0; j < n_cols; j++) {
			c = results_unpack(of->rows, results_cell(of->rows, (row_id)i, j));
			bind(q, (int)j + 2, &c);
		}
		step = sqlite3_step(q);
		sqlite3_reset(q);
	}
	sqlite3_finalize(q);
	return step == SQLITE_DONE ? 0 : -EINVAL;
}

static int fill(sqlite3 *db, const struct gathered *of, struct err *err)
{
	struct buf create, insert;
	int r;

	buf_init(&create, CREATE_MAX);
	buf_init(&insert, CREATE_MAX);
	r = put_create(of->rows, &create, &insert);
	if (r < 0)
		err_sys(err, -r, "--sql");
	if (r == 0 && sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK &&
		sqlite3_exec(db, buf_str(&create), NULL, NULL, NULL) == SQLITE_OK &&
		insert_rows(db, buf_str(&insert), of) == 0 &&
		sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		r = 0;
	else if (r == 0)
		r = fail(db, err);
	buf_done(&create);
	buf_done(&insert);
	return r;
}

/* ---- Its answer ---- */

static struct cell take_cell(sqlite3_stmt *q, int i)
{
	struct cell c = {.type = CELL_NULL};
	bool is_text;

	switch (sqlite3_column_type(q, i)) {
	case SQLITE_INTEGER:
		return (struct cell){.type = CELL_INT, .i = sqlite3_column_int64(q, i)};
	case SQLITE_FLOAT:
		return (struct cell){.type = CELL_REAL, .r = sqlite3_column_double(q, i)};
	case SQLITE_NULL:
		return c;
	default:
		is_text = sqlite3_column_type(q, i) == SQLITE_TEXT;
		c.p = is_text ? (const char *)sqlite3_column_text(q, i) : sqlite3_column_blob(q, i);
		c.n = c.p ? (uint32_t)sqlite3_column_bytes(q, i) : 0;
		c.type = is_text && utf8_valid(c.p, c.n) ? CELL_TEXT : CELL_BLOB;
		return c;
	}
}

static int put_header(sqlite3_stmt *q, struct output *o, const struct gathered *of)
{
	const char *names[TABLE_COLUMNS_MAX + 1];
	int n = sqlite3_column_count(q), lead = of->query != NULL;

	if (lead)
		names[0] = "query";
	for (int i = 0; i < n; i++)
		names[lead + i] = sqlite3_column_name(q, i) ? sqlite3_column_name(q, i) : "";
	ask_kept_header(of->kept, names, (size_t)lead + (size_t)n);
	return output_header(o, names, (size_t)lead + (size_t)n);
}

static int put_answer(sqlite3 *db, sqlite3_stmt *q, const struct gathered *of, struct output *o,
	bool *header, size_t *ret_rows, struct err *err)
{
	int n = sqlite3_column_count(q), lead = of->query != NULL, step, r = 0;
	struct cell *row = calloc((size_t)n + 1, sizeof(*row));

	if (!row)
		return err_sys(err, ENOMEM, "--sql");
	if (!*header)
		r = put_header(q, o, of);
	*header = true;
	while (r == 0 && (step = sqlite3_step(q)) != SQLITE_DONE) {
		if (step != SQLITE_ROW) {
			r = fail(db, err);
			break;
		}
		row[0] = rows_text(of->query);
		for (int i = 0; i < n; i++)
			row[lead + i] = take_cell(q, i);
		ask_kept_row(of->kept, row);
		r = output_row(o, row);
		*ret_rows += 1;
	}
	free(row);
	return r;
}

static int answer(sqlite3 *db, const char *sql, const struct gathered *of, struct output *o,
	bool *header, size_t *ret_rows, struct err *err)
{
	const char *rest;
	sqlite3_stmt *q;
	int r;

	if (sqlite3_prepare_v2(db, sql, -1, &q, &rest) != SQLITE_OK)
		return fail(db, err);
	rest += strspn(rest, " \t\r\n;");
	if (!q || *rest || sqlite3_column_count(q) == 0 ||
		sqlite3_column_count(q) > TABLE_COLUMNS_MAX)
		r = err_set(err, EINVAL, "--sql wants one statement that gives rows");
	else
		r = put_answer(db, q, of, o, header, ret_rows, err);
	sqlite3_finalize(q);
	return r;
}

int gather_sql(const char *sql, const struct gathered *of, struct output *o, bool *header,
	size_t *ret_rows, struct err *err)
{
	sqlite3 *db = NULL;
	int r;

	/* Nobody answered: there are no columns to ask for. */
	if (results_columns_n(of->rows) == 0)
		return 0;
	if (results_columns_n(of->rows) >= TABLE_COLUMNS_MAX)
		return err_set(err, E2BIG, "--sql: the answers have too many columns");
	if (sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
		SQLITE_OK) {
		r = fail(db, err);
	} else {
		/* Rows are asked, no files. */
		sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
		r = fill(db, of, err);
	}
	if (r == 0)
		r = answer(db, sql, of, o, header, ret_rows, err);
	sqlite3_close(db);
	return r;
}
