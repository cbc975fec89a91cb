/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/ui/reader.h"

#include "common/text.h"
#include "console/ui/prompt.h"
#include "console/ui/ui.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Characters that a key scrolls to the side. */
#define SIDE 8

static struct reader *of(struct pane *p)
{
	return (struct reader *)p;
}

/* ---- The text ---- */

static void split_lines(struct reader *r)
{
	struct span rest = {buf_str(&r->text), r->text.len}, line;

	r->n = 0;
	while (span_split(&rest, '\n', &line)) {
		if (array_grow(&r->lines, &r->cap, r->n + 1, sizeof(*r->lines), READER_LINES_MAX) <
			0)
			return;
		r->lines[r->n++] = line;
	}
	/* What ends with a newline has no line behind it. */
	if (r->n && r->lines[r->n - 1].n == 0)
		r->n--;
}

void reader_set(struct reader *r, struct buf *text)
{
	buf_done(&r->text);
	r->text = *text;
	buf_init(text, 0);
	split_lines(r);
}

void reader_done(struct reader *r)
{
	buf_done(&r->text);
	free(r->lines);
	free(r->needle);
}

static size_t last_top(const struct reader *r, int h)
{
	return r->n > (size_t)h ? r->n - (size_t)h : 0;
}

void reader_title(const struct reader *r, struct buf *out)
{
	size_t h = (size_t)r->p.area.h, seen = r->top + h;

	if (r->n > h)
		(void)buf_printf(out, "  lines %zu to %zu of %zu", r->top + 1,
			seen < r->n ? seen : r->n, r->n);
	if (r->needle && *r->needle)
		(void)buf_printf(out, "  /%s", r->needle);
}

/* ---- Looking for something ---- */

/* Where it stands, or NULL; case does not matter. */
static const char *find_in(struct span line, const char *needle)
{
	size_t n = strlen(needle);

	for (size_t i = 0; n && i + n <= line.n; i++)
		if (strncasecmp(line.p + i, needle, n) == 0)
			return line.p + i;
	return NULL;
}

/* The first line from `from` on that has it, round the end, comes to the top. False: none has. */
static bool look(struct reader *r, size_t from, bool back)
{
	for (size_t i = 0; r->needle && i < r->n; i++) {
		size_t at = (from + (back ? r->n - i : i)) % r->n;

		if (find_in(r->lines[at], r->needle)) {
			r->top = r->found = at;
			return true;
		}
	}
	return false;
}

static void search_typed(void *arg, const char *text)
{
	struct reader *r = arg;

	free(r->needle);
	r->needle = strdup(text);
	(void)look(r, r->top, false);
}

static void search_done(void *arg, const char *text)
{
	struct reader *r = arg;

	search_typed(r, text ? text : "");
	if (text && *text && !look(r, r->top, false))
		ui_say(r->p.ui, STYLE_WARN, "`%s` is not in this text", text);
}

static int run_search(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	const struct prompt_use use = {
		.label = "/", .changed = search_typed, .done = search_done, .arg = p};

	(void)err;
	if (argc)
		search_done(p, argv[0]);
	else
		ui_prompt(ui, &use);
	return 0;
}

static int run_find(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct reader *r = of(p);
	bool back = str_eq(argv[0], "previous");

	(void)ui;
	(void)argc;
	if (!r->needle || !*r->needle)
		return err_set(err, ENOENT, "nothing was looked for yet; / does");
	if (!r->n || !look(r, (r->found + (back ? r->n - 1 : 1)) % r->n, back))
		return err_set(err, ENOENT, "`%s` is not in this text", r->needle);
	return 0;
}

/* ---- Moving ---- */

static int run_move(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct reader *r = of(p);
	struct list l = {r->top, 0};

	(void)ui;
	(void)argc;
	if (str_eq(argv[0], "left"))
		r->left -= r->left < SIDE ? r->left : SIDE;
	else if (str_eq(argv[0], "right"))
		r->left += SIDE;
	else if (!list_move(&l, argv[0], r->n, p->area.h))
		return err_set(err, EINVAL, PANE_LIST_WORDS ", left, right");
	r->top = r->found = l.at;
	return 0;
}

/* ---- Drawing ---- */

/* From character `left` on. */
static struct span scrolled(struct span line, size_t left)
{
	for (size_t n; left && line.n; left--) {
		uint32_t cp;

		n = utf8_decode(line.p, line.n, &cp);
		n = n ? n : 1;
		line.p += n;
		line.n -= n;
	}
	return line;
}

static void draw_line(const struct reader *r, struct span line, int y, int x, int w)
{
	bool head = r->heads && line.n && line.p[0] != ' ';
	enum style style = head ? STYLE_HEADER : STYLE_PLAIN;
	const char *found = r->needle ? find_in(line, r->needle) : NULL;
	size_t before = found ? (size_t)(found - line.p) : line.n,
	       n = found ? strlen(r->needle) : 0;
	int used = screen_text(y, x, w, style, false, line.p, before);

	if (!found || used >= w)
		return;
	used += screen_text(y, x + used, w - used, STYLE_MATCH, false, found, n);
	if (used < w)
		screen_text(y, x + used, w - used, style, false, found + n, line.n - before - n);
}

void reader_draw(struct reader *r, struct area a)
{
	if (r->top > last_top(r, a.h))
		r->top = last_top(r, a.h);
	for (int i = 0; i < a.h && r->top + (size_t)i < r->n; i++)
		draw_line(r, scrolled(r->lines[r->top + (size_t)i], r->left), a.y + i, a.x + 1,
			a.w - 1);
}

/* ---- The kinds' ---- */

const struct ui_command reader_commands[] = {
	{"find", "next|previous", "go to the next line that has what is looked for", 1, 1,
		run_find},
	{"move", "WHERE", "move in the text", 1, 1, run_move},
	{"search", "[TEXT]", "look for a text; without TEXT typed live", 0, 1, run_search},
	{NULL, NULL, NULL, 0, 0, NULL},
};

const struct ui_binding reader_bindings[] = {
	{"/", "search", "search", "look for a word"},
	{"n", "find next", "next", "the next line that has it"},
	{"N", "find previous", NULL, "the one before"},
	PANE_SIDE_KEYS,
	PANE_LIST_KEYS,
	{"Space", "move page-down", NULL, "a page down"},
	{NULL, NULL, NULL, NULL},
};
