/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A text to read: what a command printed. */
#include "console/ui/reader.h"
#include "console/ui/ui.h"

#include <stdlib.h>
#include <string.h>

struct text_pane {
	struct reader r;
	char *title;
};

static void close_text(struct pane *p)
{
	struct text_pane *t = (struct text_pane *)p;

	reader_done(&t->r);
	free(t->title);
}

static void title(const struct pane *p, struct buf *out)
{
	const struct text_pane *t = (const struct text_pane *)p;

	(void)buf_puts(out, t->title ? t->title : "");
	reader_title(&t->r, out);
}

static void draw(struct pane *p, struct area a, bool focus)
{
	(void)focus;
	reader_draw((struct reader *)p, a);
}

struct pane *text_open(struct ui *ui, const char *words, const char *text, size_t n)
{
	struct text_pane *t = (struct text_pane *)ui_open(ui, "text", UI_HERE);
	struct buf own;

	if (!t)
		return NULL;
	t->title = strdup(words);
	buf_init(&own, n);
	(void)buf_add(&own, text, n);
	reader_set(&t->r, &own);
	return &t->r.p;
}

const struct pane_kind pane_kind_text = {
	.name = "text",
	.summary = "a text to read: what a command printed",
	.of = "what a command prints",
	.size = sizeof(struct text_pane),
	.close = close_text,
	.title = title,
	.draw = draw,
	.commands = reader_commands,
	.bindings = reader_bindings,
};
