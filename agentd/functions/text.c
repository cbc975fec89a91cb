/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/functions.h"
#include "common/str.h"

#include <stdint.h>

/*
 * split(text, delimiters, index): the parts between any of the delimiter characters; empty parts
 * are not counted, blanks around a part are taken off. NULL when there is no such part.
 */
static void split(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	bool is_delimiter[256] = {false};
	const char *p, *d, *end;
	size_t n, n_delimiters;
	sqlite3_int64 index;

	if (function_null(argc, argv))
		return;
	index = sqlite3_value_int64(argv[2]);
	d = function_text(ctx, argv[1], &n_delimiters);
	p = d ? function_text(ctx, argv[0], &n) : NULL;
	if (!p)
		return;
	if (!n_delimiters) {
		sqlite3_result_error(ctx, "split: no delimiters", -1);
		return;
	}
	for (size_t i = 0; i < n_delimiters; i++)
		is_delimiter[(unsigned char)d[i]] = true;
	for (end = p + n; p < end; p++) {
		const char *start = p;
		struct span part;

		while (p < end && !is_delimiter[(unsigned char)*p])
			p++;
		if (p == start || index-- != 0)
			continue;
		part = span_trim((struct span){start, (size_t)(p - start)});
		sqlite3_result_text(ctx, part.p, (int)part.n, SQLITE_TRANSIENT);
		return;
	}
}

/* Joins what is not NULL in argv, from `first` on. */
static void join(sqlite3_context *ctx, const char *sep, size_t sep_n, int first, int argc,
	sqlite3_value **argv)
{
	sqlite3_str *out = sqlite3_str_new(sqlite3_context_db_handle(ctx));
	bool any = false;

	for (int i = first; i < argc; i++) {
		if (sqlite3_value_type(argv[i]) == SQLITE_NULL)
			continue;
		if (any)
			sqlite3_str_append(out, sep, (int)sep_n);
		any = true;
		sqlite3_str_append(out, (const char *)sqlite3_value_text(argv[i]),
			sqlite3_value_bytes(argv[i]));
	}
	function_result(ctx, out);
}

/* concat(a, b, …): NULLs are left out; NULL only without any argument. */
static void concat(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	if (argc > 0)
		join(ctx, "", 0, 0, argc, argv);
}

/* concat_ws(separator, a, b, …): likewise; a separator that is NULL is empty. */
static void concat_ws(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *sep = "";
	size_t n = 0;

	if (argc == 0) {
		sqlite3_result_error(ctx, "concat_ws: no separator", -1);
		return;
	}
	if (sqlite3_value_type(argv[0]) != SQLITE_NULL)
		sep = function_text(ctx, argv[0], &n);
	if (sep && argc > 1)
		join(ctx, sep, n, 1, argc, argv);
}

const struct function functions_text[] = {
	{"split", 3, split},
	{"concat", -1, concat},
	{"concat_ws", -1, concat_ws},
	{0},
};
