/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Regular expressions over bytes, by PCRE2: the ECMAScript-like syntax that published queries use
 * (\d \w \s, groups, look-ahead). A pattern that would run for very long is an error, not a wait.
 */
#include "agentd/functions.h"

#include <stdint.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Bytes of a pattern. */
#define PATTERN_MAX 4096
/* Steps and memory of one match; some 20 ms at most. */
#define MATCH_STEPS_MAX 1000000
#define MATCH_KIB_MAX	4096

struct regex {
	pcre2_general_context *general;
	pcre2_compile_context *compile;
	pcre2_match_context *limits;
	pcre2_code *code;
	pcre2_match_data *match;
};

static void regex_free(void *p)
{
	struct regex *re = p;

	if (!re)
		return;
	pcre2_match_data_free(re->match);
	pcre2_code_free(re->code);
	pcre2_match_context_free(re->limits);
	pcre2_compile_context_free(re->compile);
	pcre2_general_context_free(re->general);
	sqlite3_free(re);
}

/* SQLite's allocator, for the sake of its limit. */
static void *allocate(size_t n, void *arg)
{
	(void)arg;
	return sqlite3_malloc64(n);
}

static void release(void *p, void *arg)
{
	(void)arg;
	sqlite3_free(p);
}

static struct regex *regex_alloc(void)
{
	struct regex *re = sqlite3_malloc64(sizeof(*re));

	if (!re)
		return NULL;
	*re = (struct regex){.general = pcre2_general_context_create(allocate, release, NULL)};
	if (re->general) {
		re->compile = pcre2_compile_context_create(re->general);
		re->limits = pcre2_match_context_create(re->general);
	}
	if (!re->compile || !re->limits) {
		regex_free(re);
		return NULL;
	}
	pcre2_set_max_pattern_length(re->compile, PATTERN_MAX);
	pcre2_set_match_limit(re->limits, MATCH_STEPS_MAX);
	pcre2_set_depth_limit(re->limits, MATCH_STEPS_MAX);
	pcre2_set_heap_limit(re->limits, MATCH_KIB_MAX);
	return re;
}

static void result_pattern_error(sqlite3_context *ctx, int code, size_t at)
{
	char words[256], text[320];

	if (code == PCRE2_ERROR_HEAP_FAILED) {
		sqlite3_result_error_nomem(ctx);
		return;
	}
	pcre2_get_error_message(code, (PCRE2_UCHAR *)words, sizeof(words));
	snprintf(text, sizeof(text), "regular expression, at character %zu: %s", at, words);
	sqlite3_result_error(ctx, text, -1);
}

static struct regex *regex_new(sqlite3_context *ctx, sqlite3_value *pattern)
{
	const uint32_t options = PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_NEVER_UTF |
				 PCRE2_NEVER_BACKSLASH_C;
	struct regex *re;
	const char *p;
	size_t n, at;
	int code;

	p = function_text(ctx, pattern, &n);
	if (!p)
		return NULL;
	re = regex_alloc();
	if (!re)
		goto nomem;
	re->code = pcre2_compile((PCRE2_SPTR)p, n, options, &code, &at, re->compile);
	if (!re->code) {
		result_pattern_error(ctx, code, at);
		regex_free(re);
		return NULL;
	}
	re->match = pcre2_match_data_create_from_pattern(re->code, re->general);
	if (re->match)
		return re;
nomem:
	regex_free(re);
	sqlite3_result_error_nomem(ctx);
	return NULL;
}

/*
 * The compiled pattern of argument `arg`, kept by SQLite for the next row where the argument is
 * the same for all rows. NULL: the result is an error already.
 */
static struct regex *regex_of(sqlite3_context *ctx, sqlite3_value **argv, int arg)
{
	struct regex *re = sqlite3_get_auxdata(ctx, arg);

	if (re)
		return re;
	re = regex_new(ctx, argv[arg]);
	if (!re)
		return NULL;
	sqlite3_set_auxdata(ctx, arg, re, regex_free);
	/* When there was no memory to keep it, it is freed already. */
	re = sqlite3_get_auxdata(ctx, arg);
	if (!re)
		sqlite3_result_error_nomem(ctx);
	return re;
}

/* 1: found, from ovector[0] to ovector[1]. 0: not found. -1: the result is an error. */
static int search(sqlite3_context *ctx, struct regex *re, const char *p, size_t n, size_t start,
	uint32_t options)
{
	int rc = pcre2_match(re->code, (PCRE2_SPTR)p, n, start, options, re->match, re->limits);

	if (rc >= 0) {
		const size_t *at = pcre2_get_ovector_pointer(re->match);

		/* \K in a look-ahead can make a match that ends before it starts. */
		return at[0] <= at[1];
	}
	switch (rc) {
	case PCRE2_ERROR_NOMATCH:
		return 0;
	case PCRE2_ERROR_NOMEMORY:
		sqlite3_result_error_nomem(ctx);
		return -1;
	default:
		sqlite3_result_error(ctx, "regular expression: it takes too many steps", -1);
		return -1;
	}
}

/* text REGEXP pattern, which SQLite calls as regexp(pattern, text): 1 when it is found anywhere. */
static void regexp(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct regex *re;
	const char *p;
	size_t n;
	int found;

	if (function_null(argc, argv))
		return;
	re = regex_of(ctx, argv, 0);
	p = re ? function_text(ctx, argv[1], &n) : NULL;
	if (!p)
		return;
	found = search(ctx, re, p, n, 0, 0);
	if (found >= 0)
		sqlite3_result_int(ctx, found);
}

/*
 * regex_match(text, pattern, index): the first match (0) or one of its groups; '' for a group that
 * took no part, NULL when nothing is found or there is no such group.
 */
static void regex_match(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	sqlite3_int64 index;
	const size_t *at;
	struct regex *re;
	const char *p;
	size_t n;

	if (function_null(argc, argv))
		return;
	index = sqlite3_value_int64(argv[2]);
	re = regex_of(ctx, argv, 1);
	p = re ? function_text(ctx, argv[0], &n) : NULL;
	if (!p || search(ctx, re, p, n, 0, 0) <= 0)
		return;
	if (index < 0 || index >= pcre2_get_ovector_count(re->match))
		return;
	at = pcre2_get_ovector_pointer(re->match) + 2 * index;
	if (at[0] == PCRE2_UNSET || at[0] > at[1])
		sqlite3_result_text(ctx, "", 0, SQLITE_STATIC);
	else
		sqlite3_result_text(ctx, p + at[0], (int)(at[1] - at[0]), SQLITE_TRANSIENT);
}

/*
 * The next separator at or after `from`, which never is an empty one right behind the last.
 * As search.
 */
static int next_separator(sqlite3_context *ctx, struct regex *re, const char *p, size_t n,
	size_t from, bool after_empty)
{
	int found;

	if (!after_empty)
		return search(ctx, re, p, n, from, 0);
	found = search(ctx, re, p, n, from, PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED);
	if (found || from >= n)
		return found;
	return search(ctx, re, p, n, from + 1, 0);
}

/*
 * regex_split(text, pattern, index): the parts between matches; an empty part at the end is none.
 * NULL when there is no such part.
 */
static void regex_split(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	size_t n, pattern_n, from = 0;
	bool after_empty = false;
	sqlite3_int64 index;
	const char *p;
	struct regex *re;
	int found = 1;

	if (function_null(argc, argv))
		return;
	index = sqlite3_value_int64(argv[2]);
	if (!function_text(ctx, argv[1], &pattern_n))
		return;
	if (!pattern_n) {
		sqlite3_result_error(ctx, "regex_split: the pattern is empty", -1);
		return;
	}
	re = regex_of(ctx, argv, 1);
	p = re ? function_text(ctx, argv[0], &n) : NULL;
	if (!p || index < 0)
		return;
	for (sqlite3_int64 i = 0; i <= index; i++) {
		const size_t *at = pcre2_get_ovector_pointer(re->match);
		size_t end = n;

		found = found ? next_separator(ctx, re, p, n, from, after_empty) : 0;
		if (found < 0)
			return;
		if (found)
			end = at[0];
		else if (from == n && i > 0)
			return;
		if (i == index) {
			sqlite3_result_text(ctx, p + from, (int)(end - from), SQLITE_TRANSIENT);
			return;
		}
		if (!found)
			return;
		from = at[1];
		after_empty = at[0] == at[1];
	}
}

const struct function functions_regex[] = {
	{"regexp", 2, regexp},
	{"regex_match", 3, regex_match},
	{"regex_split", 3, regex_split},
	{0},
};
