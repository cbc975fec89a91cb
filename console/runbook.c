/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook.h"

#include "common/io.h"
#include "common/str.h"
#include "common/text.h"
#include "console/command.h"
#include "console/paths.h"
#include "console/runbook_details.h"
#include "console/runbook_lines.h"
#include "console/runbook_values.h"
#include "console/runbook_words.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 100

/* Where the next line goes. */
struct nest {
	struct runbook_block *into;
	struct runbook_line *opened; /* NULL: the runbook itself */
	bool in_else;
};

struct parser {
	struct runbook *b;
	struct nest nests[RUNBOOK_DEPTH_MAX + 1];
	size_t depth;	 /* of nests */
	size_t includes; /* files around this one */
	size_t foreach;	 /* blocks around this line */
	bool placed;	 /* the error says where */
	const char *file;
};

void runbook_init(struct runbook *b)
{
	*b = (struct runbook){0};
}

/* ---- The tree ---- */

static void line_free(struct runbook_line *l);

static void block_done(struct runbook_block *b)
{
	for (size_t i = 0; i < b->n; i++)
		line_free(b->of[i]);
	free(b->of);
}

static void line_free(struct runbook_line *l)
{
	if (!l)
		return;
	block_done(&l->body);
	block_done(&l->otherwise);
	for (size_t i = 0; i < l->n; i++)
		runbook_word_done(&l->words[i]);
	free(l->words);
	free(l->joins);
	free(l->text);
	free(l);
}

void runbook_done(struct runbook *b)
{
	if (!b)
		return;
	block_done(&b->block);
	for (size_t i = 0; i < b->n_vars; i++) {
		free(b->vars[i].name);
		free(b->vars[i].value);
	}
	for (size_t i = 0; i < b->n_files; i++)
		free(b->files[i]);
	free(b->files);
	*b = (struct runbook){0};
}

bool runbook_line_opens(const struct runbook_line *l)
{
	return l->kind == RUNBOOK_WHEN || l->kind == RUNBOOK_FOREACH || l->kind == RUNBOOK_RETRY;
}

bool runbook_line_results(const struct runbook_line *l)
{
	return l->command && (l->command->ask || (l->command->flags & COMMAND_REMEMBERED));
}

bool runbook_line_wants_row(const struct runbook_line *l)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; j < l->words[i].n; j++)
			if (l->words[i].parts[j].variable &&
				str_starts(l->words[i].parts[j].text, "row."))
				return true;
	return false;
}

int runbook_at(const struct runbook_line *l, unsigned column, struct err *err)
{
	unsigned line = l->line, place = column;

	for (size_t i = 0; i < l->n_joins && l->joins[i].at < column; i++) {
		line = l->joins[i].line;
		place = column - l->joins[i].at + l->joins[i].blanks;
	}
	return err_prefix(err, "%s:%u:%u", l->file, line, place);
}

static int block_add(struct runbook_block *b, struct runbook_line *l, struct err *err)
{
	if (array_grow(&b->of, &b->cap, b->n + 1, sizeof(struct runbook_line *),
		    RUNBOOK_LINES_MAX) < 0)
		return err_sys(err, ENOMEM, "line");
	b->of[b->n++] = l;
	return 0;
}

/* ---- Lines ---- */

static const struct {
	const char *name;
	enum runbook_kind kind;
} keywords[] = {
	{"target", RUNBOOK_TARGET},
	{"expect", RUNBOOK_EXPECT},
	{"when", RUNBOOK_WHEN},
	{"foreach", RUNBOOK_FOREACH},
	{"retry", RUNBOOK_RETRY},
	{"timeout", RUNBOOK_TIMEOUT},
	{"confirm", RUNBOOK_CONFIRM},
	{"write", RUNBOOK_WRITE},
	{"say", RUNBOOK_SAY},
	{"on-error", RUNBOOK_ON_ERROR},
};

static int unknown(const char *word, struct err *err)
{
	static const char *const others[] = {"param", "else", "end", "include"};
	const char **names, *near;
	size_t n = 0, used = 0;

	while (commands_all[n])
		n++;
	names = calloc(n + ARRAY_LEN(keywords) + ARRAY_LEN(others) + 1, sizeof(*names));
	if (!names)
		return err_sys(err, ENOMEM, "line");
	for (size_t i = 0; i < n; i++)
		names[used++] = commands_all[i]->name;
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		names[used++] = keywords[i].name;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		names[used++] = others[i];
	near = str_nearest(word, names);
	err_set(err, EINVAL, "no command `%s`%s%s", word, near ? "; did you mean " : "",
		near ? near : "");
	free(names);
	return -EINVAL;
}

/* A shell within the shell would be one too many. */
static bool may_be_line(const struct parser *p, const struct command *c)
{
	return !(c->flags & COMMAND_TERMINAL) || (p->b->shell && !str_eq(c->name, "shell"));
}

static int find_kind(const struct parser *p, struct runbook_line *l, struct err *err)
{
	const struct runbook_word *w = &l->words[0];

	if (runbook_word_has_values(w))
		return err_set(err, EINVAL, "a line begins with a command, not with a value");
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		if (runbook_word_is(w, keywords[i].name)) {
			l->kind = keywords[i].kind;
			return 0;
		}
	l->command = command_find(runbook_word_head(w));
	if (!l->command)
		return unknown(runbook_word_head(w), err);
	if (!may_be_line(p, l->command))
		return err_set(err, EINVAL, "`%s` wants a terminal of its own", l->command->name);
	return 0;
}

/* --rows is the runbook's, not the command's. */
static void take_rows_option(struct runbook_line *l)
{
	for (size_t i = 1; i < l->n; i++) {
		if (runbook_word_is(&l->words[i], "--"))
			return;
		if (!runbook_word_is(&l->words[i], "--rows"))
			continue;
		runbook_word_done(&l->words[i]);
		memmove(&l->words[i], &l->words[i + 1], (l->n - i - 1) * sizeof(*l->words));
		l->n--;
		l->rows = true;
		return;
	}
}

static int check_command(
	struct parser *p, struct runbook_line *l, unsigned *column, struct err *err)
{
	int r;

	if (l->command->act)
		take_rows_option(l);
	r = runbook_values_places(p->b, l, column, err);
	if (r == 0 && l->rows && !p->b->has_result)
		r = err_set(err, EINVAL, "--rows: nothing was asked before");
	if (runbook_line_results(l))
		p->b->has_result = true;
	return r;
}

static bool wants_result(const struct runbook_line *l)
{
	return l->kind == RUNBOOK_EXPECT || l->kind == RUNBOOK_WHEN || l->kind == RUNBOOK_FOREACH ||
	       l->kind == RUNBOOK_WRITE;
}

/* ---- Blocks ---- */

/* There is room for it. */
static void open_block(struct parser *p, struct runbook_line *l)
{
	p->foreach += l->kind == RUNBOOK_FOREACH;
	p->nests[++p->depth] = (struct nest){.into = &l->body, .opened = l};
}

static int turn_block(struct parser *p, struct err *err)
{
	struct nest *n = &p->nests[p->depth];

	if (!n->opened || n->opened->kind != RUNBOOK_WHEN || n->in_else)
		return err_set(err, EINVAL, "else without when");
	n->in_else = true;
	n->into = &n->opened->otherwise;
	return 0;
}

static int close_block(struct parser *p, struct err *err)
{
	struct nest *n = &p->nests[p->depth];

	if (!n->opened)
		return err_set(err, EINVAL, "end without when, foreach or retry");
	p->foreach -= n->opened->kind == RUNBOOK_FOREACH;
	p->depth--;
	return 0;
}

/* ---- Files within files ---- */

static int load(struct parser *p, const char *path, struct err *err);

static int include(struct parser *p, const struct runbook_line *l, struct err *err)
{
	const char *slash = strrchr(l->file, '/'), *name;
	char path[PATH_TEXT_MAX];
	int n;

	if (l->n != 2 || runbook_word_has_values(&l->words[1]))
		return err_set(err, EINVAL, "it is written: include FILE");
	if (p->includes == RUNBOOK_INCLUDES_MAX)
		return err_set(
			err, ELOOP, "more than %d files within each other", RUNBOOK_INCLUDES_MAX);
	name = runbook_word_head(&l->words[1]);
	if (*name == '/' || !slash)
		n = snprintf(path, sizeof(path), "%s", name);
	else
		n = snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - l->file), l->file, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(err, ENAMETOOLONG, "the path is too long");
	p->includes++;
	n = load(p, path, err);
	p->includes--;
	return n;
}

/* ---- Reading ---- */

/* `query` takes the rest of the line as it stands, unless that begins like an option or quoted. */
static int split(struct span text, struct runbook_line *l, unsigned *column, struct err *err)
{
	struct span rest = span_trim(text), word = {NULL, 0};
	struct span after = rest;
	int r;

	span_word(&after, &word);
	after = span_trim(after);
	if (!span_eq(word, "query") || after.n == 0 || strchr("-'\"", after.p[0]))
		return runbook_words(text, l, column, err);
	*column = (unsigned)(after.p - text.p) + 1;
	l->raw = true;
	r = runbook_values_none(after, err);
	if (r == 0)
		r = runbook_word_raw(word, (unsigned)(word.p - text.p) + 1, l, err);
	return r < 0 ? r : runbook_word_raw(after, *column, l, err);
}

/* A line that does not stay in the tree; 0: it does. */
static int take_mark(struct parser *p, const struct runbook_line *l, bool *ret, struct err *err)
{
	const struct runbook_word *w = &l->words[0];

	*ret = true;
	if ((runbook_word_is(w, "end") || runbook_word_is(w, "else")) && l->n > 1)
		return err_set(err, EINVAL, "behind %s stands nothing", runbook_word_head(w));
	if (runbook_word_is(w, "end"))
		return close_block(p, err);
	if (runbook_word_is(w, "else"))
		return turn_block(p, err);
	if (runbook_word_is(w, "param"))
		return runbook_values_declare(p->b, l, err);
	if (runbook_word_is(w, "include"))
		return include(p, l, err);
	*ret = false;
	return 0;
}

static int understand(struct parser *p, struct runbook_line *l, unsigned *column, struct err *err)
{
	int r = find_kind(p, l, err);

	if (r == 0)
		r = runbook_values_check(p->b, l, p->foreach > 0, column, err);
	if (r == 0)
		*column = l->words[0].column;
	if (r == 0 && wants_result(l) && !p->b->has_result)
		r = err_set(err, EINVAL, "nothing was asked before");
	if (r == 0)
		r = runbook_details(l, column, err);
	if (r == 0 && l->command)
		r = check_command(p, l, column, err);
	return r;
}

/* Takes the line into the tree; what it opens then has those that follow. */
static int keep(struct parser *p, struct runbook_line *l, struct err *err)
{
	int r;

	if (runbook_line_opens(l) && p->depth == RUNBOOK_DEPTH_MAX)
		return err_set(
			err, E2BIG, "more than %d blocks within each other", RUNBOOK_DEPTH_MAX);
	r = block_add(p->nests[p->depth].into, l, err);
	if (r == 0 && runbook_line_opens(l))
		open_block(p, l);
	return r;
}

/* *ret_kept: it is the tree's. */
static int take_words(struct parser *p, struct span text, struct runbook_line *l, unsigned *column,
	bool *ret_kept, struct err *err)
{
	bool mark = false;
	int r = split(text, l, column, err);

	if (r < 0 || l->n == 0)
		return r;
	*column = l->words[0].column;
	r = take_mark(p, l, &mark, err);
	if (r < 0 || mark)
		return r;
	r = understand(p, l, column, err);
	if (r == 0)
		r = keep(p, l, err);
	*ret_kept = r == 0;
	return r;
}

static struct runbook_line *new_line(const struct parser *p, const struct runbook_lines *from)
{
	struct runbook_line *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->file = p->file;
	l->line = from->line;
	l->text = span_dup(span_trim(from->text));
	l->joins = calloc(from->n_joins + 1, sizeof(*l->joins));
	if (!l->text || !l->joins) {
		line_free(l);
		return NULL;
	}
	if (from->n_joins > 0)
		memcpy(l->joins, from->joins, from->n_joins * sizeof(*l->joins));
	l->n_joins = from->n_joins;
	return l;
}

static int take_line(struct parser *p, const struct runbook_lines *from, struct err *err)
{
	struct runbook_line *l = new_line(p, from);
	unsigned column = 1;
	bool kept = false;
	int r;

	if (!l)
		return err_sys(err, ENOMEM, "line");
	if (p->b->n_lines++ == RUNBOOK_LINES_MAX)
		r = err_set(err, E2BIG, "more than %d lines", RUNBOOK_LINES_MAX);
	else
		r = take_words(p, from->text, l, &column, &kept, err);
	if (r < 0 && !p->placed)
		runbook_at(l, column, err);
	p->placed |= r < 0;
	if (!kept)
		line_free(l);
	return r;
}

static int parse_lines(struct parser *p, struct span text, struct err *err)
{
	struct runbook_lines lines;
	int r;

	runbook_lines_init(&lines, text);
	while ((r = runbook_lines_next(&lines, err)) > 0) {
		r = take_line(p, &lines, err);
		if (r < 0)
			break;
	}
	if (r < 0 && !p->placed)
		err_prefix(err, "%s:%u:1", p->file, lines.line);
	p->placed |= r < 0;
	runbook_lines_done(&lines);
	return r;
}

static int add_file(struct runbook *b, const char *name, const char **ret, struct err *err)
{
	int r = array_grow(&b->files, &b->files_cap, b->n_files + 1, sizeof(char *), FILES_MAX);
	char *copy = r == 0 ? strdup(name) : NULL;

	if (r == -E2BIG)
		return err_set(err, E2BIG, "more than %d files", FILES_MAX);
	if (!copy)
		return err_sys(err, ENOMEM, "%s", name);
	b->files[b->n_files++] = copy;
	*ret = copy;
	return 0;
}

/* One file: its blocks end in it. */
static int parse_file(struct parser *p, const char *name, struct span text, struct err *err)
{
	const char *outer = p->file;
	size_t depth = p->depth;
	struct nest around = p->nests[depth];
	int r = add_file(p->b, name, &p->file, err);

	/* `end` and `else` of this file do not reach out of it. */
	p->nests[depth].opened = NULL;
	if (r == 0)
		r = parse_lines(p, text, err);
	if (r == 0 && p->depth > depth) {
		err_set(err, EAGAIN, "%s has no end",
			runbook_word_head(&p->nests[p->depth].opened->words[0]));
		r = runbook_at(
			p->nests[p->depth].opened, p->nests[p->depth].opened->words[0].column, err);
		p->placed = true;
	}
	p->nests[depth] = around;
	p->file = outer;
	return r;
}

static int load(struct parser *p, const char *path, struct err *err)
{
	struct buf b;
	int r;

	buf_init(&b, RUNBOOK_FILE_MAX);
	if (str_eq(path, "-"))
		r = io_read_all(STDIN_FILENO, &b);
	else
		r = io_read_file(AT_FDCWD, path, &b);
	if (r < 0 && r != -EMSGSIZE) {
		r = err_sys(err, -r, "%s", path);
	} else {
		int too_long = r;

		/* What is wrong with a line tells more than that there is too much. */
		r = parse_file(p, path, (struct span){buf_str(&b), b.len}, err);
		if (too_long && r != -EMSGSIZE) {
			p->placed = true;
			r = err_set(err, EMSGSIZE, "%s: longer than %u KiB", path,
				RUNBOOK_FILE_MAX >> 10);
		}
	}
	buf_done(&b);
	return r;
}

static int check_given(const struct runbook *b, const char *name, struct err *err)
{
	for (size_t i = 0; i < b->n_vars; i++)
		if (!b->vars[i].declared)
			return err_set(
				err, EINVAL, "no variable `%s` in %s", b->vars[i].name, name);
	return 0;
}

int runbook_load(struct runbook *b, const char *path, struct err *err)
{
	struct parser p = {.b = b, .nests = {{.into = &b->block}}};
	int r = load(&p, path, err);

	return r < 0 ? r : check_given(b, path, err);
}

int runbook_parse(struct runbook *b, const char *name, const char *text, size_t n, struct err *err)
{
	struct parser p = {.b = b, .nests = {{.into = &b->block}}};
	int r = parse_file(&p, name, (struct span){text, n}, err);

	return r < 0 ? r : check_given(b, name, err);
}

/* Its words are taken as they are. */
static int sql_words(struct parser *p, struct span sql, struct runbook_line *l, struct err *err)
{
	unsigned column = 1;
	int r = runbook_word_raw(span_str("query"), 1, l, err);

	l->raw = true;
	if (r == 0)
		r = runbook_values_none(sql, err);
	if (r == 0)
		r = runbook_word_raw(sql, 1, l, err);
	if (r == 0)
		r = understand(p, l, &column, err);
	if (r == 0)
		r = keep(p, l, err);
	return r;
}

int runbook_parse_sql(struct runbook *b, const char *name, struct span sql, struct err *err)
{
	struct parser p = {.b = b, .nests = {{.into = &b->block}}};
	struct runbook_lines whole = {.text = span_trim(sql), .line = 1};
	struct runbook_line *l;
	int r = add_file(b, name, &p.file, err);

	if (r < 0)
		return r;
	if (!utf8_valid(sql.p, sql.n))
		return err_set(err, EINVAL, "%s: this is not UTF-8", name);
	while (whole.text.n > 0 && whole.text.p[whole.text.n - 1] == ';') {
		whole.text.n--;
		whole.text = span_trim(whole.text);
	}
	l = new_line(&p, &whole);
	if (!l)
		return err_sys(err, ENOMEM, "line");
	r = sql_words(&p, whole.text, l, err);
	if (r < 0)
		line_free(l);
	return r;
}
