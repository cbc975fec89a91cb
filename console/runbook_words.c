/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook_words.h"

#include "console/sqltext.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_MAX 64 /* of one word */

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int add_part(struct runbook_word *w, struct span text, bool variable, struct err *err)
{
	int r;

	if (text.n == 0 && !variable)
		return 0;
	r = array_grow(&w->parts, &w->cap, w->n + 1, sizeof(*w->parts), PARTS_MAX);
	if (r == -E2BIG)
		return err_set(err, E2BIG, "more than %d parts in a word", PARTS_MAX);
	if (r == 0) {
		w->parts[w->n] = (struct runbook_part){span_dup(text), variable};
		r = w->parts[w->n].text ? 0 : -ENOMEM;
		w->n += r == 0;
	}
	return r < 0 ? err_sys(err, ENOMEM, "line") : 0;
}

static int add_word(
	struct runbook_line *l, unsigned column, struct runbook_word **ret, struct err *err)
{
	int r = array_grow(&l->words, &l->cap, l->n + 1, sizeof(*l->words), RUNBOOK_WORDS_MAX);

	if (r == -E2BIG)
		return err_set(err, E2BIG, "more than %d words", RUNBOOK_WORDS_MAX);
	if (r < 0)
		return err_sys(err, ENOMEM, "line");
	*ret = &l->words[l->n++];
	**ret = (struct runbook_word){.column = column};
	return 0;
}

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == ':' || c == '-';
}

static bool in_variable(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* ${name} at the beginning of `s`: *ret_n is its length, *ret the name. */
static int read_value(struct span s, size_t *ret_n, struct span *ret, struct err *err)
{
	size_t n = 2;

	while (n < s.n && in_name(s.p[n]))
		n++;
	if (n == 2 || n == s.n || s.p[n] != '}')
		return err_set(err, EINVAL, "a value is written ${name}");
	*ret = (struct span){s.p + 2, n - 2};
	*ret_n = n + 1;
	return 0;
}

struct reader {
	struct span text;
	size_t at, error; /* where */
	struct buf plain; /* text that is no part yet */
};

static int end_text(struct reader *r, struct runbook_word *w, struct err *err)
{
	int res = add_part(w, (struct span){buf_str(&r->plain), r->plain.len}, false, err);

	buf_reset(&r->plain);
	return res;
}

static int take_value(struct reader *r, struct runbook_word *w, struct err *err)
{
	struct span name, rest = {r->text.p + r->at, r->text.n - r->at};
	size_t n = 0;
	int res = read_value(rest, &n, &name, err);

	r->error = r->at;
	if (res == 0)
		res = end_text(r, w, err);
	if (res == 0)
		res = add_part(w, name, true, err);
	if (res == 0)
		r->at += n;
	return res;
}

static int read_word(struct reader *r, struct runbook_word *w, struct err *err)
{
	const char *p = r->text.p;
	size_t n = r->text.n, opened = r->at;
	char quote = '\0';
	int res = 0;

	while (res == 0 && r->at < n && (quote || !blank(p[r->at]))) {
		char c = p[r->at];

		if (quote && c == quote) {
			quote = '\0';
			r->at++;
		} else if (!quote && (c == '"' || c == '\'')) {
			quote = c;
			opened = r->at++;
		} else if (c == '$' && quote != '\'' && r->at + 1 < n && p[r->at + 1] == '{') {
			res = take_value(r, w, err);
		} else {
			r->at += c == '\\' && quote != '\'' && r->at + 1 < n;
			if (buf_putc(&r->plain, p[r->at++]) < 0)
				res = err_sys(err, ENOMEM, "line");
		}
	}
	if (res == 0 && quote) {
		r->error = opened;
		res = err_set(err, EINVAL, "a quote does not end");
	}
	return res < 0 ? res : end_text(r, w, err);
}

int runbook_words(struct span text, struct runbook_line *l, unsigned *ret_column, struct err *err)
{
	struct reader r = {.text = text};
	struct runbook_word *w = NULL;
	int res = 0;

	buf_init(&r.plain, RUNBOOK_LINE_MAX);
	while (res == 0) {
		while (r.at < text.n && blank(text.p[r.at]))
			r.at++;
		if (r.at == text.n || text.p[r.at] == '#')
			break;
		r.error = r.at;
		res = add_word(l, (unsigned)r.at + 1, &w, err);
		if (res == 0)
			res = read_word(&r, w, err);
	}
	*ret_column = (unsigned)r.error + 1;
	buf_done(&r.plain);
	return res;
}

int runbook_word_raw(struct span text, unsigned column, struct runbook_line *l, struct err *err)
{
	struct runbook_word *w = NULL;
	int r = add_word(l, column, &w, err);

	return r < 0 ? r : add_part(w, text, false, err);
}

void runbook_word_done(struct runbook_word *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->parts[i].text);
	free(w->parts);
	*w = (struct runbook_word){0};
}

bool runbook_word_has_values(const struct runbook_word *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->parts[i].variable)
			return true;
	return false;
}

bool runbook_word_leads(const struct runbook_word *w)
{
	return w->n > 0 && w->parts[0].variable;
}

const char *runbook_word_head(const struct runbook_word *w)
{
	return w->n > 0 && !w->parts[0].variable ? w->parts[0].text : "";
}

bool runbook_word_is(const struct runbook_word *w, const char *text)
{
	return !runbook_word_has_values(w) && str_eq(runbook_word_head(w), text);
}

int runbook_word_expand(const struct runbook_word *w, runbook_value_fn *value, void *arg,
	struct buf *out, struct err *err)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct runbook_part *p = &w->parts[i];
		const char *text = p->variable ? value(p->text, arg) : p->text;

		if (!text)
			return err_set(err, ENOENT, "there is no ${%s}%s", p->text,
				str_starts(p->text, "row.") ? ", or it holds a NUL" : "");
		if (buf_puts(out, text) < 0)
			return err_set(err, EMSGSIZE, "the value of a word is too long");
	}
	return 0;
}

bool runbook_sql_name(struct span *rest, struct span *ret)
{
	while (rest->n > 0) {
		size_t n = sqltext_quoted(*rest);

		if (n == 0 && rest->p[0] == ':') {
			for (n = 1; n < rest->n && in_variable(rest->p[n]); n++)
				;
			*ret = (struct span){rest->p + 1, n - 1};
			*rest = (struct span){rest->p + n, rest->n - n};
			if (ret->n > 0)
				return true;
			continue;
		}
		n = n ? n : 1;
		*rest = (struct span){rest->p + n, rest->n - n};
	}
	return false;
}
