/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys and commands, made from the very rows that they work by, for the width that there is. */
#include "common/fill.h"
#include "common/text.h"
#include "console/ui/reader.h"
#include "console/ui/self.h"

#include <string.h>

#define HELP_MAX (1u << 20)
/* Where keys and usages end, and what they do begins. */
#define KEYS_WIDTH  13
#define USAGE_WIDTH 29
#define USAGE_WIDER 38 /* where there is room */
#define WIDER	    100
/* Commands stand behind what the keys do, where there is room for both. */
#define DOES_WIDTH    47
#define COMMAND_WIDTH 19
#define NARROWEST     40

struct help_pane {
	struct reader r;
	const struct pane_kind *from; /* that of the pane that had the keys, or NULL */
	int width;		      /* the text is made for it */
};

/* ---- The text ---- */

struct sheet {
	struct buf *out;
	size_t width;
};

/* "  LEFT   what it does", wrapped below itself; on a line of its own where LEFT is too long. */
static int put_row(const struct sheet *s, const char *left, size_t column, const char *does)
{
	size_t used = 2 + text_width(left, strlen(left));
	int r = buf_printf(s->out, "  %s", left);

	if (r == 0 && used + 1 > column)
		r = buf_printf(s->out, "\n%*s", (int)column, "");
	else if (r == 0)
		r = buf_printf(s->out, "%*s", (int)(column - used), "");
	return r < 0 ? r : fill_words_to(s->out, span_str(does), column, s->width);
}

/* With its command behind it. */
static int put_wide(const struct sheet *s, const char *keys, const struct ui_binding *b)
{
	return buf_printf(s->out, "  %-*s %-*s :%s\n", KEYS_WIDTH - 3, keys, DOES_WIDTH - 1,
		b->help, b->command);
}

static int put_bindings(const struct sheet *s, const struct ui_binding *table)
{
	bool wide = s->width >= KEYS_WIDTH + DOES_WIDTH + COMMAND_WIDTH;
	char keys[64];
	int r = 0;

	for (const struct ui_binding *t = table; r == 0 && t && t->key; t++)
		if (binding_keys(table, t, keys, sizeof(keys)))
			r = wide ? put_wide(s, keys, t) : put_row(s, keys, KEYS_WIDTH, t->help);
	return r;
}

static int put_usage(const struct sheet *s, const char *name, const char *args, const char *summary)
{
	char usage[128];

	snprintf(usage, sizeof(usage), "%s %s", name, args);
	return put_row(s, usage, s->width < WIDER ? USAGE_WIDTH : USAGE_WIDER, summary);
}

static int put_commands(const struct sheet *s, const struct ui_command *t)
{
	int r = 0;

	for (; r == 0 && t && t->name; t++)
		r = put_usage(s, t->name, t->args, t->summary);
	return r;
}

static int put_kind(const struct sheet *s, const struct pane_kind *k)
{
	int r = buf_printf(s->out, "\n%s: %s\n\n", k->name, k->summary);

	if (r == 0)
		r = put_bindings(s, k->bindings);
	if (r == 0 && k->commands && k->commands[0].name)
		r = buf_puts(s->out, "\n");
	return r < 0 ? r : put_commands(s, k->commands);
}

static int put_everywhere(const struct sheet *s)
{
	int r = buf_puts(s->out, "\nEverywhere\n\n");

	if (r == 0)
		r = put_bindings(s, ui_bindings);
	if (r == 0)
		r = buf_puts(s->out, "\n");
	return r < 0 ? r : put_commands(s, ui_commands);
}

static int put_program(const struct sheet *s)
{
	int r = buf_puts(
		s->out, "\nCommands of the program, as in the shell (:help WORD tells more)\n\n");

	for (size_t i = 0; r == 0 && commands_all[i]; i++)
		r = put_usage(
			s, commands_all[i]->name, commands_all[i]->args, commands_all[i]->summary);
	return r;
}

/* The pane that had the keys first: that is what one wants to know about. */
static void make_text(struct help_pane *h, int width)
{
	struct buf text;
	const struct sheet s = {&text, (size_t)(width > NARROWEST ? width - 1 : NARROWEST)};
	int r;

	buf_init(&text, HELP_MAX);
	r = fill_words_to(&text,
		span_str("Keys are bound to commands; each can also be typed behind `:`. C- is "
			 "Ctrl, "
			 "M- is Alt, S- is Shift. `/` looks for a word here, `q` leaves."),
		0, s.width);
	if (r == 0 && h->from)
		r = put_kind(&s, h->from);
	if (r == 0)
		r = put_everywhere(&s);
	if (r == 0)
		r = put_program(&s);
	for (size_t i = 0; r == 0 && pane_kinds_all[i]; i++)
		if (pane_kinds_all[i] != h->from)
			r = put_kind(&s, pane_kinds_all[i]);
	reader_set(&h->r, &text);
	h->width = width;
}

/* ---- The pane ---- */

static int open_pane(struct pane *p, struct err *err)
{
	struct help_pane *h = (struct help_pane *)p;
	const struct pane_kind *from = p->ui->focus ? p->ui->focus->kind : NULL;

	(void)err;
	h->from = from != p->kind ? from : NULL;
	h->r.heads = true;
	return 0;
}

static void close_pane(struct pane *p)
{
	reader_done((struct reader *)p);
}

static void title(const struct pane *p, struct buf *out)
{
	(void)buf_puts(out, "help");
	reader_title((const struct reader *)p, out);
}

static void draw(struct pane *p, struct area a, bool focus)
{
	struct help_pane *h = (struct help_pane *)p;

	(void)focus;
	if (h->width != a.w)
		make_text(h, a.w);
	reader_draw(&h->r, a);
}

const struct pane_kind pane_kind_help = {
	.name = "help",
	.summary = "keys and commands",
	.size = sizeof(struct help_pane),
	.open = open_pane,
	.close = close_pane,
	.title = title,
	.draw = draw,
	.commands = reader_commands,
	.bindings = reader_bindings,
};
