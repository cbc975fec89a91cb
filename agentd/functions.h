/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SQL functions beside SQLite's own, with the names and meanings that published osquery queries
 * rely on. All are deterministic and without side effects; NULL in gives NULL out unless said.
 *
 * To add one: write it in agentd/functions/TOPIC.c and give it a row in that file's array.
 */
#ifndef AGENTD_FUNCTIONS_H
#define AGENTD_FUNCTIONS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct function {
	const char *name;
	int n_args; /* -1: any number */
	void (*fn)(sqlite3_context *ctx, int argc, sqlite3_value **argv);
};

/* Each ends with a row without a name. */
extern const struct function functions_digest[], functions_math[], functions_net[],
	functions_pattern[], functions_regex[], functions_search[], functions_text[],
	functions_version[];

struct collation {
	const char *name;
	int (*fn)(void *arg, int an, const void *a, int bn, const void *b);
};
extern const struct collation collations_version[];

/* Registers all of them. An SQLite result code. */
int functions_register(sqlite3 *db);

/* ---- For the functions ---- */

/* Is one of the arguments NULL? The result is then NULL already. */
bool function_null(int argc, sqlite3_value **argv);
/* The bytes of an argument as text; NULL when out of memory (the result says so then). */
const char *function_text(sqlite3_context *ctx, sqlite3_value *v, size_t *ret_n);
/*
 * Memory for a result of `n` bytes, of SQLite's allocator. NULL when that is longer than a value
 * may be or there is none; the result says so then.
 */
char *function_alloc(sqlite3_context *ctx, uint64_t n);

#endif
