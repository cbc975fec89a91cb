/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/functions.h"

#include "common/str.h"

bool function_null(int argc, sqlite3_value **argv)
{
	for (int i = 0; i < argc; i++)
		if (sqlite3_value_type(argv[i]) == SQLITE_NULL)
			return true;
	return false;
}

const char *function_text(sqlite3_context *ctx, sqlite3_value *v, size_t *ret_n)
{
	const char *p = (const char *)sqlite3_value_text(v);

	if (!p) {
		sqlite3_result_error_nomem(ctx);
		return NULL;
	}
	*ret_n = (size_t)sqlite3_value_bytes(v);
	return p;
}

char *function_alloc(sqlite3_context *ctx, uint64_t n)
{
	int max = sqlite3_limit(sqlite3_context_db_handle(ctx), SQLITE_LIMIT_LENGTH, -1);
	char *p;

	if (n > (uint64_t)max) {
		sqlite3_result_error_toobig(ctx);
		return NULL;
	}
	p = sqlite3_malloc64(n + 1);
	if (!p)
		sqlite3_result_error_nomem(ctx);
	return p;
}

int functions_register(sqlite3 *db)
{
	static const struct function *const all[] = {
		functions_digest,
		functions_math,
		functions_net,
		functions_pattern,
		functions_regex,
		functions_search,
		functions_text,
		functions_version,
	};
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
	int rc = SQLITE_OK;

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		for (const struct function *f = all[i]; f->name && rc == SQLITE_OK; f++)
			rc = sqlite3_create_function_v2(
				db, f->name, f->n_args, flags, NULL, f->fn, NULL, NULL, NULL);
	for (const struct collation *c = collations_version; c->name && rc == SQLITE_OK; c++)
		rc = sqlite3_create_collation_v2(db, c->name, SQLITE_UTF8, NULL, c->fn, NULL);
	return rc;
}
