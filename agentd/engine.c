/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A question's way: a connection of its own (open_db: limits, functions, tables, authorizer),
 * prepare (exactly one SELECT), bind, then row after row to the caller. The tables do their part
 * in vtab.c and scan.c.
 */
#include "agentd/engine.h"

#include "agentd/functions.h"
#include "agentd/table.h"
#include "agentd/vtab.h"
#include "common/clock.h"
#include "common/str.h"
#include "common/text.h"

#include <inttypes.h>
#include <sqlite3.h>

/* Oldest SQLite whose planner and functions this relies on: 3.37. */
#define SQLITE_VERSION_MIN 3037000
/* Bytes of any value or row that SQLite makes on the way to the answer. */
#define VALUE_MAX (8 << 20)
/* Terms of one UNION chain. */
#define COMPOUND_MAX 200
/* Nesting of expressions; an OR of n terms counts as n. */
#define EXPR_DEPTH_MAX 1000
/* Instructions of a compiled statement. */
#define PROGRAM_MAX	 200000
#define FUNCTION_ARG_MAX 100
#define LIKE_PATTERN_MAX 1000
#define PARAMS_MAX	 1000
/* Instructions between two looks at the clock: some 20 microseconds. */
#define PROGRESS_OPS 2000
/* Parameter or table names in messages are cut to this. */
#define NAME_SHOWN 64

struct run {
	const struct engine_query *query;
	struct engine_result *result;
	struct err *err;
	struct scan_query scans;
	sqlite3 *db;
	sqlite3_stmt *stmt;
	struct vtab_source *sources; /* one per table */
	size_t n_sources;
	const char *last_read; /* table that the authorizer let through last */
	char denied[128];      /* why the authorizer refused */
	struct cell *cells;
	size_t n_cells;
	uint64_t cut; /* values cut to ENGINE_CELL_MAX */
};

static int fail(struct run *r, enum wire_code code, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static int fail(struct run *r, enum wire_code code, int errnum, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->result->code = code;
	return err_set(r->err, errnum, "%s", text);
}

static int fail_memory(struct run *r)
{
	return fail(r, WIRE_CODE_LIMIT, ENOMEM, "more memory than %u MiB", ENGINE_MEMORY_MAX >> 20);
}

/* The caller's callback wants to end the query with this. */
static int fail_caller(struct run *r, int ret)
{
	fail(r, WIRE_CODE_INTERNAL, ret < 0 ? -ret : EIO, "the answer was not taken");
	return ret;
}

/* ---- Words for SQLite's errors ---- */

static int fail_stopped(struct run *r)
{
	if (r->scans.stopped == SCAN_CANCELLED)
		return fail(r, WIRE_CODE_CANCELLED, ECANCELED, "cancelled");
	return fail(r, WIRE_CODE_TIMEOUT, ETIMEDOUT, "no answer within %.*f s",
		r->query->timeout_ms < 9950 ? 1 : 0, (double)r->query->timeout_ms / 1000);
}

/* What a table said by scan_error. */
static int fail_table(struct run *r)
{
	const struct err *e = &r->scans.err;

	switch (e->code) {
	case E2BIG:
	case ENOMEM:
	case EMSGSIZE:
		return fail(r, WIRE_CODE_LIMIT, e->code, "%s", e->text);
	case EINVAL:
		return fail(r, WIRE_CODE_USAGE, e->code, "%s", e->text);
	case EPERM:
	case EACCES:
		return fail(r, WIRE_CODE_DENIED, e->code, "%s", e->text);
	default:
		return fail(r, WIRE_CODE_INTERNAL, e->code, "%s", e->text);
	}
}

/* The table's name that is nearest to an unknown one, or NULL. */
static const char *nearest_table(const struct run *r, const char *name)
{
	const char **names = calloc(r->n_sources + 1, sizeof(*names)), *near;

	if (!names)
		return NULL;
	for (size_t i = 0; i < r->n_sources; i++)
		names[i] = r->sources[i].table->name;
	near = str_nearest(name, names);
	free(names);
	return near;
}

static int fail_sql(struct run *r)
{
	static const char *const limits[] = {
		"too many ",
		"Expression tree is too large",
		"parser stack overflow",
		"at most ",
		"LIKE or GLOB pattern too complex",
		"string or blob too big",
	};
	static const char no_table[] = "no such table: ";
	const char *text = sqlite3_errmsg(r->db), *near;

	if (r->scans.unconstrained && str_eq(text, "no query solution")) {
		vtab_unconstrained(r->scans.unconstrained, r->err);
		r->result->code = WIRE_CODE_SQL;
		return -EINVAL;
	}
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		if (str_starts(text, limits[i]))
			return fail(r, WIRE_CODE_LIMIT, E2BIG, "%s", text);
	near = str_starts(text, no_table) ? nearest_table(r, text + strlen(no_table)) : NULL;
	if (near)
		return fail(r, WIRE_CODE_SQL, EINVAL, "%s (did you mean %s?)", text, near);
	return fail(r, WIRE_CODE_SQL, EINVAL, "%s", text);
}

static int fail_sqlite(struct run *r, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_INTERRUPT:
		if (r->scans.stopped)
			return fail_stopped(r);
		return fail_sql(r);
	case SQLITE_NOMEM:
		return fail_memory(r);
	case SQLITE_TOOBIG:
		return fail(r, WIRE_CODE_LIMIT, E2BIG, "a value is longer than %d MiB",
			VALUE_MAX >> 20);
	default:
		if (r->denied[0])
			return fail(r, WIRE_CODE_SQL, EACCES, "%s", r->denied);
		return r->scans.err.code ? fail_table(r) : fail_sql(r);
	}
}

/* ---- The connection ---- */

static int progress(void *arg)
{
	struct run *r = arg;

	return scan_query_stop(&r->scans);
}

static bool may_read(struct run *r, const char *table)
{
	if (r->last_read && !strcmp(table, r->last_read))
		return true;
	for (size_t i = 0; i < r->n_sources; i++) {
		if (!strcmp(table, r->sources[i].table->name)) {
			r->last_read = r->sources[i].table->name;
			return true;
		}
	}
	return !strcmp(table, "json_each") || !strcmp(table, "json_tree");
}

/* SQLite's own functions that reach outside of the values they are given. */
static bool may_call(const char *function)
{
	static const char *const refused[] = {
		"load_extension",
		"fts3_tokenizer",
		"fts5",
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (!sqlite3_stricmp(function, refused[i]))
			return false;
	return true;
}

/* What a statement may do. Everything that is not named here is refused. */
static int authorize(void *arg, int action, const char *a, const char *b, const char *database,
	const char *trigger)
{
	struct run *r = arg;

	(void)database, (void)trigger;
	if (r->scans.declaring)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_READ:
		/* No column: it is only counted, and may be the name of a subquery. */
		if (a && (!b || !*b || may_read(r, a)))
			return SQLITE_OK;
		snprintf(r->denied, sizeof(r->denied), "table %.*s may not be read", NAME_SHOWN,
			a ? a : "");
		return SQLITE_DENY;
	case SQLITE_FUNCTION:
		if (b && may_call(b))
			return SQLITE_OK;
		snprintf(r->denied, sizeof(r->denied), "function %.*s may not be called",
			NAME_SHOWN, b ? b : "");
		return SQLITE_DENY;
	default:
		snprintf(r->denied, sizeof(r->denied), "only SELECT is allowed");
		return SQLITE_DENY;
	}
}

static void set_limits(sqlite3 *db)
{
	static const struct {
		int id, value;
	} limits[] = {
		{SQLITE_LIMIT_LENGTH, VALUE_MAX},
		{SQLITE_LIMIT_SQL_LENGTH, WIRE_REQUEST_MAX},
		{SQLITE_LIMIT_COLUMN, WIRE_COLUMNS_MAX},
		{SQLITE_LIMIT_EXPR_DEPTH, EXPR_DEPTH_MAX},
		{SQLITE_LIMIT_COMPOUND_SELECT, COMPOUND_MAX},
		{SQLITE_LIMIT_VDBE_OP, PROGRAM_MAX},
		{SQLITE_LIMIT_FUNCTION_ARG, FUNCTION_ARG_MAX},
		{SQLITE_LIMIT_ATTACHED, 0},
		{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, LIKE_PATTERN_MAX},
		{SQLITE_LIMIT_VARIABLE_NUMBER, PARAMS_MAX},
		{SQLITE_LIMIT_TRIGGER_DEPTH, 0},
		{SQLITE_LIMIT_WORKER_THREADS, 0},
	};
	static const struct {
		int id, value;
	} config[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},
		{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
		{SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
		{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
		{SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
		/* "word" that names no column is a string: published queries rely on it. */
		{SQLITE_DBCONFIG_DQS_DML, 1},
	};

	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		sqlite3_limit(db, limits[i].id, limits[i].value);
	for (size_t i = 0; i < ARRAY_LEN(config); i++)
		sqlite3_db_config(db, config[i].id, config[i].value, NULL);
}

static int register_tables(struct run *r)
{
	const struct table *const *tables = r->query->tables ? r->query->tables : tables_all;
	int rc = SQLITE_OK;
	size_t n = 0;

	while (tables[n])
		n++;
	r->sources = calloc(n + 1, sizeof(*r->sources));
	if (!r->sources)
		return SQLITE_NOMEM;
	r->n_sources = n;
	for (size_t i = 0; i < n && rc == SQLITE_OK; i++) {
		r->sources[i] = (struct vtab_source){.table = tables[i], .query = &r->scans};
		rc = vtab_register(r->db, &r->sources[i]);
	}
	return rc;
}

/*
 * SQLite's own table functions declare their columns when they are first used, for which it asks
 * the authorizer as for CREATE: let it be now.
 */
static int declare_json(sqlite3 *db)
{
	static const char sql[] = "SELECT 0 FROM json_each, json_tree LIMIT 0";
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	/* This SQLite was built without JSON. */
	return rc == SQLITE_ERROR ? SQLITE_OK : rc;
}

static int open_db(struct run *r)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_PRIVATECACHE;
	int rc = sqlite3_open_v2(":memory:", &r->db, flags, NULL);

	if (rc == SQLITE_OK) {
		set_limits(r->db);
		/* Sorting and grouping never go to the host's disk. */
		rc = sqlite3_exec(r->db, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
	}
	if (rc == SQLITE_OK)
		rc = functions_register(r->db);
	if (rc == SQLITE_OK)
		rc = register_tables(r);
	if (rc == SQLITE_OK)
		rc = declare_json(r->db);
	if (rc == SQLITE_OK)
		rc = sqlite3_set_authorizer(r->db, authorize, r);
	if (rc != SQLITE_OK)
		return rc == SQLITE_NOMEM
			       ? fail_memory(r)
			       : fail(r, WIRE_CODE_INTERNAL, EIO, "SQLite: %s", sqlite3_errstr(rc));
	sqlite3_progress_handler(r->db, PROGRESS_OPS, progress, r);
	return 0;
}

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
		return fail(r, WIRE_CODE_LIMIT, E2BIG, "SQL longer than %u KiB",
			WIRE_REQUEST_MAX >> 10);
	if (memchr(sql, '\0', r->query->sql_len))
		return fail(r, WIRE_CODE_SQL, EINVAL, "a NUL byte in the SQL");
	rc = prepare_next(r, &sql, end, &r->stmt);
	if (rc != SQLITE_OK)
		return fail_sqlite(r, rc);
	if (!r->stmt)
		return fail(r, WIRE_CODE_SQL, EINVAL, "no statement in the SQL");
	/* What the authorizer is not asked about, such as VACUUM. */
	if (!sqlite3_stmt_readonly(r->stmt) || sqlite3_column_count(r->stmt) == 0)
		return fail(r, WIRE_CODE_SQL, EACCES, "only SELECT is allowed");
	rc = prepare_next(r, &sql, end, &second);
	sqlite3_finalize(second);
	if (rc != SQLITE_OK || second)
		return fail(r, WIRE_CODE_SQL, EINVAL, "one statement at a time");
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
			return fail(r, WIRE_CODE_USAGE, EINVAL,
				"parameter %d has no name: write :name", i);
		value = json_object_get(r->query->params, name + 1);
		if (!value)
			return fail(r, WIRE_CODE_USAGE, EINVAL, "no value given for %.*s",
				NAME_SHOWN, name);
		rc = bind_value(r->stmt, i, value);
		if (rc == SQLITE_MISMATCH)
			return fail(r, WIRE_CODE_USAGE, EINVAL,
				"the value of %.*s is neither text nor number", NAME_SHOWN, name);
		if (rc != SQLITE_OK)
			return fail_sqlite(r, rc);
	}
	return 0;
}

/* ---- The answer ---- */

static int send_columns(struct run *r)
{
	size_t n = (size_t)sqlite3_column_count(r->stmt);
	struct wire_column *cols = NULL;
	int ret = 0;

	if (n > WIRE_COLUMNS_MAX)
		return fail(r, WIRE_CODE_LIMIT, E2BIG, "more than %d columns", WIRE_COLUMNS_MAX);
	cols = calloc(n, sizeof(*cols));
	r->cells = calloc(n, sizeof(*r->cells));
	r->n_cells = n;
	if (!cols || !r->cells) {
		ret = fail_memory(r);
		goto out;
	}
	for (size_t i = 0; i < n; i++) {
		cols[i].name = sqlite3_column_name(r->stmt, (int)i);
		cols[i].type = sqlite3_column_decltype(r->stmt, (int)i);
		if (!cols[i].type)
			cols[i].type = "";
		if (!cols[i].name) {
			ret = fail_memory(r);
			goto out;
		}
		if (strlen(cols[i].name) > WIRE_NAME_MAX) {
			ret = fail(r, WIRE_CODE_LIMIT, E2BIG,
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
			return fail_memory(r);
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
			return fail_stopped(r);
	}
	return rc == SQLITE_DONE ? 0 : fail_sqlite(r, rc);
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
	r.scans.cancelled = q->cancelled;
	r.scans.deadline_ms = start / 1000 + query.timeout_ms;

	status = open_db(&r);
	if (status == 0)
		status = prepare(&r);
	if (status == 0)
		status = bind_params(&r);
	if (status == 0)
		status = send_columns(&r);
	if (status == 0)
		status = send_rows(&r);
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
