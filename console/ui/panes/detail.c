/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One row as a card: every value whole, wrapped. */
#include "common/str.h"
#include "common/text.h"
#include "console/humane.h"
#include "console/output.h"
#include "console/ui/ui.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a value that are shown; the rest is in :write. */
#define VALUE_MAX (256u << 10)
#define NAME_MOST 24

struct field {
	char *name, *text; /* escaped already */
};

struct detail_pane {
	struct pane p;
	char *title;
	struct field *fields;
	size_t n;
	size_t top, rows; /* rows of the card */
};

static struct detail_pane *of(struct pane *p)
{
	return (struct detail_pane *)p;
}

static void close_pane(struct pane *p)
{
	struct detail_pane *d = of(p);

	for (size_t i = 0; i < d->n; i++) {
		free(d->fields[i].name);
		free(d->fields[i].text);
	}
	free(d->fields);
	free(d->title);
}

static void title(const struct pane *p, struct buf *out)
{
	const struct detail_pane *d = (const struct detail_pane *)p;

	size_t seen = d->top + (size_t)p->area.h;

	(void)buf_printf(out, "%s", d->title ? d->title : "");
	if (d->rows > (size_t)p->area.h)
		(void)buf_printf(out, "  lines %zu to %zu of %zu", d->top + 1,
			seen < d->rows ? seen : d->rows, d->rows);
}

/* As many bytes as fit into `w` columns. */
static size_t fits(const char *p, size_t n, size_t w)
{
	size_t used = 0, at = 0;

	while (at < n) {
		uint32_t cp;
		size_t len = utf8_decode(p + at, n - at, &cp);
		size_t width = len ? (size_t)utf8_width(cp) : 1;

		if (used + width > w)
			break;
		used += width;
		at += len ? len : 1;
	}
	return at ? at : n;
}

static int name_width(const struct detail_pane *d)
{
	size_t w = 4;

	for (size_t i = 0; i < d->n; i++) {
		size_t own = text_width(d->fields[i].name, strlen(d->fields[i].name));

		w = own > w ? own : w;
	}
	return (int)(w < NAME_MOST ? w : NAME_MOST);
}

/* Draws (or only counts) one field; returns the rows it takes. */
static size_t draw_field(const struct field *f, struct area a, long y, int names, bool on)
{
	size_t rows = 0, n = strlen(f->text), w = (size_t)(a.w - names - 5);
	const char *p = f->text;

	do {
		size_t len = fits(p, n, w);
		long at = y + (long)rows;

		if (on && at >= 0 && at < a.h) {
			if (rows == 0)
				screen_text(a.y + (int)at, a.x + 1, names, STYLE_HEADER, false,
					f->name, strlen(f->name));
			screen_text(
				a.y + (int)at, a.x + names + 3, (int)w, STYLE_PLAIN, false, p, len);
		}
		rows++;
		p += len;
		n -= len;
	} while (n > 0);
	return rows;
}

static void draw(struct pane *p, struct area a, bool focus)
{
	struct detail_pane *d = of(p);
	int names = name_width(d);
	size_t rows = 0;

	(void)focus;
	for (size_t i = 0; i < d->n; i++)
		rows += draw_field(&d->fields[i], a, 0, names, false);
	d->rows = rows;
	if (d->top + (size_t)a.h > rows)
		d->top = rows > (size_t)a.h ? rows - (size_t)a.h : 0;
	rows = 0;
	for (size_t i = 0; i < d->n; i++)
		rows += draw_field(&d->fields[i], a, (long)rows - (long)d->top, names, true);
}

static int run_move(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct detail_pane *d = of(p);
	struct list l = {d->top, 0};

	(void)ui;
	(void)argc;
	if (!list_move(&l, argv[0], d->rows, p->area.h))
		return err_set(err, EINVAL, PANE_LIST_WORDS);
	d->top = l.at;
	return 0;
}

static char *escaped(const struct cell *c)
{
	struct buf text;

	buf_init(&text, 5 * VALUE_MAX);
	if (format_cell_escaped(&text, c) < 0)
		buf_reset(&text);
	return buf_steal(&text);
}

/* Says how much of it is not shown. */
static char *cut_short(char *text, uint32_t n)
{
	char *both = text ? str_printf("%s… [cut: %u of %" PRIu32 " bytes are shown; W saves all]",
				    text, VALUE_MAX, n)
			  : NULL;

	free(text);
	return both;
}

/* What people read, and behind it what the host sent. */
static char *value(const char *name, const struct cell *c, const struct humane_who *who)
{
	struct cell cut = *c;
	struct buf humane;
	bool right;
	char *text, *both;

	if (cell_has_bytes(&cut) && cut.n > VALUE_MAX)
		cut.n = VALUE_MAX;
	text = escaped(&cut);
	if (cut.n < c->n && cell_has_bytes(&cut))
		return cut_short(text, c->n);
	if (!text || cell_has_bytes(&cut))
		return text;
	buf_init(&humane, VALUE_MAX);
	if (humane_cell(&humane, name, &cut, who, &right) == 0) {
		/* A name stands behind the number already. */
		both = str_printf(str_starts(buf_str(&humane), text) ? "%s" : "%s  (%s)",
			buf_str(&humane), text);
		free(text);
		text = both;
	}
	buf_done(&humane);
	return text;
}

struct pane *detail_open(struct ui *ui, const char *words, const char *const *names,
	const struct cell *cells, size_t n, const struct humane_who *who)
{
	struct detail_pane *d = of(ui_open(ui, "detail", UI_HERE));

	if (!d)
		return NULL;
	d->title = strdup(words);
	d->fields = calloc(n + 1, sizeof(*d->fields));
	for (size_t i = 0; d->fields && i < n; i++) {
		struct field f = {strdup(names[i]), value(names[i], &cells[i], who)};

		if (!f.name || !f.text) {
			free(f.name);
			free(f.text);
			continue;
		}
		d->fields[d->n++] = f;
	}
	return &d->p;
}

static const struct ui_command commands[] = {
	{"move", "WHERE", "move in the card", 1, 1, run_move},
	{NULL, NULL, NULL, 0, 0, NULL},
};

static const struct ui_binding bindings[] = {
	PANE_LIST_KEYS,
	{"Space", "move page-down", NULL, "a page down"},
	{NULL, NULL, NULL, NULL},
};

const struct pane_kind pane_kind_detail = {
	.name = "detail",
	.summary = "one row as a card",
	.of = "Enter on a row",
	.size = sizeof(struct detail_pane),
	.close = close_pane,
	.title = title,
	.draw = draw,
	.commands = commands,
	.bindings = bindings,
};
