/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SQLite's instr, replace and trim take time in proportion to the product of their arguments'
 * lengths, hours with the longest values, and no time limit reaches into a function. These do the
 * same in time proportional to the sum.
 */
#include "agentd/functions.h"
#include "common/str.h"
#include "common/text.h"

#include <stdint.h>

/* Characters outside of ASCII that trim looks for at most. */
#define TRIM_WIDE_MAX 128

/* Bytes of a value: as they are for a blob when `blob`, else as text. */
static const char *bytes_of(sqlite3_context *ctx, sqlite3_value *v, bool blob, size_t *ret_n)
{
	const char *p;

	if (!blob)
		return function_text(ctx, v, ret_n);
	p = sqlite3_value_blob(v);
	*ret_n = (size_t)sqlite3_value_bytes(v);
	return p ? p : "";
}

/* Characters in text, counted as SQLite does: bytes that do not continue one. */
static sqlite3_int64 characters(const char *p, size_t n)
{
	sqlite3_int64 count = 0;

	for (size_t i = 0; i < n; i++)
		count += (p[i] & 0xc0) != 0x80;
	return count;
}

/* The first place, from 1, at which the second argument stands in the first; 0 for nowhere. */
static void instr(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	const char *p, *needle, *at;
	size_t n, needle_n;
	bool blob;

	if (function_null(argc, argv))
		return;
	blob = sqlite3_value_type(argv[0]) == SQLITE_BLOB &&
	       sqlite3_value_type(argv[1]) == SQLITE_BLOB;
	p = bytes_of(ctx, argv[0], blob, &n);
	needle = p ? bytes_of(ctx, argv[1], blob, &needle_n) : NULL;
	if (!needle)
		return;
	at = memmem(p, n, needle, needle_n);
	if (!at)
		sqlite3_result_int(ctx, 0);
	else if (blob)
		sqlite3_result_int64(ctx, at - p + 1);
	else
		sqlite3_result_int64(ctx, characters(p, (size_t)(at - p)) + 1);
}

/* Writes the text with its replacements to `out`, or to nowhere; returns its length. */
static uint64_t replace_in(char *out, struct span text, struct span from, struct span to)
{
	const char *p = text.p, *end = p + text.n, *at;
	uint64_t len = 0;

	for (; (at = memmem(p, (size_t)(end - p), from.p, from.n)); p = at + from.n) {
		if (out) {
			memcpy(out + len, p, (size_t)(at - p));
			memcpy(out + len + (at - p), to.p, to.n);
		}
		len += (uint64_t)(at - p) + to.n;
	}
	if (out)
		memcpy(out + len, p, (size_t)(end - p));
	return len + (uint64_t)(end - p);
}

static void replace(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct span text, from, to;
	uint64_t len;
	char *out;

	if (function_null(argc, argv))
		return;
	text.p = function_text(ctx, argv[0], &text.n);
	from.p = text.p ? function_text(ctx, argv[1], &from.n) : NULL;
	to.p = from.p ? function_text(ctx, argv[2], &to.n) : NULL;
	if (!to.p)
		return;
	if (!from.n) {
		sqlite3_result_text64(ctx, text.p, text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
		return;
	}
	len = replace_in(NULL, text, from, to);
	out = function_alloc(ctx, len);
	if (!out)
		return;
	replace_in(out, text, from, to);
	sqlite3_result_text64(ctx, out, len, sqlite3_free, SQLITE_UTF8);
}

/* ---- trim, ltrim, rtrim ---- */

struct trim_set {
	bool ascii[128];
	uint32_t wide[TRIM_WIDE_MAX]; /* code points; a byte that is not UTF-8 is itself */
	size_t n_wide;
};

/* The character at the front of [p, p + n); its length. */
static size_t first_character(const char *p, size_t n, uint32_t *ret)
{
	size_t len = utf8_decode(p, n, ret);

	if (len)
		return len;
	*ret = (unsigned char)*p | UINT32_C(1) << 31;
	return 1;
}

/* The character at the end likewise. */
static size_t last_character(const char *p, size_t n, uint32_t *ret)
{
	for (size_t len = 1; len <= 4 && len <= n; len++)
		if (utf8_decode(p + n - len, len, ret) == len)
			return len;
	*ret = (unsigned char)p[n - 1] | UINT32_C(1) << 31;
	return 1;
}

static bool set_has(const struct trim_set *set, uint32_t c)
{
	if (c < sizeof(set->ascii))
		return set->ascii[c];
	for (size_t i = 0; i < set->n_wide; i++)
		if (set->wide[i] == c)
			return true;
	return false;
}

/* False when there are too many. */
static bool set_fill(struct trim_set *set, const char *p, size_t n)
{
	uint32_t c;

	for (size_t len; n; p += len, n -= len) {
		len = first_character(p, n, &c);
		if (set_has(set, c))
			continue;
		if (c < sizeof(set->ascii))
			set->ascii[c] = true;
		else if (set->n_wide == TRIM_WIDE_MAX)
			return false;
		else
			set->wide[set->n_wide++] = c;
	}
	return true;
}

static void trim_sides(sqlite3_context *ctx, int argc, sqlite3_value **argv, bool left, bool right)
{
	struct trim_set set = {.ascii = {[' '] = argc == 1}};
	const char *p, *chars;
	size_t n, chars_n, len;
	uint32_t c;

	if (function_null(argc, argv))
		return;
	p = function_text(ctx, argv[0], &n);
	if (!p)
		return;
	if (argc > 1) {
		chars = function_text(ctx, argv[1], &chars_n);
		if (!chars)
			return;
		if (!set_fill(&set, chars, chars_n)) {
			sqlite3_result_error(ctx, "trim: too many characters", -1);
			return;
		}
	}
	for (; left && n; p += len, n -= len) {
		len = first_character(p, n, &c);
		if (!set_has(&set, c))
			break;
	}
	for (; right && n; n -= len) {
		len = last_character(p, n, &c);
		if (!set_has(&set, c))
			break;
	}
	sqlite3_result_text(ctx, p, (int)n, SQLITE_TRANSIENT);
}

static void trim(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	trim_sides(ctx, argc, argv, true, true);
}

static void ltrim(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	trim_sides(ctx, argc, argv, true, false);
}

static void rtrim(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	trim_sides(ctx, argc, argv, false, true);
}

const struct function functions_search[] = {
	{"instr", 2, instr},
	{"replace", 3, replace},
	{"trim", 1, trim},
	{"trim", 2, trim},
	{"ltrim", 1, ltrim},
	{"ltrim", 2, ltrim},
	{"rtrim", 1, rtrim},
	{"rtrim", 2, rtrim},
	{0},
};
