/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/complete.h"

#include "agentd/functions.h"
#include "agentd/othernames.h"
#include "agentd/table.h"
#include "common/str.h"
#include "console/output.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Bytes of a candidate. */
#define CANDIDATE_MAX 256

const char *const complete_commands[] = {".help", ".mode", ".quit", ".schema", ".tables", NULL};

static const char *const keywords[] = {"and", "as", "asc", "between", "by", "case", "cast",
	"collate", "count(", "cross", "desc", "distinct", "else", "end", "escape", "exists",
	"explain", "from", "glob", "group", "having", "in", "inner", "intersect", "is", "join",
	"left", "like", "limit", "max(", "min(", "not", "null", "offset", "on", "or", "order",
	"outer", "recursive", "select", "sum(", "then", "union", "using", "values", "when", "where",
	"with", NULL};

struct completing {
	struct span word, statement;
	bool (*put)(void *arg, const char *candidate);
	void *arg;
	bool over;
};

static bool begins(struct span word, const char *name)
{
	return strncasecmp(name, word.p, word.n) == 0;
}

/* `before` is what stands in front of the name already: "u." */
static void offer(struct completing *c, struct span before, const char *name)
{
	char text[CANDIDATE_MAX];
	struct span word = {c->word.p + before.n, c->word.n - before.n};

	if (c->over || !begins(word, name))
		return;
	snprintf(text, sizeof(text), "%.*s%s", (int)before.n, before.p, name);
	c->over = !c->put(c->arg, text);
}

static void offer_all(struct completing *c, const char *const *names)
{
	for (; *names; names++)
		offer(c, (struct span){c->word.p, 0}, *names);
}

/* In capitals where the word is. */
static void offer_as_typed(struct completing *c, const char *name)
{
	bool capitals = c->word.n > 0 && isupper((unsigned char)c->word.p[0]);
	char text[CANDIDATE_MAX];
	size_t n = 0;

	for (; name[n] && n + 1 < sizeof(text); n++)
		text[n] = (char)(capitals ? toupper((unsigned char)name[n]) : name[n]);
	text[n] = '\0';
	offer(c, (struct span){c->word.p, 0}, text);
}

static void offer_tables(struct completing *c)
{
	for (const struct table *const *t = tables_all; *t; t++) {
		const struct othernames *others = othernames_of((*t)->name);

		offer(c, (struct span){c->word.p, 0}, (*t)->name);
		if (others && others->alias)
			offer(c, (struct span){c->word.p, 0}, others->alias);
	}
}

static void offer_functions(struct completing *c)
{
	static const struct function *const all[] = {functions_digest, functions_math,
		functions_net, functions_regex, functions_search, functions_text,
		functions_version};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		for (const struct function *f = all[i]; f->name; f++) {
			char text[CANDIDATE_MAX];

			snprintf(text, sizeof(text), "%s(", f->name);
			offer_as_typed(c, text);
		}
}

static void offer_columns(struct completing *c, struct span before, const struct table *t)
{
	for (const struct column *col = t->columns; col->name; col++)
		offer(c, before, col->name);
}

/* ---- The tables that a statement names ---- */

static bool is_word_char(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_';
}

/* Takes the next name or number off the statement. */
static bool next_name(struct span *rest, struct span *ret)
{
	while (rest->n && !is_word_char(rest->p[0]))
		*rest = (struct span){rest->p + 1, rest->n - 1};
	*ret = (struct span){rest->p, 0};
	while (ret->n < rest->n && is_word_char(rest->p[ret->n]))
		ret->n++;
	*rest = (struct span){rest->p + ret->n, rest->n - ret->n};
	return ret->n > 0;
}

/* By its name or its other one. */
static const struct table *table_named(struct span name)
{
	for (const struct table *const *t = tables_all; *t; t++) {
		const struct othernames *others = othernames_of((*t)->name);

		if (span_eq(name, (*t)->name) ||
			(others && others->alias && span_eq(name, others->alias)))
			return *t;
	}
	return NULL;
}

static bool same(struct span a, struct span b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/* "table alias", "table as alias": the table that `name` is; or a table's own name. */
static const struct table *table_called(struct span statement, struct span name)
{
	const struct table *last = NULL;
	struct span word;

	while (next_name(&statement, &word)) {
		const struct table *t = table_named(word);

		if (last && same(word, name))
			return last;
		if (t || !same(word, span_str("as")))
			last = t;
	}
	return table_named(name);
}

static void offer_named_columns(struct completing *c)
{
	struct span rest = c->statement, word;

	while (!c->over && next_name(&rest, &word)) {
		const struct table *t = table_named(word);

		if (t)
			offer_columns(c, (struct span){c->word.p, 0}, t);
	}
}

/* ---- What can stand here ---- */

static void complete_sql(struct completing *c)
{
	const char *dot = memrchr(c->word.p, '.', c->word.n);
	struct span before = {c->word.p, dot ? (size_t)(dot - c->word.p) : 0};
	const struct table *t = dot ? table_called(c->statement, before) : NULL;

	if (dot) {
		before.n++;
		if (t)
			offer_columns(c, before, t);
		return;
	}
	offer_named_columns(c);
	offer_tables(c);
	for (size_t i = 0; keywords[i]; i++)
		offer_as_typed(c, keywords[i]);
	offer_functions(c);
}

static void offer_formats(struct completing *c)
{
	for (size_t i = 0; formats_all[i]; i++)
		offer(c, (struct span){c->word.p, 0}, formats_all[i]->name);
}

void complete_word(const char *statement, const char *line, size_t start, size_t n,
	bool (*put)(void *arg, const char *candidate), void *arg)
{
	struct completing c = {.word = {line + start, n},
		.statement = span_str(statement),
		.put = put,
		.arg = arg};

	if (line[0] != '.')
		complete_sql(&c);
	else if (start == 0)
		offer_all(&c, complete_commands);
	else if (str_starts(line, ".schema ") || str_starts(line, ".tables "))
		offer_tables(&c);
	else if (str_starts(line, ".mode "))
		offer_formats(&c);
}
