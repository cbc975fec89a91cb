/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A question's connection: a database in memory that holds nothing, on which SELECT is all that is
 * allowed and everything has a bound.
 */
#include "agentd/engine_run.h"
#include "agentd/functions.h"
#include "agentd/othernames.h"
#include "agentd/table.h"
#include "common/str.h"

/* Terms of one UNION chain. */
#define COMPOUND_MAX 200
/* Nesting of expressions; an OR of n terms counts as n. */
#define EXPR_DEPTH_MAX 1000
/* Instructions of a compiled statement. */
#define PROGRAM_MAX	 1000000
#define FUNCTION_ARG_MAX 100
#define LIKE_PATTERN_MAX 1000
#define PARAMS_MAX	 1000
/* Instructions between two looks at the clock: some 20 microseconds. */
#define PROGRESS_OPS 2000

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
		if (!strcmp(table, r->sources[i].name)) {
			r->last_read = r->sources[i].name;
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
		snprintf(r->denied, sizeof(r->denied), "table %.*s may not be read",
			ENGINE_NAME_SHOWN, a ? a : "");
		return SQLITE_DENY;
	case SQLITE_FUNCTION:
		if (b && may_call(b))
			return SQLITE_OK;
		snprintf(r->denied, sizeof(r->denied), "function %.*s may not be called",
			ENGINE_NAME_SHOWN, b ? b : "");
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
		{SQLITE_LIMIT_LENGTH, ENGINE_VALUE_MAX},
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

static int register_name(struct run *r, const struct table *table, const char *name)
{
	struct vtab_source *source = &r->sources[r->n_sources++];

	*source = (struct vtab_source){.table = table, .name = name, .query = &r->scans};
	return vtab_register(r->db, source);
}

static int register_tables(struct run *r)
{
	const struct table *const *tables = r->query->tables ? r->query->tables : tables_all;
	int rc = SQLITE_OK;
	size_t n = 0;

	while (tables[n])
		n++;
	/* Each may have a second name. */
	r->sources = calloc(2 * n + 1, sizeof(*r->sources));
	if (!r->sources)
		return SQLITE_NOMEM;
	for (size_t i = 0; i < n && rc == SQLITE_OK; i++) {
		const struct othernames *others = othernames_of(tables[i]->name);

		rc = register_name(r, tables[i], tables[i]->name);
		if (rc == SQLITE_OK && others && others->alias)
			rc = register_name(r, tables[i], others->alias);
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

int run_open(struct run *r)
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
		return rc == SQLITE_NOMEM ? run_fail_memory(r)
					  : run_fail(r, WIRE_CODE_INTERNAL, EIO, "SQLite: %s",
						    sqlite3_errstr(rc));
	sqlite3_progress_handler(r->db, PROGRESS_OPS, progress, r);
	return 0;
}
