/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A question's way: a connection of its own (engine_db.c), prepare (exactly one SELECT), bind,
 * then row after row to the caller. The tables do their part in vtab.c and scan.c; the words of
 * errors are in engine_fail.c.
 */
#include "agentd/engine.h"

#include "agentd/engine_run.h"
#include "agentd/sqldepth.h"
#include "common/clock.h"
#include "common/str.h"
#include "common/text.h"

#include <inttypes.h>

/* Oldest SQLite whose planner and functions this relies on: 3.37. */
#define SQLITE_VERSION_MIN 3037000

/* ---- The statement ---- */

/* The next statement in [*sql, end), *ret NULL when only blanks and comments are left. */
static int prepare_next(struct run *r, const char **sql, const char *end, sqlite3_stmt **ret)
{
	int rc = SQLITE_OK;

	*ret = NULL;
	while (rc == SQLITE_OK && !*ret && *sql < end)
		rc = sqlite3_prepare_v2(r->db, *sql, (int)(end - *sql), ret, sql);
	return rc;
}

static int prepare(struct run *r)
{
	const char *sql = r->query->sql, *end = sql + r->query->sql_len;
	sqlite3_stmt *second = NULL;
	int rc;

	if (r->query->sql_len > WIRE_REQUEST_MAX)
		return run_fail(r, WIRE_CODE_LIMIT, E2BIG, "SQL longer than %u KiB",
			WIRE_REQUEST_MAX >> 10);
	if (memchr(sql, '\0', r->query->sql_len))
		return run_fail(r, WIRE_CODE_SQL, EINVAL, "a NUL byte in the SQL");
	if (sqldepth_of(sql, r->query->sql_len) > SQLDEPTH_MAX)
		return run_fail(r, WIRE_CODE_LIMIT, E2BIG, "the SQL nests too deep");
	rc = prepare_next(r, &sql, end, &r->stmt);
	if (rc != SQLITE_OK)
		return run_fail_sqlite(r, rc);
	if (!r->stmt)
		return run_fail(r, WIRE_CODE_SQL, EINVAL, "no statement in the SQL");
	/* What the authorizer is not asked about, such as VACUUM. */
	if (!sqlite3_stmt_readonly(r->stmt) || sqlite3_column_count(r->stmt) == 0)
		return run_fail(r, WIRE_CODE_SQL, EACCES, "only SELECT is allowed");
	rc = prepare_next(r, &sql, end, &second);
	sqlite3_finalize(second);
	if (rc != SQLITE_OK || second)
		return run_fail(r, WIRE_CODE_SQL, EINVAL, "one statement at a time");
	return 0;
}

static int bind_value(sqlite3_stmt *stmt, int i, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		/* The params outlive the statement. */
		return sqlite3_bind_text64(stmt, i, json_string_value(value),
			json_string_length(value), SQLITE_STATIC, SQLITE_UTF8);
	case JSON_INTEGER:
		return sqlite3_bind_int64(stmt, i, json_integer_value(value));
	case JSON_REAL:
		return sqlite3_bind_double(stmt, i, json_real_value(value));
	case JSON_TRUE:
	case JSON_FALSE:
		return sqlite3_bind_int(stmt, i, json_is_true(value));
	case JSON_NULL:
		return sqlite3_bind_null(stmt, i);
	default:
		return SQLITE_MISMATCH;
	}
}

static int bind_params(struct run *r)
{
	for (int i = 1; i <= sqlite3_bind_parameter_count(r->stmt); i++) {
		const char *name = sqlite3_bind_parameter_name(r->stmt, i);
		const json_t *value;
		int rc;

		if (!name || name[0] == '?')
			return run_fail(r, WIRE_CODE_USAGE, EINVAL,
				"parameter %d has no name: write :name", i);
		value = json_object_get(r->query->params, name + 1);
		if (!value)
			return run_fail(r, WIRE_CODE_USAGE, EINVAL, "no value given for %.*s",
				ENGINE_NAME_SHOWN, name);
		rc = bind_value(r->stmt, i, value);
		if (rc == SQLITE_MISMATCH)
			return run_fail(r, WIRE_CODE_USAGE, EINVAL,
				"the value of %.*s is neither text nor number", ENGINE_NAME_SHOWN,
				name);
		if (rc != SQLITE_OK)
			return run_fail_sqlite(r, rc);
	}
	return 0;
}

/* ---- The answer ---- */

/* The caller's callback wants to end the query with this. */
static int fail_caller(struct run *r, int ret)
{
	run_fail(r, WIRE_CODE_INTERNAL, ret < 0 ? -ret : EIO, "the answer was not taken");
	return ret;
}

static int send_columns(struct run *r)
{
	size_t n = (size_t)sqlite3_column_count(r->stmt);
	struct wire_column *cols = NULL;
	int ret = 0;

	if (n > WIRE_COLUMNS_MAX)
		return run_fail(
			r, WIRE_CODE_LIMIT, E2BIG, "more than %d columns", WIRE_COLUMNS_MAX);
	cols = calloc(n, sizeof(*cols));
	r->cells = calloc(n, sizeof(*r->cells));
	r->n_cells = n;
	if (!cols || !r->cells) {
		ret = run_fail_memory(r);
		goto out;
	}
	for (size_t i = 0; i < n; i++) {
		cols[i].name = sqlite3_column_name(r->stmt, (int)i);
		cols[i].type = sqlite3_column_decltype(r->stmt, (int)i);
		if (!cols[i].type)
			cols[i].type = "";
		if (!cols[i].name) {
			ret = run_fail_memory(r);
			goto out;
		}
		if (strlen(cols[i].name) > WIRE_NAME_MAX) {
			ret = run_fail(r, WIRE_CODE_LIMIT, E2BIG,
				"the name of column %zu is longer than %d bytes: name it with AS",
				i + 1, WIRE_NAME_MAX);
			goto out;
		}
	}
	ret = r->query->columns(r->query->arg, cols, n);
	if (ret)
		fail_caller(r, ret);
out:
	free(cols);
	return ret;
}

/* Length of a value in the answer; text is not cut within a character. */
static uint32_t cell_length(struct run *r, const char *p, int bytes, bool text)
{
	uint32_t n = (uint32_t)bytes;

	if (n <= ENGINE_CELL_MAX)
		return n;
	r->cut++;
	n = ENGINE_CELL_MAX;
	for (int i = 0; text && i < 3 && (p[n] & 0xc0) == 0x80; i++)
		n--;
	return n;
}

/* 0 or -ENOMEM. The cell is valid until the next step. */
static int take_cell(struct run *r, int i, struct cell *c)
{
	int type = sqlite3_column_type(r->stmt, i);

	*c = (struct cell){.type = CELL_NULL};
	switch (type) {
	case SQLITE_INTEGER:
		c->type = CELL_INT;
		c->i = sqlite3_column_int64(r->stmt, i);
		return 0;
	case SQLITE_FLOAT:
		c->type = CELL_REAL;
		c->r = sqlite3_column_double(r->stmt, i);
		return 0;
	case SQLITE_TEXT:
		c->p = (const char *)sqlite3_column_text(r->stmt, i);
		if (!c->p)
			return -ENOMEM;
		c->n = cell_length(r, c->p, sqlite3_column_bytes(r->stmt, i), true);
		/* Paths and command lines are bytes. */
		c->type = utf8_valid(c->p, c->n) ? CELL_TEXT : CELL_BLOB;
		return 0;
	case SQLITE_BLOB:
		c->type = CELL_BLOB;
		c->p = sqlite3_column_blob(r->stmt, i);
		if (!c->p) /* an empty blob */
			c->p = "";
		c->n = cell_length(r, c->p, sqlite3_column_bytes(r->stmt, i), false);
		return 0;
	default:
		return 0;
	}
}

static int send_row(struct run *r)
{
	int ret;

	for (size_t i = 0; i < r->n_cells; i++)
		if (take_cell(r, (int)i, &r->cells[i]) < 0)
			return run_fail_memory(r);
	ret = r->query->row(r->query->arg, r->cells, r->n_cells);
	if (ret)
		return fail_caller(r, ret);
	r->result->rows++;
	return 0;
}

/* One row more than max_rows is looked for, so that `truncated` tells the truth. */
static int send_rows(struct run *r)
{
	int rc, ret;

	while ((rc = sqlite3_step(r->stmt)) == SQLITE_ROW) {
		if (r->result->rows == r->query->max_rows) {
			r->result->truncated = true;
			return 0;
		}
		ret = send_row(r);
		if (ret)
			return ret;
		/* A caller that waits for its reader, and statements too short for progress(). */
		if (scan_query_stop(&r->scans))
			return run_fail_stopped(r);
	}
	return rc == SQLITE_DONE ? 0 : run_fail_sqlite(r, rc);
}

static int answer(struct run *r)
{
	int status = bind_params(r);

	if (status == 0)
		status = send_columns(r);
	return status ? status : send_rows(r);
}

static void take_warnings(struct run *r)
{
	char text[96];

	if (r->cut) {
		snprintf(text, sizeof(text), "%" PRIu64 " %s longer than %u KiB and cut", r->cut,
			r->cut == 1 ? "value was" : "values were", ENGINE_CELL_MAX >> 10);
		notes_add(&r->scans.notes, NULL, text);
	}
	r->result->n_warnings = notes_take(&r->scans.notes, &r->result->warnings);
}

static void run_done(struct run *r)
{
	sqlite3_finalize(r->stmt);
	sqlite3_close(r->db);
	scan_query_done(&r->scans);
	free(r->sources);
	free(r->cells);
	notes_done(&r->scans.notes);
}

int engine_run(const struct engine_query *q, struct engine_result *ret, struct err *err)
{
	struct engine_query query = *q;
	struct run r = {.query = &query, .result = ret, .err = err};
	int64_t start = clock_mono_us();
	int status;

	*ret = (struct engine_result){.code = WIRE_CODE_INTERNAL};
	if (query.timeout_ms <= 0)
		query.timeout_ms = WIRE_TIMEOUT_MS;
	if (query.max_rows <= 0)
		query.max_rows = WIRE_ANSWER_ROWS;
	r.scans.root = q->root;
	r.scans.state_dir = q->state_dir ? q->state_dir : ENGINE_STATE_DIR;
	r.scans.cancelled = q->cancelled;
	r.scans.deadline_ms = start / 1000 + query.timeout_ms;
	r.scans.blocked_ms = q->blocked_ms;

	status = run_open(&r);
	if (status == 0)
		status = prepare(&r);
	if (status == 0 && !query.prepare_only)
		status = answer(&r);
	take_warnings(&r);
	ret->ms = (double)(clock_mono_us() - start) / 1000;
	run_done(&r);
	return status;
}

void engine_result_done(struct engine_result *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_warnings; i++)
		free(r->warnings[i]);
	free(r->warnings);
	*r = (struct engine_result){0};
}

int engine_init(struct err *err)
{
	if (sqlite3_libversion_number() < SQLITE_VERSION_MIN)
		return err_set(
			err, ENOTSUP, "SQLite %s is too old: 3.37 is needed", sqlite3_libversion());
	if (!sqlite3_threadsafe())
		return err_set(err, ENOTSUP, "this SQLite was built without threads");
	if (sqlite3_initialize() != SQLITE_OK)
		return err_set(err, ENOMEM, "SQLite does not start");
	sqlite3_hard_heap_limit64(ENGINE_MEMORY_MAX);
	return 0;
}
