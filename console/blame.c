/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/blame.h"

#include "common/str.h"
#include "console/sqltext.h"

#include <ctype.h>
#include <sqlite3.h>
#include <string.h>

/* ---- Words ---- */

/* What stands between the first two of these. */
static bool quoted(const char *why, char quote, struct span *ret)
{
	const char *from = strchr(why, quote), *to = from ? strchr(from + 1, quote) : NULL;

	if (!to || to == from + 1)
		return false;
	*ret = (struct span){from + 1, (size_t)(to - from - 1)};
	return true;
}

/* The first word of it that is an option, such as --tree: */
static bool an_option(const char *why, struct span *ret)
{
	struct span rest = span_str(why), word;

	while (span_word(&rest, &word)) {
		if (word.n > 1 && word.p[word.n - 1] == ':')
			word.n--;
		if (word.n > 1 && word.p[0] == '-') {
			*ret = word;
			return true;
		}
	}
	return false;
}

/* Where the word ends in the line, without the blanks behind it. */
static size_t end_of(const char *line, const struct words *w, int i)
{
	size_t end = i + 1 < w->n ? w->at[i + 1] : strlen(line);

	while (end > w->at[i] + 1 && strchr(" \t\n", line[end - 1]))
		end--;
	return end;
}

static bool find_word(const char *line, const struct words *w, struct span what, struct blame *ret)
{
	for (int i = 0; i < w->n; i++)
		if (span_eq(what, w->of[i])) {
			*ret = (struct blame){w->at[i], end_of(line, w, i) - w->at[i]};
			return true;
		}
	for (int i = 0; i < w->n; i++) {
		const char *in =
			memmem(line + w->at[i], end_of(line, w, i) - w->at[i], what.p, what.n);

		if (in) {
			*ret = (struct blame){(size_t)(in - line), what.n};
			return true;
		}
	}
	return false;
}

bool blame_words(const char *line, const struct words *w, const char *why, struct blame *ret)
{
	struct span what;

	return (quoted(why, '`', &what) && find_word(line, w, what, ret)) ||
	       (quoted(why, '"', &what) && find_word(line, w, what, ret)) ||
	       (an_option(why, &what) && find_word(line, w, what, ret));
}

/* ---- SQL ---- */

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* Bytes of the string or comment that `s` begins with; names in quotes are names. */
static size_t skipped(struct span s)
{
	return s.n > 0 && (s.p[0] == '\'' || sqltext_comment(s)) ? sqltext_quoted(s) : 0;
}

/* The first time that it stands there, apart from other names. */
static bool find_name(const char *sql, struct span name, struct blame *ret)
{
	struct span rest = span_str(sql);

	if (name.n == 0)
		return false;
	while (rest.n > 0) {
		const char *p = rest.p;
		size_t n = skipped(rest);

		if (n == 0 && strncasecmp(p, name.p, name.n) == 0 &&
			!(p > sql && is_name(p[-1]) && is_name(p[0])) &&
			!(is_name(p[name.n]) && is_name(p[name.n - 1]))) {
			*ret = (struct blame){(size_t)(p - sql), name.n};
			return true;
		}
		n = n ? n : 1;
		rest = (struct span){p + n, rest.n - n};
	}
	return false;
}

/* Where the grammar stops: this program's SQLite says so too, without the tables. */
static bool grammar_place(const char *sql, const char *why, size_t *ret)
{
#if SQLITE_VERSION_NUMBER >= 3038000
	sqlite3_stmt *s = NULL;
	sqlite3 *db = NULL;
	int at = -1;

	if (sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, NULL) ==
			SQLITE_OK &&
		sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK &&
		str_eq(sqlite3_errmsg(db), why))
		at = sqlite3_error_offset(db);
	sqlite3_finalize(s);
	sqlite3_close(db);
	if (at < 0 || (size_t)at > strlen(sql))
		return false;
	*ret = (size_t)at;
	return true;
#else
	(void)sql;
	(void)why;
	(void)ret;
	return false;
#endif
}

static bool find_grammar(const char *sql, const char *why, struct blame *ret)
{
	struct span what = span_str(why);
	size_t at;

	/* A token may have a " of its own. */
	if (span_skip(&what, "unrecognized token: \""))
		what.n -= what.n > 0;
	else if (!quoted(why, '"', &what))
		return false;
	if (grammar_place(sql, why, &at))
		*ret = (struct blame){at, what.n};
	else if (!find_name(sql, what, ret))
		return false;
	if (ret->n > strlen(sql) - ret->at)
		ret->n = strlen(sql) - ret->at;
	return ret->n > 0;
}

bool blame_sql(const char *sql, const char *why, struct blame *ret)
{
	/* What is before the name, and the bytes that end it. */
	static const struct {
		const char *before, *end;
	} forms[] = {{"no such column: ", " ("}, {"no such table: ", " ("},
		{"no such function: ", " ("}, {"ambiguous column name: ", " ("},
		{"no value given for ", " ("}, {"misuse of aggregate function ", "("},
		{"misuse of aggregate: ", "("}, {"misuse of window function ", "("},
		{"wrong number of arguments to function ", "("}, {"table ", ":"}};

	if (str_eq(why, "incomplete input")) {
		*ret = (struct blame){strlen(sql), 1};
		return true;
	}
	if (str_starts(why, "near \"") || str_starts(why, "unrecognized token: \""))
		return find_grammar(sql, why, ret);
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct span name = span_str(why);

		if (!span_skip(&name, forms[i].before))
			continue;
		name.n = strcspn(name.p, forms[i].end);
		return find_name(sql, name, ret);
	}
	return false;
}
