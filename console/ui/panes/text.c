/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A text to read: what a command printed. */
#include "common/str.h"
#include "common/text.h"
#include "console/ui/ui.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Lines that are shown. */
#define LINES_MAX 1000000

struct text_pane {
	struct pane p;
	char *title, *text;
	struct span *lines;
	size_t n, cap;
	struct list list; /* `at` is the line on top */
	size_t left;	  /* columns that are scrolled away */
};

static void close_text(struct pane *p)
{
	struct text_pane *t = (struct text_pane *)p;

	free(t->title);
	free(t->text);
	free(t->lines);
}

static void title(const struct pane *p, struct buf *out)
{
	const struct text_pane *t = (const struct text_pane *)p;

	(void)buf_printf(out, "%s", t->title ? t->title : "");
}

/* From column `left` on. */
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

static size_t last_top(const struct text_pane *t, int h)
{
	return t->n > (size_t)h ? t->n - (size_t)h : 0;
}

static void draw(struct pane *p, struct area a, bool focus)
{
	struct text_pane *t = (struct text_pane *)p;

	(void)focus;
	if (t->list.at > last_top(t, a.h))
		t->list.at = last_top(t, a.h);
	for (int i = 0; i < a.h && t->list.at + (size_t)i < t->n; i++) {
		struct span line = scrolled(t->lines[t->list.at + (size_t)i], t->left);

		screen_text(a.y + i, a.x + 1, a.w - 1, STYLE_PLAIN, false, line.p, line.n);
	}
}

static int run_scroll(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct text_pane *t = (struct text_pane *)p;
	size_t page = p->area.h > 1 ? (size_t)p->area.h - 1 : 1;

	(void)ui;
	(void)argc;
	if (str_eq(argv[0], "left"))
		t->left -= t->left < 8 ? t->left : 8;
	else if (str_eq(argv[0], "right"))
		t->left += 8;
	else if (str_eq(argv[0], "up"))
		t->list.at -= t->list.at > 0;
	else if (str_eq(argv[0], "down"))
		t->list.at++;
	else if (str_eq(argv[0], "page-up"))
		t->list.at -= t->list.at < page ? t->list.at : page;
	else if (str_eq(argv[0], "page-down"))
		t->list.at += page;
	else if (str_eq(argv[0], "top"))
		t->list.at = 0;
	else if (str_eq(argv[0], "bottom"))
		t->list.at = t->n;
	else
		return err_set(
			err, EINVAL, "up, down, left, right, page-up, page-down, top, bottom");
	return 0;
}

static int split_lines(struct text_pane *t, size_t n)
{
	struct span rest = {t->text, n}, line;

	while (t->n < LINES_MAX && span_split(&rest, '\n', &line)) {
		if (array_grow(&t->lines, &t->cap, t->n + 1, sizeof(*t->lines), LINES_MAX) < 0)
			return -ENOMEM;
		t->lines[t->n++] = line;
	}
	/* What ends with a newline has no line behind it. */
	if (t->n && t->lines[t->n - 1].n == 0)
		t->n--;
	return 0;
}

struct pane *text_open(struct ui *ui, const char *words, const char *text, size_t n)
{
	struct text_pane *t = (struct text_pane *)ui_open(ui, "text", UI_HERE);

	if (!t)
		return NULL;
	t->title = strdup(words);
	t->text = malloc(n + 1);
	if (t->text) {
		memcpy(t->text, text, n);
		(void)split_lines(t, n);
	}
	return &t->p;
}

static const struct ui_command commands[] = {
	{"scroll", "WHERE", "move in the text", 1, 1, run_scroll},
	{NULL, NULL, NULL, 0, 0, NULL},
};

static const struct ui_binding bindings[] = {
	{"Up", "scroll up", NULL, "a line up"},
	{"k", "scroll up", NULL, "likewise"},
	{"Down", "scroll down", NULL, "a line down"},
	{"j", "scroll down", NULL, "likewise"},
	{"Left", "scroll left", NULL, "to the left"},
	{"h", "scroll left", NULL, "likewise"},
	{"Right", "scroll right", NULL, "to the right"},
	{"l", "scroll right", NULL, "likewise"},
	{"PgUp", "scroll page-up", NULL, "a page up"},
	{"PgDn", "scroll page-down", NULL, "a page down"},
	{"Space", "scroll page-down", NULL, "likewise"},
	{"g", "scroll top", NULL, "to the beginning"},
	{"Home", "scroll top", NULL, "likewise"},
	{"G", "scroll bottom", NULL, "to the end"},
	{"End", "scroll bottom", NULL, "likewise"},
	{NULL, NULL, NULL, NULL},
};

const struct pane_kind pane_kind_text = {
	.name = "text",
	.summary = "a text to read: what a command printed",
	.size = sizeof(struct text_pane),
	.close = close_text,
	.title = title,
	.draw = draw,
	.commands = commands,
	.bindings = bindings,
};
