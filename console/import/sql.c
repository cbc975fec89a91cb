/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain SQL: one query, or several that end with semicolons; comments before one describe it. */
#include "console/import.h"
#include "console/sqltext.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

/* Bytes of the statement that `s` begins with, its semicolon included. */
static size_t statement(struct span s, bool *ret_words)
{
	size_t n = 0;

	*ret_words = false;
	while (n < s.n) {
		struct span rest = {s.p + n, s.n - n};
		size_t quoted = sqltext_quoted(rest);

		if (!quoted && s.p[n] == ';')
			return n + 1;
		*ret_words |= quoted ? !sqltext_comment(rest) : !isspace((unsigned char)s.p[n]);
		n += quoted ? quoted : 1;
	}
	return n;
}

static unsigned count(struct span s)
{
	unsigned found = 0;
	bool words;

	for (size_t n; s.n; s.p += n, s.n -= n) {
		n = statement(s, &words);
		found += words;
	}
	return found;
}

struct reader {
	struct imports *to;
	const struct import_source *from;
	struct err *err;
};

/* `number` 0: the only one. */
static int add(struct reader *rd, struct span sql, unsigned number)
{
	struct import_text t = {
		.pack = span_str(rd->from->pack ? rd->from->pack : "imported"),
		.name = import_head_value(sql, "name"),
		.sql = sql,
	};
	char name[SAVED_NAME_MAX * 2];

	if (number)
		snprintf(name, sizeof(name), "%.*s-%u", SAVED_NAME_MAX, rd->from->stem, number);
	if (!t.name.n)
		t.name = span_str(number ? name : rd->from->stem);
	return imports_add(rd->to, &t, rd->err);
}

static int read_sql(
	struct imports *to, const struct import_source *from, struct span text, struct err *err)
{
	struct reader rd = {to, from, err};
	unsigned all = count(text), number = 0;
	bool words;
	int r = 0;

	if (all == 0)
		return err_set(err, EINVAL, "%s: there is no SQL in it", from->path);
	if (all == 1)
		return add(&rd, text, 0);
	for (size_t n; r == 0 && text.n; text.p += n, text.n -= n) {
		n = statement(text, &words);
		if (words)
			r = add(&rd, (struct span){text.p, n}, ++number);
	}
	return r;
}

static bool looks(struct span text)
{
	static const char *const begins[] = {"--", "/*", "select", "SELECT", "with", "WITH"};

	text = span_trim(text);
	for (size_t i = 0; i < ARRAY_LEN(begins); i++)
		if (span_skip(&text, begins[i]))
			return true;
	return false;
}

static const char *const suffixes[] = {".sql", NULL};

const struct import_format import_format_sql = {
	.name = "sql",
	.suffixes = suffixes,
	.looks = looks,
	.read = read_sql,
};
