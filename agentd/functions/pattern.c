/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LIKE and GLOB with SQLite's meanings. SQLite's own go back to every star of a pattern, which with
 * many of them takes hours over long values, and no time limit reaches into a function. Here only
 * the last star is gone back to, which is enough, and the steps are counted.
 */
#include "agentd/functions.h"
#include "common/str.h"
#include "common/text.h"

/* Characters compared by one call: about a second. */
#define STEPS_MAX (UINT64_C(1) << 28)

enum outcome { NO_MATCH, MATCH, TOO_LONG };

struct matcher {
	bool like;	 /* % _ and no case; else * ? [] */
	uint32_t escape; /* of LIKE; 0: none */
	const char *end; /* of the pattern */
	const char *text_end;
	uint64_t steps;
};

/* The character at p, and where the next one begins. A byte that is not UTF-8 is one by itself. */
static const char *read_character(const char *p, const char *end, uint32_t *ret)
{
	size_t len;

	if ((unsigned char)*p < 0x80) {
		*ret = (unsigned char)*p;
		return p + 1;
	}
	len = utf8_decode(p, (size_t)(end - p), ret);
	if (len)
		return p + len;
	*ret = (unsigned char)*p | UINT32_C(1) << 31;
	return p + 1;
}

/* As SQLite has it: of ASCII only. */
static uint32_t lower(uint32_t c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/*
 * Is `c` in the set behind "["? *ret is behind its "]"; NULL when there is none, which matches
 * nothing.
 */
static bool in_set(const struct matcher *m, const char *p, uint32_t c, const char **ret)
{
	bool invert = p < m->end && *p == '^', found = false, first = true, has_prior = false;
	uint32_t one, prior = 0, last;

	*ret = NULL;
	for (p += invert; p < m->end; first = false) {
		p = read_character(p, m->end, &one);
		if (one == ']' && !first) {
			*ret = p;
			return found != invert;
		}
		if (one == '-' && has_prior && p < m->end && *p != ']') {
			p = read_character(p, m->end, &last);
			found |= c >= prior && c <= last;
			has_prior = false;
			continue;
		}
		found |= c == one;
		prior = one;
		has_prior = one != ']';
	}
	return false;
}

/* Does one piece of the pattern match the character? *ret is the next piece. */
static bool match_one(const struct matcher *m, const char *p, uint32_t c, const char **ret)
{
	uint32_t one;
	bool in;

	*ret = p = read_character(p, m->end, &one);
	if (m->like && m->escape && one == m->escape) {
		if (p == m->end)
			return false;
		*ret = read_character(p, m->end, &one);
	} else if (one == (m->like ? '_' : '?')) {
		return true;
	} else if (!m->like && one == '[') {
		in = in_set(m, p, c, ret);
		return in && *ret;
	}
	return one == c || (m->like && lower(one) == lower(c));
}

static bool is_star(const struct matcher *m, const char *p)
{
	return *p == (m->like ? '%' : '*') && !(m->like && m->escape == (unsigned char)*p);
}

/*
 * How many of the next characters are the same, and stand for themselves in the pattern. (What this
 * leaves out, match_one looks at.)
 */
static size_t same_bytes(const struct matcher *m, const char *p, const char *text)
{
	size_t most = (size_t)(m->end - p), n = 0;

	if ((size_t)(m->text_end - text) < most)
		most = (size_t)(m->text_end - text);
	if (m->like)
		while (n < most && p[n] == text[n] && p[n] != '%' && p[n] != '_' && p[n] > 0 &&
			(unsigned char)p[n] != m->escape)
			n++;
	else
		while (n < most && p[n] == text[n] && p[n] != '*' && p[n] != '?' && p[n] != '[' &&
			p[n] > 0)
			n++;
	return n;
}

static enum outcome match(struct matcher *m, const char *p, const char *text)
{
	const char *star = NULL, *from = NULL, *next, *next_p;
	uint32_t c;
	size_t n;

	while (text < m->text_end) {
		n = same_bytes(m, p, text);
		p += n;
		text += n;
		m->steps += n + 1;
		if (text == m->text_end)
			break;
		if (m->steps > STEPS_MAX)
			return TOO_LONG;
		if (p < m->end && is_star(m, p)) {
			star = ++p;
			from = text;
			if (p == m->end)
				return MATCH;
			continue;
		}
		next = read_character(text, m->text_end, &c);
		if (p < m->end && match_one(m, p, c, &next_p)) {
			p = next_p;
			text = next;
		} else if (star) {
			/* What the star stands for is one character longer. */
			text = from = read_character(from, m->text_end, &c);
			p = star;
		} else {
			return NO_MATCH;
		}
	}
	while (p < m->end && is_star(m, p))
		p++;
	return p == m->end ? MATCH : NO_MATCH;
}

static bool take_escape(sqlite3_context *ctx, sqlite3_value *v, struct matcher *m)
{
	const char *p;
	size_t n;

	p = function_text(ctx, v, &n);
	if (!p)
		return false;
	if (n && read_character(p, p + n, &m->escape) == p + n)
		return true;
	sqlite3_result_error(ctx, "ESCAPE expression must be a single character", -1);
	return false;
}

/* (pattern, text [, escape]), as SQLite calls them. */
static void compare(sqlite3_context *ctx, struct matcher *m, int argc, sqlite3_value **argv)
{
	sqlite3 *db = sqlite3_context_db_handle(ctx);
	const char *pattern, *text;
	size_t pattern_n, n;
	enum outcome r;

	if (function_null(argc, argv) || (argc == 3 && !take_escape(ctx, argv[2], m)))
		return;
	pattern = function_text(ctx, argv[0], &pattern_n);
	text = pattern ? function_text(ctx, argv[1], &n) : NULL;
	if (!text)
		return;
	if (pattern_n > (size_t)sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, -1)) {
		sqlite3_result_error(ctx, "LIKE or GLOB pattern too complex", -1);
		return;
	}
	m->end = pattern + pattern_n;
	m->text_end = text + n;
	r = match(m, pattern, text);
	if (r == TOO_LONG)
		sqlite3_result_error(ctx, "LIKE or GLOB: the text is too long for the pattern", -1);
	else
		sqlite3_result_int(ctx, r == MATCH);
}

static void like(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	compare(ctx, &(struct matcher){.like = true}, argc, argv);
}

static void glob(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	compare(ctx, &(struct matcher){.like = false}, argc, argv);
}

const struct function functions_pattern[] = {
	{"like", 2, like}, {"like", 3, like}, {"glob", 2, glob}, {NULL, 0, NULL}};
