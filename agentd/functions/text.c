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

/*
 * Writes what is not NULL in argv, from `first` on, to `out`, or to nowhere; returns its length,
 * or -1 when out of memory.
 */
static int64_t join_to(char *out, struct span sep, int first, int argc, sqlite3_value **argv)
{
	int64_t len = 0;
	bool any = false;

	for (int i = first; i < argc; i++) {
		size_t n, sep_n = any ? sep.n : 0;
		const char *p;

		if (sqlite3_value_type(argv[i]) == SQLITE_NULL)
			continue;
		p = (const char *)sqlite3_value_text(argv[i]);
		if (!p)
			return -1;
		n = (size_t)sqlite3_value_bytes(argv[i]);
		if (out) {
			memcpy(out + len, sep.p, sep_n);
			memcpy(out + len + sep_n, p, n);
		}
		len += (int64_t)(sep_n + n);
		any = true;
	}
	return len;
}

static void join(sqlite3_context *ctx, struct span sep, int first, int argc, sqlite3_value **argv)
{
	int64_t len = join_to(NULL, sep, first, argc, argv);
	char *out;

	if (len < 0) {
		sqlite3_result_error_nomem(ctx);
		return;
	}
	out = function_alloc(ctx, (uint64_t)len);
	if (!out)
		return;
	join_to(out, sep, first, argc, argv);
	sqlite3_result_text64(ctx, out, (sqlite3_uint64)len, sqlite3_free, SQLITE_UTF8);
}

/* concat(a, b, …): NULLs are left out; NULL only without any argument. */
static void concat(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	if (argc > 0)
		join(ctx, span_str(""), 0, argc, argv);
}

/* concat_ws(separator, a, b, …): likewise; a separator that is NULL is empty. */
static void concat_ws(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct span sep = span_str("");

	if (argc == 0) {
		sqlite3_result_error(ctx, "concat_ws: no separator", -1);
		return;
	}
	if (sqlite3_value_type(argv[0]) != SQLITE_NULL)
		sep.p = function_text(ctx, argv[0], &sep.n);
	if (sep.p && argc > 1)
		join(ctx, sep, 1, argc, argv);
}

/* parent_directory(path): what stands before its last slash, NULL without one. */
static void parent_directory(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *p, *slash;
	size_t n;

	(void)argc;
	if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
		return;
	p = function_text(ctx, argv[0], &n);
	slash = p ? memrchr(p, '/', n) : NULL;
	if (slash)
		sqlite3_result_text(ctx, p, (int)(slash - p), SQLITE_TRANSIENT);
}

const struct function functions_text[] = {
	{"split", 3, split},
	{"parent_directory", 1, parent_directory},
	{"concat", -1, concat},
	{"concat_ws", -1, concat_ws},
	{0},
};
