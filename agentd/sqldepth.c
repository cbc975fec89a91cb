/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/sqldepth.h"

#include "common/str.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Units of what takes more stack than other words do. */
#define BETWEEN_UNITS  3
#define COMPOUND_UNITS 3

/* An open bracket, or the statement itself. */
struct group {
	uint32_t words;	   /* since the last comma */
	uint32_t longest;  /* between two commas */
	uint32_t heaviest; /* of the brackets in it */
	uint32_t terms;	   /* of a compound SELECT: one is compiled within the next */
	bool named;	   /* the body of a name of WITH */
};

struct measure {
	struct group groups[SQLDEPTH_BRACKETS + 1];
	size_t open;	/* the innermost of them */
	uint32_t named; /* all bodies of WITH: at worst each refers to the one before */
	bool after_as;
};

static void end_words(struct group *g)
{
	if (g->longest < g->words)
		g->longest = g->words;
	g->words = 0;
}

static void close_group(struct measure *m)
{
	struct group *g = &m->groups[m->open], *outer;
	uint32_t weight;

	if (!m->open)
		return;
	outer = g - 1;
	end_words(g);
	weight = 1 + g->longest + g->heaviest + g->terms;
	if (g->named)
		m->named += weight;
	else if (outer->heaviest < weight)
		outer->heaviest = weight;
	m->open--;
}

static bool is_word(const char *p, size_t n, const char *word)
{
	return n == strlen(word) && !strncasecmp(p, word, n);
}

static void take_word(struct measure *m, const char *p, size_t n)
{
	struct group *g = &m->groups[m->open];

	if (is_word(p, n, "union") || is_word(p, n, "except") || is_word(p, n, "intersect")) {
		end_words(g);
		g->terms += COMPOUND_UNITS;
	} else {
		g->words += is_word(p, n, "between") ? BETWEEN_UNITS : 1;
	}
	/* AS NOT MATERIALIZED ( */
	m->after_as = is_word(p, n, "as") ||
		      (m->after_as && (is_word(p, n, "not") || is_word(p, n, "materialized")));
}

static bool is_word_byte(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' ||
	       c == '$' || (unsigned char)c >= 0x80;
}

/* Behind what is quoted; a doubled quote is two quoted texts here, which weigh nothing either. */
static const char *skip_quoted(const char *p, const char *end)
{
	const char *close = memchr(p + 1, *p == '[' ? ']' : *p, (size_t)(end - p - 1));

	return close ? close + 1 : end;
}

static const char *skip_comment(const char *p, const char *end)
{
	const char *close;

	if (*p == '-')
		close = memchr(p, '\n', (size_t)(end - p));
	else if ((size_t)(end - p) > 2)
		close = memmem(p + 2, (size_t)(end - p - 2), "*/", 2);
	else
		close = NULL;
	if (!close)
		return end;
	return *p == '-' ? close + 1 : close + 2;
}

static bool is_comment(const char *p, const char *end)
{
	return end - p > 1 && ((p[0] == '-' && p[1] == '-') || (p[0] == '/' && p[1] == '*'));
}

/* $name, :name, @a::b; SQLite lets any bytes follow in brackets, quotes among them. */
static const char *skip_variable(const char *p, const char *end)
{
	p++;
	while (p < end && (is_word_byte(*p) || (end - p > 1 && p[0] == ':' && p[1] == ':')))
		p += *p == ':' ? 2 : 1;
	if (p == end || *p != '(')
		return p;
	while (p < end && *p != ')' && !memchr(" \t\n\v\f\r", *p, 6))
		p++;
	return p < end && *p == ')' ? p + 1 : p;
}

/* One byte that is neither of a word nor the start of something longer. */
static bool take_sign(struct measure *m, char c)
{
	struct group *g = &m->groups[m->open];

	switch (c) {
	case '(':
		if (m->open == SQLDEPTH_BRACKETS)
			return false;
		m->groups[++m->open] = (struct group){.named = m->after_as};
		break;
	case ')':
		close_group(m);
		break;
	case ',':
		end_words(g);
		break;
	case ' ':
	case '\t':
	case '\n':
	case '\r':
	case '\f':
		return true;
	default:
		g->words++;
	}
	m->after_as = false;
	return true;
}

/* Behind the token at `p`; NULL when brackets nest too deep. */
static const char *take_token(struct measure *m, const char *p, const char *end)
{
	const char *word = p;

	if (is_comment(p, end))
		return skip_comment(p, end);
	/* A byte order mark is a blank before a word, and a part of it within. */
	if (end - p > 2 && !memcmp(p, "\xef\xbb\xbf", 3))
		return p + 3;
	if (memchr("'\"`[$:@#", *p, 8)) {
		m->after_as = false;
		return memchr("$:@#", *p, 4) ? skip_variable(p, end) : skip_quoted(p, end);
	}
	if (!is_word_byte(*p))
		return take_sign(m, *p) ? p + 1 : NULL;
	while (p < end && is_word_byte(*p))
		p++;
	/* Numbers are operands: they nest nothing. */
	if (*word < '0' || *word > '9')
		take_word(m, word, (size_t)(p - word));
	return p;
}

uint32_t sqldepth_of(const char *sql, size_t n)
{
	struct measure m = {.open = 0};
	const char *p = sql, *end = sql + n;

	while (p < end) {
		p = take_token(&m, p, end);
		if (!p)
			return UINT32_MAX;
	}
	while (m.open)
		close_group(&m);
	end_words(&m.groups[0]);
	return m.groups[0].longest + m.groups[0].heaviest + m.groups[0].terms + m.named;
}
