/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys and commands, made from the very rows that they work by. */
#include "common/str.h"
#include "console/ui/self.h"
#include "console/usage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HELP_MAX (1u << 20)

struct help_pane {
	struct pane p;
	struct buf text;
	size_t top, lines;
};

static struct help_pane *of(struct pane *p)
{
	return (struct help_pane *)p;
}

static int put_bindings(struct buf *b, const struct ui_binding *table)
{
	char keys[64];
	int r = 0;

	for (const struct ui_binding *t = table; r == 0 && t && t->key; t++)
		if (binding_keys(table, t, keys, sizeof(keys)))
			r = buf_printf(b, "  %-10s %-46s :%s\n", keys, t->help, t->command);
	return r;
}

static int put_commands(struct buf *b, const struct ui_command *t)
{
	char usage[128];
	int r = 0;

	for (; r == 0 && t && t->name; t++) {
		snprintf(usage, sizeof(usage), "%s %s", t->name, t->args);
		r = buf_printf(b, "  %-42s %s\n", usage, t->summary);
	}
	return r;
}

static int put_kind(struct buf *b, const struct pane_kind *k)
{
	int r = buf_printf(b, "\n%s: %s\n\n", k->name, k->summary);

	if (r == 0)
		r = put_bindings(b, k->bindings);
	if (r == 0 && k->commands && k->commands[0].name)
		r = buf_puts(b, "\n");
	return r < 0 ? r : put_commands(b, k->commands);
}

static int put_program(struct buf *b)
{
	char usage[128];
	int r = buf_puts(
		b, "\nCommands of the program, as in the shell (:help WORD tells more)\n\n");

	for (size_t i = 0; r == 0 && commands_all[i]; i++) {
		snprintf(usage, sizeof(usage), "%s %s", commands_all[i]->name,
			commands_all[i]->args);
		r = buf_printf(b, "  %-42s %s\n", usage, commands_all[i]->summary);
	}
	return r;
}

/* The pane that had the keys first: that is what one wants to know about. */
static int open_pane(struct pane *p, struct err *err)
{
	struct help_pane *h = of(p);
	const struct pane_kind *from = p->ui->focus ? p->ui->focus->kind : NULL;
	int r;

	buf_init(&h->text, HELP_MAX);
	r = buf_puts(&h->text, "Keys are bound to commands; each can also be typed behind `:`.\n");
	if (r == 0 && from && from != p->kind)
		r = put_kind(&h->text, from);
	if (r == 0)
		r = buf_puts(&h->text, "\nEverywhere\n\n");
	if (r == 0)
		r = put_bindings(&h->text, ui_bindings);
	if (r == 0)
		r = buf_puts(&h->text, "\n");
	if (r == 0)
		r = put_commands(&h->text, ui_commands);
	if (r == 0)
		r = put_program(&h->text);
	for (size_t i = 0; r == 0 && pane_kinds_all[i]; i++)
		if (pane_kinds_all[i] != from)
			r = put_kind(&h->text, pane_kinds_all[i]);
	return r < 0 ? err_sys(err, -r, "help") : 0;
}

static void close_pane(struct pane *p)
{
	buf_done(&of(p)->text);
}

static void title(const struct pane *p, struct buf *out)
{
	(void)p;
	(void)buf_puts(out, "help");
}

static void draw(struct pane *p, struct area a, bool focus)
{
	struct help_pane *h = of(p);
	struct span rest = {buf_str(&h->text), h->text.len}, line;
	size_t n = 0;

	(void)focus;
	if (h->lines && h->top + (size_t)a.h > h->lines)
		h->top = h->lines > (size_t)a.h ? h->lines - (size_t)a.h : 0;
	while (span_split(&rest, '\n', &line)) {
		bool head = line.n && line.p[0] != ' ';

		if (n >= h->top && n < h->top + (size_t)a.h)
			screen_text(a.y + (int)(n - h->top), a.x + 1, a.w - 1,
				head ? STYLE_HEADER : STYLE_PLAIN, false, line.p, line.n);
		n++;
	}
	h->lines = n;
}

static int run_move(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct help_pane *h = of(p);
	size_t page = p->area.h > 1 ? (size_t)p->area.h - 1 : 1;
	struct list l = {h->top, h->top};

	(void)ui;
	(void)argc;
	if (str_eq(argv[0], "page-down"))
		l.at += page;
	else if (str_eq(argv[0], "page-up"))
		l.at -= l.at < page ? l.at : page;
	else if (!list_move(&l, argv[0], h->lines, 1))
		return err_set(err, EINVAL, PANE_LIST_WORDS);
	h->top = l.at;
	return 0;
}

static const struct ui_command commands[] = {
	{"move", "WHERE", "move in the help", 1, 1, run_move},
	{NULL, NULL, NULL, 0, 0, NULL},
};

static const struct ui_binding bindings[] = {
	PANE_LIST_KEYS,
	{"Space", "move page-down", NULL, "a page down"},
	{NULL, NULL, NULL, NULL},
};

const struct pane_kind pane_kind_help = {
	.name = "help",
	.summary = "keys and commands",
	.size = sizeof(struct help_pane),
	.open = open_pane,
	.close = close_pane,
	.title = title,
	.draw = draw,
	.commands = commands,
	.bindings = bindings,
};
