/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The saved queries: looked for as one types, with what they are for, run with their parameters. */
#include "common/str.h"
#include "console/library.h"
#include "console/params.h"
#include "console/questions.h"
#include "console/store_fav.h"
#include "console/ui/grid.h"
#include "console/ui/ui.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Lines of the preview, of all that the pane has. */
#define PREVIEW_PART 3

/* The keys that run the first ones. */
#define KEYS 9

enum { KEY, NAME, PACK, TITLE, ATTACK, N_COLUMNS };
static const char *const columns[] = {"key", "name", "pack", "title", "attack"};

struct queries_pane {
	struct pane p;
	struct grid grid;
	struct favourites favourites;
	size_t *found; /* places in the library: favourites first, in their order */
	size_t n;
	char *filter;

	/* While the parameters of one are asked for. */
	const struct saved *query;
	size_t param;
	char *values[SAVED_PARAMS_MAX]; /* NAME=VALUE */
};

static struct queries_pane *of(struct pane *p)
{
	return (struct queries_pane *)p;
}

/* ---- Which ---- */

static bool has(const char *text, const char *word)
{
	return strcasestr(text, word) != NULL;
}

/* Each word stands somewhere in it. */
static bool fits(const struct saved *q, const char *filter)
{
	char words[256], *save = NULL;

	snprintf(words, sizeof(words), "%s", filter);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!has(q->name, w) && !has(q->pack, w) && !has(q->title, w) && !has(q->tags, w) &&
			!has(q->attack, w) && !has(q->sql, w))
			return false;
	return true;
}

static bool is_wanted(const struct queries_pane *v, const struct saved *q)
{
	return !q->problem && fits(q, v->filter ? v->filter : "");
}

static void look(struct queries_pane *v)
{
	const struct library *l = v->p.ui->library;

	v->n = 0;
	for (size_t f = 0; l && f < v->favourites.n; f++)
		for (size_t i = 0; i < library_len(l); i++)
			if (str_eq(library_at(l, i)->name, v->favourites.of[f].name) &&
				is_wanted(v, library_at(l, i)) && v->n < library_len(l))
				v->found[v->n++] = i;
	for (size_t i = 0; l && i < library_len(l) && v->n < library_len(l); i++)
		if (!favourites_find(&v->favourites, library_at(l, i)->name) &&
			is_wanted(v, library_at(l, i)))
			v->found[v->n++] = i;
}

/* A database that cannot be read has none. */
static void load_favourites(struct queries_pane *v)
{
	struct err err;

	favourites_done(&v->favourites);
	if (favourites_load(&v->favourites, &err) < 0)
		ui_note(v->p.ui, STYLE_WARN, "favourites: %s", err.text);
}

static const struct saved *at(const struct queries_pane *v, size_t line)
{
	return line < v->n ? library_at(v->p.ui->library, v->found[line]) : NULL;
}

/* ---- Drawing ---- */

static const char *name(void *arg, size_t column)
{
	(void)arg;
	return columns[column];
}

static bool cell(void *arg, size_t line, size_t column, struct buf *out)
{
	const struct queries_pane *v = arg;
	const struct saved *q = at(v, line);
	const char *texts[] = {"", q->name, q->pack, q->title, q->attack};

	if (column == KEY && line < KEYS)
		(void)buf_printf(out, "%zu", line + 1);
	(void)buf_puts(out, texts[column]);
	return false;
}

static enum style style(void *arg, size_t line, char *ret_sign)
{
	const struct queries_pane *v = arg;
	bool favourite = favourites_find(&v->favourites, at(v, line)->name) > 0;

	*ret_sign = favourite ? '*' : ' ';
	return favourite ? STYLE_MARKED : STYLE_PLAIN;
}

static struct grid_source source(struct queries_pane *v)
{
	return (struct grid_source){.lines = v->n,
		.columns = N_COLUMNS,
		.name = name,
		.cell = cell,
		.style = style,
		.arg = v};
}

/* Tabs are blanks here: SQL is set in with them. */
static void put_line(struct area a, int y, enum style style, const char *text, size_t n)
{
	char line[SCREEN_MAX_COLS];
	size_t to = 0;

	for (size_t i = 0; i < n && to + 4 < sizeof(line); i++) {
		if (text[i] != '\t') {
			line[to++] = text[i];
			continue;
		}
		memcpy(line + to, "    ", 4);
		to += 4;
	}
	screen_text(a.y + y, a.x + 2, a.w - 2, style, false, line, to);
}

/* Words wrapped at blanks; returns the rows used. */
static int put_wrapped(struct area a, int y, enum style style, const char *text)
{
	int rows = 0;

	while (*text && y + rows < a.h) {
		size_t n = strcspn(text, "\n"), w = (size_t)(a.w - 3);

		if (n > w) {
			n = w;
			while (n > 0 && text[n] != ' ')
				n--;
			n = n ? n : w;
		}
		put_line(a, y + rows, style, text, n);
		rows++;
		text += n;
		while (*text == '\n' || (n && *text == ' '))
			text++;
	}
	return rows;
}

static void draw_preview(const struct saved *q, struct area a)
{
	int y = 1;

	screen_hline(a.y, a.x, a.w, STYLE_BORDER);
	if (!q)
		return;
	y += put_wrapped(a, y, STYLE_BOLD, *q->title ? q->title : q->name);
	y += put_wrapped(a, y, STYLE_PLAIN, q->about);
	for (size_t i = 0; i < q->n_params && y < a.h; i++)
		screen_print(a.y + y++, a.x + 2, a.w - 2, STYLE_WARN, false, "%s%s%s  %s",
			q->params[i].name, q->params[i].value ? "=" : "",
			q->params[i].value ? q->params[i].value : "", q->params[i].doc);
	put_wrapped(a, y, STYLE_DIM, q->sql);
}

static void draw(struct pane *p, struct area a, bool focus)
{
	struct queries_pane *v = of(p);
	struct grid_source s = source(v);
	struct area list = a, preview = a;

	if (v->n == 0 && !p->ui->library) {
		screen_print(
			a.y + 1, a.x + 2, a.w - 2, STYLE_DIM, false, "There are no saved queries.");
		return;
	}
	preview.h = a.h / PREVIEW_PART;
	list.h = a.h - preview.h;
	preview.y += list.h;
	grid_draw(&v->grid, &s, list, focus);
	draw_preview(at(v, v->grid.list.at), preview);
}

static void title(const struct pane *p, struct buf *out)
{
	const struct queries_pane *v = (const struct queries_pane *)p;

	(void)buf_printf(out, "saved queries  %zu", v->n);
	if (v->favourites.n)
		(void)buf_puts(out, ", * favourites first");
	if (v->filter && *v->filter && p->ui->library)
		(void)buf_printf(out, " of %zu  /%s", library_len(p->ui->library), v->filter);
}

/* ---- Running ---- */

static void forget_values(struct queries_pane *v)
{
	for (size_t i = 0; i < SAVED_PARAMS_MAX; i++) {
		free(v->values[i]);
		v->values[i] = NULL;
	}
	v->query = NULL;
}

static int start(struct queries_pane *v, struct err *err)
{
	struct ui *ui = v->p.ui;
	const struct saved *q = v->query;
	struct questions questions = {0};
	struct params params = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < q->n_params; i++)
		r = params_add(&params, v->values[i], err);
	if (r == 0)
		r = questions_add_saved(&questions, q, &params, err);
	if (r == 0)
		results_open(ui, &questions.of[0], q->name, UI_HERE);
	params_done(&params);
	questions_done(&questions);
	forget_values(v);
	return r;
}

static void ask_param(struct queries_pane *v);

static void param_given(void *arg, const char *text)
{
	struct queries_pane *v = arg;
	struct err err = {0};

	if (!text) {
		forget_values(v);
		return;
	}
	v->values[v->param] = str_printf("%s=%s", v->query->params[v->param].name, text);
	v->param++;
	if (!v->values[v->param - 1])
		forget_values(v);
	else if (v->param < v->query->n_params)
		ask_param(v);
	else if (start(v, &err) < 0)
		ui_say(v->p.ui, STYLE_BAD, "%s", err.text);
}

/* A small form: one line after the other, the default standing in it. */
static void ask_param(struct queries_pane *v)
{
	const struct saved_param *q = &v->query->params[v->param];
	char label[128];
	const struct prompt_use use = {
		.label = label, .initial = q->value, .done = param_given, .arg = v};

	snprintf(label, sizeof(label), "%s (%.60s): ", q->name, q->doc);
	ui_prompt(v->p.ui, &use);
}

static int run_query(struct queries_pane *v, size_t line, struct err *err)
{
	const struct saved *q = at(v, line);

	if (!q)
		return err_set(err, ENOENT, "there is no such line");
	forget_values(v);
	v->query = q;
	v->param = 0;
	if (q->n_params == 0)
		return start(v, err);
	ask_param(v);
	return 0;
}

static int run_start(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct queries_pane *v = of(p);
	uint64_t line = v->grid.list.at + 1;

	(void)ui;
	if (argc && parse_uint(argv[0], 1, v->n, &line) < 0)
		return err_set(err, EINVAL, "which line, from 1 to %zu?", v->n);
	return run_query(v, line - 1, err);
}

/* ---- Commands ---- */

/* Makes it one, or makes it none. */
static int run_favourite(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct queries_pane *v = of(p);
	const struct saved *q = at(v, v->grid.list.at);
	bool is;
	int r;

	(void)argc;
	(void)argv;
	if (!q)
		return err_set(err, ENOENT, "there is no such line");
	is = favourites_find(&v->favourites, q->name) > 0;
	r = is ? favourite_remove(q->name, err) : favourite_set(q->name, 0, NULL, err);
	if (r < 0)
		return r;
	ui_say(ui, STYLE_GOOD, is ? "%s is no favourite any more" : "%s is a favourite", q->name);
	load_favourites(v);
	look(v);
	return 0;
}

static void filter_to(struct queries_pane *v, const char *text)
{
	free(v->filter);
	v->filter = strdup(text);
	v->grid.list = (struct list){0, 0};
	look(v);
}

static void filter_typed(void *arg, const char *text)
{
	filter_to(arg, text);
}

static void filter_done(void *arg, const char *text)
{
	if (!text)
		filter_to(arg, "");
}

static int run_filter(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct queries_pane *v = of(p);
	const struct prompt_use use = {.label = "/",
		.initial = v->filter,
		.changed = filter_typed,
		.done = filter_done,
		.arg = v};

	(void)err;
	if (argc)
		filter_to(v, argv[0]);
	else
		ui_prompt(ui, &use);
	return 0;
}

static int run_move(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct queries_pane *v = of(p);
	int h = p->area.h - p->area.h / PREVIEW_PART - 1;

	(void)ui;
	(void)argc;
	return list_move(&v->grid.list, argv[0], v->n, h) ? 0
							  : err_set(err, EINVAL, PANE_LIST_WORDS);
}

static void mouse(struct pane *p, int y, int x, bool twice)
{
	struct queries_pane *v = of(p);
	struct grid_source s = source(v);
	size_t line = grid_line_at(&v->grid, &s, y);

	(void)x;
	if (line == SIZE_MAX || y >= p->area.h - p->area.h / PREVIEW_PART)
		return;
	v->grid.list.at = line;
	if (twice)
		ui_line(p->ui, p, "start");
}

static int open_pane(struct pane *p, struct err *err)
{
	struct queries_pane *v = of(p);
	size_t n = p->ui->library ? library_len(p->ui->library) : 0;

	v->found = calloc(n + 1, sizeof(*v->found));
	if (!v->found)
		return err_sys(err, ENOMEM, "saved queries");
	v->grid.frozen = NAME + 1;
	load_favourites(v);
	look(v);
	return 0;
}

static void close_pane(struct pane *p)
{
	struct queries_pane *v = of(p);

	forget_values(v);
	favourites_done(&v->favourites);
	free(v->found);
	free(v->filter);
}

static const struct ui_command commands[] = {
	{"favourite", "", "keep it among the first, or not", 0, 0, run_favourite},
	{"filter", "[TEXT]", "look in names, titles, tags and SQL", 0, 1, run_filter},
	{"move", "WHERE", "move the cursor", 1, 1, run_move},
	{"start", "[LINE]", "run the query", 0, 1, run_start},
	{NULL, NULL, NULL, 0, 0, NULL},
};

static const struct ui_binding bindings[] = {
	{"Enter", "start", "run", "run the query"},
	{"b", "favourite", "favourite", "keep it among the first, or not"},
	{"/", "filter", "search", "type what is looked for"},
	PANE_LIST_KEYS,
	{"1", "start 1", NULL, "run the first one; 2 to 9 likewise"},
	{"2", "start 2", NULL, "the second"},
	{"3", "start 3", NULL, "the third"},
	{"4", "start 4", NULL, "the fourth"},
	{"5", "start 5", NULL, "the fifth"},
	{"6", "start 6", NULL, "the sixth"},
	{"7", "start 7", NULL, "the seventh"},
	{"8", "start 8", NULL, "the eighth"},
	{"9", "start 9", NULL, "the ninth"},
	{NULL, NULL, NULL, NULL},
};

const struct pane_kind pane_kind_queries = {
	.name = "queries",
	.summary = "the saved queries",
	.size = sizeof(struct queries_pane),
	.open = open_pane,
	.close = close_pane,
	.title = title,
	.draw = draw,
	.mouse = mouse,
	.commands = commands,
	.bindings = bindings,
};
