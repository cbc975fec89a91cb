/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook_make.h"

#include "common/str.h"
#include "common/text.h"
#include "console/blame.h"
#include "console/output.h"
#include "console/runbook_words.h"

#include <stdlib.h>
#include <string.h>

#define LINE_OPTS 8

/* ---- Values ---- */

static const char *value_of(const char *name, void *arg)
{
	struct runner *r = arg;

	if (!str_starts(name, "row."))
		return runbook_value(r->book, name);
	if (r->checking)
		return "1";
	buf_reset(&r->cell);
	if (r->row.n == 0 || runbook_rows_text(&r->row, 0, name + 4, &r->cell) < 0)
		return NULL;
	return buf_str(&r->cell);
}

static int make_word(struct runner *r, const struct runbook_word *w, char **ret, struct err *err)
{
	struct buf b;
	int res;

	buf_init(&b, VALUE_MAX);
	res = runbook_word_expand(w, value_of, r, &b, err);
	*ret = res == 0 ? buf_steal(&b) : NULL;
	buf_done(&b);
	return res == 0 && !*ret ? err_sys(err, ENOMEM, "line") : res;
}

void made_done(struct made *m)
{
	for (int i = 0; i < m->n; i++)
		free(m->words[i]);
	m->n = 0;
}

/* A value must not turn into an option. */
static int check_lead(const struct runbook_word *w, const char *word, struct err *err)
{
	if (word[0] != '-' || !runbook_word_leads(w))
		return 0;
	return err_set(err, EINVAL,
		"the value of ${%s} begins with - and would be an option: write "
		"-- before it, or --name=${…}",
		w->parts[0].text);
}

/* The words from `first` on. */
int runner_make(struct runner *r, const struct runbook_line *l, size_t first, struct made *ret,
	struct err *err)
{
	bool ended = false;
	int res = 0;

	for (size_t i = first; res == 0 && i < l->n; i++) {
		res = make_word(r, &l->words[i], &ret->words[ret->n], err);
		if (res < 0)
			return runbook_at(l, l->words[i].column, err);
		ret->n++;
		if (l->command && !ended)
			res = check_lead(&l->words[i], ret->words[ret->n - 1], err);
		if (res < 0)
			return runbook_at(l, l->words[i].column, err);
		ended |= runbook_word_is(&l->words[i], "--");
	}
	return res;
}

/* The :names of a question are bound to the runbook's variables. */
static void bind(struct runner *r, struct made *m, const char *sql)
{
	struct span rest = span_str(sql), name;
	char *word;

	while (runbook_sql_name(&rest, &name)) {
		char *copy = span_dup(name);
		const char *value = copy ? runbook_value(r->book, copy) : NULL;
		bool there = false;

		word = value ? str_printf("--param=%s=%s", copy, value) : NULL;
		free(copy);
		for (int i = 0; word && i < m->n; i++)
			there |= str_eq(m->words[i], word);
		if (!word || there || m->n == MADE_WORDS_MAX) {
			free(word);
			continue;
		}
		memmove(m->words + 1, m->words, (size_t)m->n * sizeof(char *));
		m->words[0] = word;
		m->n++;
	}
}

/* ---- A command's line ---- */

/* Of the options of all commands, those that one line may give; of the shell some more. */
static const struct opt *line_opts(bool shell, struct opt ret[LINE_OPTS + 1])
{
	static const char *const names[] = {
		"output", "reason", "timeout", "max-rows", "dry-run", "target", "yes"};
	const size_t allowed = ARRAY_LEN(names) - (shell ? 0 : 2);
	size_t n = 0;

	for (const struct opt *o = app_opts; (o->letter || o->name) && n < LINE_OPTS; o++)
		for (size_t i = 0; i < allowed; i++)
			if (str_eq(o->name, names[i]))
				ret[n++] = *o;
	ret[n] = (struct opt)OPT_END;
	return ret;
}

void prepared_done(struct prepared *p)
{
	made_done(&p->made);
	free(p->values);
}

static int parse_options(
	struct runner *r, const struct runbook_line *l, struct prepared *p, struct err *err)
{
	const struct command *c = l->command;
	struct opt opts[LINE_OPTS + 1];
	const struct opt_set sets[] = {
		{line_opts(r->book->shell, opts), &p->options}, {c->opts, p->values}, {NULL, NULL}};
	int res;

	for (int i = 0; i < p->made.n; i++)
		p->argv[i] = p->made.words[i];
	p->options = r->app->o;
	res = opts_parse(sets, p->made.n, p->argv, false, &p->argc, err);
	if (res == 0 && l->rows && p->argc > 0)
		res = err_set(err, EINVAL, "with --rows the targets are those of the rows");
	else if (res == 0 && !l->rows &&
		 (p->argc < c->min_args || (c->max_args >= 0 && p->argc > c->max_args)))
		res = err_set(err, EINVAL, "%s %s: usage: %s %s", c->name,
			p->argc < c->min_args ? "needs more arguments" : "takes fewer arguments",
			c->name, c->args);
	if (res == 0 && !format_find(p->options.format))
		res = err_set(err, EINVAL, "no output format `%s`", p->options.format);
	return res;
}

int runner_prepare(
	struct runner *r, const struct runbook_line *l, struct prepared *p, struct err *err)
{
	int res;

	*p = (struct prepared){.values = calloc(1, l->command->values_size + 1)};
	if (!p->values)
		return err_sys(err, ENOMEM, "line");
	res = runner_make(r, l, 1, &p->made, err);
	if (res < 0)
		return res;
	if (str_eq(l->command->name, "query") && p->made.n > 0)
		bind(r, &p->made, p->made.words[p->made.n - 1]);
	res = parse_options(r, l, p, err);
	return res < 0 ? runbook_at(l, runner_place(l, err), err) : 0;
}

unsigned runner_place(const struct runbook_line *l, const struct err *err)
{
	struct words w = {.n = 0};
	struct blame b = {0};

	for (; (size_t)w.n < l->n && w.n < WORDS_MAX; w.n++) {
		w.of[w.n] = (char *)runbook_word_head(&l->words[w.n]);
		w.at[w.n] = l->words[w.n].column - l->words[0].column;
	}
	(void)blame_words(l->text, &w, err->text, &b);
	return l->words[0].column + (unsigned)b.at;
}

int runner_seconds(const struct made *m, double *ret, struct err *err)
{
	if (parse_real(m->words[0], 0.001, RUNBOOK_SECONDS_MAX, ret) == 0)
		return 0;
	return err_set(err, EINVAL, "`%s` is not a number of seconds", m->words[0]);
}

const struct format *runner_format(const struct runner *r, const struct made *m)
{
	const struct format *format =
		m->n > 1 ? format_find(m->words[1]) : format_of_file(m->words[0]);

	return format || m->n > 1 ? format : r->app->format;
}

/* ---- For people ---- */

static bool wants_quotes(const char *word)
{
	return !*word || *word == '#' || strpbrk(word, " \t\r\n'\"\\") || strstr(word, "${");
}

/* So that it is one word again where it is read. */
static int add_word(struct buf *b, const char *word)
{
	const char quote = strchr(word, '\'') ? '"' : '\'';
	int r;

	if (!wants_quotes(word))
		return buf_puts(b, word);
	r = buf_putc(b, quote);
	for (; r == 0 && *word; word++) {
		if (quote == '"' && (*word == '"' || *word == '\\' || *word == '$'))
			r = buf_putc(b, '\\');
		if (r == 0)
			r = buf_putc(b, *word);
	}
	return r < 0 ? r : buf_putc(b, quote);
}

char *made_text(const struct runbook_line *l, const struct made *m)
{
	bool raw = l->raw && m->n == 1;
	struct buf b;
	char *text;
	int r;

	buf_init(&b, VALUE_MAX * 4);
	r = buf_puts(&b, runbook_word_head(&l->words[0]));
	for (int i = 0; r == 0 && i < m->n; i++) {
		r = buf_putc(&b, ' ');
		if (r == 0)
			r = raw ? buf_puts(&b, m->words[i]) : add_word(&b, m->words[i]);
	}
	if (r == 0 && l->rows)
		r = buf_puts(&b, " --rows");
	text = r == 0 ? buf_steal(&b) : strdup(l->text);
	buf_done(&b);
	return text;
}
