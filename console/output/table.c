/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Aligned columns for people. The widths come from the first rows, which are gathered; later rows
 * stream and may widen a column from there on. On a terminal a line is cut to its width.
 */
#include "console/output.h"
#include "common/clock.h"
#include "common/str.h"
#include "common/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define GATHER_ROWS  1000
#define GATHER_BYTES (1u << 20)
/* On a terminal a flush shows what is gathered once its first row is this old. */
#define GATHER_MS 1000
/* Columns of text stay this wide at least when a terminal is too narrow for all of them. */
#define SHRINK_MIN 8
/* A cell wider than this overflows: one long cell must not pad every other row. */
#define PAD_MAX 400
#define GAP	2
/* Prose is not wrapped into less than this. */
#define PROSE_MIN 16
/* Bytes for each of its columns that a line of prose has at most. */
#define COLUMN_BYTES_MAX 16

struct row {
	struct row *next;
	struct cell cells[]; /* their bytes stand behind the last one */
};

struct column_layout {
	size_t natural; /* widest so far, at most PAD_MAX */
	size_t width;	/* as drawn */
	bool numbers;	/* no text met yet; settled when the header is drawn */
	bool times;	/* nothing but them met yet */
	bool any;
};

struct table {
	struct row *first, **last;
	size_t rows, bytes;
	int64_t since_ms;
	bool drawn; /* the header stands: rows are no longer gathered */
	struct column_layout columns[];
};

/* ---- Widths ---- */

static bool is_number(const struct cell *c)
{
	return c->type == CELL_INT || c->type == CELL_REAL;
}

/* 2026-11-22T10:29:08Z, as the console writes them. */
static bool is_time(const struct cell *c)
{
	static const char form[] = "0000-00-00T00:00:00Z";
	size_t i = 0;

	if (c->type != CELL_TEXT || c->n != sizeof(form) - 1)
		return false;
	while (i < c->n && (form[i] == '0' ? c->p[i] >= '0' && c->p[i] <= '9' : c->p[i] == form[i]))
		i++;
	return i == c->n;
}

static size_t cell_width(const struct cell *c)
{
	char number[CELL_NUMBER_MAX];

	if (cell_has_bytes(c))
		return text_width(c->p, c->n);
	if (c->type == CELL_INT)
		return cell_int_text(c->i, number);
	return c->type == CELL_REAL ? cell_real_text(c->r, number) : 0;
}

static bool widen(struct column_layout *l, size_t width)
{
	if (width > PAD_MAX)
		width = PAD_MAX;
	if (width <= l->natural)
		return false;
	l->natural = width;
	return true;
}

/* True when a column became wider. */
static bool measure(struct table *t, const struct columns *columns, const struct cell *cells)
{
	bool wider = false;

	for (size_t i = 0; i < columns->n; i++)
		if (widen(&t->columns[i], cell_width(&cells[i])))
			wider = true;
	return wider;
}

static void note_types(struct table *t, const struct columns *columns, const struct cell *cells)
{
	for (size_t i = 0; i < columns->n; i++) {
		if (cells[i].type == CELL_NULL)
			continue;
		t->columns[i].numbers =
			is_number(&cells[i]) && (t->columns[i].numbers || !t->columns[i].any);
		t->columns[i].times =
			is_time(&cells[i]) && (t->columns[i].times || !t->columns[i].any);
		t->columns[i].any = true;
	}
}

static size_t shrunk(const struct column_layout *l, size_t cap)
{
	return l->numbers || l->times || l->natural < cap ? l->natural : cap;
}

static size_t total_width(const struct table *t, size_t n, size_t cap)
{
	size_t total = n > 0 ? (n - 1) * GAP : 0;

	for (size_t i = 0; i < n; i++)
		total += shrunk(&t->columns[i], cap);
	return total;
}

/* The widest columns of text give way first; numbers and times never do, a cut one would lie. */
static void fit(struct table *t, size_t n, unsigned width)
{
	size_t low = SHRINK_MIN, high = PAD_MAX;

	while (width > 0 && low < high) {
		size_t cap = (low + high + 1) / 2;

		if (total_width(t, n, cap) <= width)
			low = cap;
		else
			high = cap - 1;
	}
	for (size_t i = 0; i < n; i++)
		t->columns[i].width = shrunk(&t->columns[i], width > 0 ? low : PAD_MAX);
}

/* ---- Drawing ---- */

/* Cuts to `room` columns on a terminal; nothing is cut elsewhere. */
static int draw_text(struct format_state *f, const struct cell *c, size_t room, size_t *ret_width)
{
	char number[CELL_NUMBER_MAX];
	struct cell text = *c;

	if (is_number(c)) {
		text.p = number;
		text.n = (uint32_t)(c->type == CELL_INT ? cell_int_text(c->i, number)
							: cell_real_text(c->r, number));
	} else if (c->type == CELL_NULL) {
		text.p = "";
		text.n = 0;
	}
	if (f->width > 0)
		return text_escape_cut(&f->scratch, text.p, text.n, room, ret_width);
	*ret_width = text_width(text.p, text.n);
	return text_escape(&f->scratch, text.p, text.n);
}

struct pen {
	size_t used;	/* columns of the line drawn so far */
	size_t pending; /* blanks to draw before the next text: none are left at a line's end */
};

static int draw_cell(struct format_state *f, struct pen *pen, const struct column_layout *l,
	const struct cell *c)
{
	size_t room = l->width, width, at = pen->used + pen->pending, pad;
	int r;

	if (f->width > 0 && at >= f->width)
		return 0;
	if (f->width > 0 && room > f->width - at)
		room = f->width - at;
	buf_reset(&f->scratch);
	r = draw_text(f, c, room, &width);
	if (r < 0)
		return r;
	pad = width < room ? room - width : 0;
	if (l->numbers) {
		pen->pending += pad;
		pad = 0;
	}
	if (width > 0) {
		r = buf_fill(&f->line, ' ', pen->pending);
		if (r == 0)
			r = buf_add(&f->line, f->scratch.p, f->scratch.len);
		pen->used += pen->pending + width;
		pen->pending = 0;
	}
	pen->pending += pad + GAP;
	return r;
}

/* Bytes of a word that fit into `room` columns; one character at least. */
static size_t part_of(struct span word, size_t room)
{
	size_t n = 0, used = 0;

	while (n < word.n) {
		uint32_t cp;
		size_t one = utf8_decode(word.p + n, word.n - n, &cp);

		one = one ? one : 1;
		used += text_width(word.p + n, one);
		if (n > 0 && used > room)
			break;
		n += one;
	}
	return n;
}

/* Not all of a long text is measured for each of its lines. */
static bool fits(const char *p, size_t n, size_t room)
{
	return n <= room * COLUMN_BYTES_MAX && text_width(p, n) <= room;
}

/* Bytes of the text that make one line of `room` columns: whole words, or a part of one. */
static size_t line_of(struct span text, size_t room)
{
	size_t n = 0;

	while (n < text.n) {
		const char *blank = memchr(text.p + n + 1, ' ', text.n - n - 1);
		size_t next = blank ? (size_t)(blank - text.p) : text.n;

		if (!fits(text.p, next, room))
			return n > 0 ? n : part_of((struct span){text.p, next}, room);
		n = next;
	}
	return n;
}

/* A word that is too long goes on in the next line, too. */
static int draw_prose(struct format_state *f, struct pen *pen, const struct cell *c)
{
	size_t indent = pen->used + pen->pending;
	const struct column_layout rest = {.width = f->width > indent ? f->width - indent : 0};
	struct span text = {c->p, c->n};
	int r;

	for (;;) {
		struct cell line = {.type = CELL_TEXT, .p = text.p};

		line.n = (uint32_t)line_of(text, rest.width);
		r = draw_cell(f, pen, &rest, &line);
		text = (struct span){text.p + line.n, text.n - line.n};
		/* The blank between the two lines. */
		if (text.n && *text.p == ' ')
			text = (struct span){text.p + 1, text.n - 1};
		if (r < 0 || !text.n)
			return r;
		r = buf_putc(&f->line, '\n');
		*pen = (struct pen){.pending = indent};
		if (r < 0)
			return r;
	}
}

static bool is_prose(const struct format_state *f, const struct pen *pen, const struct cell *c)
{
	return f->prose && cell_has_bytes(c) && f->width >= pen->used + pen->pending + PROSE_MIN;
}

static int draw_row(struct format_state *f, const struct cell *cells)
{
	struct table *t = f->own;
	struct pen pen = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < f->columns->n; i++)
		if (i + 1 == f->columns->n && is_prose(f, &pen, &cells[i]))
			r = draw_prose(f, &pen, &cells[i]);
		else
			r = draw_cell(f, &pen, &t->columns[i], &cells[i]);
	return r < 0 ? r : buf_putc(&f->line, '\n');
}

static int draw_header(struct format_state *f)
{
	struct table *t = f->own;
	struct pen pen = {0};
	int r = f->colour ? buf_puts(&f->line, "\033[1m") : 0;

	for (size_t i = 0; r == 0 && i < f->columns->n; i++) {
		const char *name = f->columns->names[i];
		struct cell c = {.type = CELL_TEXT, .n = (uint32_t)strlen(name), .p = name};

		r = draw_cell(f, &pen, &t->columns[i], &c);
	}
	if (r == 0 && f->colour)
		r = buf_puts(&f->line, "\033[0m");
	return r < 0 ? r : buf_putc(&f->line, '\n');
}

/* Header and gathered rows; from here on rows stream. */
static int draw_gathered(struct format_state *f)
{
	struct table *t = f->own;
	int r;

	fit(t, f->columns->n, f->width);
	r = draw_header(f);
	t->drawn = true;
	for (struct row *row = t->first, *next; row; row = next) {
		next = row->next;
		if (r == 0)
			r = draw_row(f, row->cells);
		free(row);
	}
	t->first = NULL;
	return r;
}

/* ---- The format ---- */

static int title(struct format_state *f, const char *name, const char *text)
{
	int r = f->colour ? buf_puts(&f->line, "\033[1m") : 0;

	if (r == 0)
		r = text_escape(&f->line, name, strlen(name));
	if (r == 0 && text)
		r = buf_puts(&f->line, ": ");
	if (r == 0 && text)
		r = text_escape(&f->line, text, strlen(text));
	if (r == 0 && f->colour)
		r = buf_puts(&f->line, "\033[0m");
	return r < 0 ? r : buf_putc(&f->line, '\n');
}

static int header(struct format_state *f)
{
	struct table *t = calloc(1, sizeof(*t) + f->columns->n * sizeof(t->columns[0]));

	if (!t)
		return -ENOMEM;
	t->last = &t->first;
	f->own = t;
	for (size_t i = 0; i < f->columns->n; i++)
		widen(&t->columns[i],
			text_width(f->columns->names[i], strlen(f->columns->names[i])));
	return 0;
}

static struct row *row_copy(const struct cell *cells, size_t n, size_t *ret_size)
{
	size_t size = sizeof(struct row) + n * sizeof(*cells);
	struct row *row;
	char *bytes;

	for (size_t i = 0; i < n; i++)
		if (cell_has_bytes(&cells[i]))
			size += cells[i].n;
	row = malloc(size);
	if (!row)
		return NULL;
	row->next = NULL;
	bytes = (char *)&row->cells[n];
	for (size_t i = 0; i < n; i++) {
		row->cells[i] = cells[i];
		if (!cell_has_bytes(&cells[i]))
			continue;
		row->cells[i].p = bytes;
		if (cells[i].n > 0)
			memcpy(bytes, cells[i].p, cells[i].n);
		bytes += cells[i].n;
	}
	*ret_size = size;
	return row;
}

static int gather(struct format_state *f, const struct cell *cells)
{
	struct table *t = f->own;
	size_t size;
	struct row *row = row_copy(cells, f->columns->n, &size);

	if (!row)
		return -ENOMEM;
	if (t->rows == 0)
		t->since_ms = clock_mono_ms();
	*t->last = row;
	t->last = &row->next;
	t->rows++;
	t->bytes += size;
	note_types(t, f->columns, cells);
	measure(t, f->columns, cells);
	return t->rows >= GATHER_ROWS || t->bytes >= GATHER_BYTES ? draw_gathered(f) : 0;
}

static int row(struct format_state *f, const struct cell *cells)
{
	struct table *t = f->own;

	if (!t->drawn)
		return gather(f, cells);
	if (measure(t, f->columns, cells))
		fit(t, f->columns->n, f->width);
	return draw_row(f, cells);
}

static int flush(struct format_state *f)
{
	struct table *t = f->own;

	if (!f->tty || t->drawn || t->rows == 0 || clock_mono_ms() - t->since_ms < GATHER_MS)
		return 0;
	return draw_gathered(f);
}

static int end(struct format_state *f)
{
	struct table *t = f->own;

	return t && !t->drawn ? draw_gathered(f) : 0;
}

static void done(struct format_state *f)
{
	struct table *t = f->own;

	for (struct row *row = t ? t->first : NULL, *next; row; row = next) {
		next = row->next;
		free(row);
	}
	free(t);
}

const struct format format_table = {
	.name = "table",
	.doc = "aligned columns; on a terminal cut to its width",
	.suffix = "txt",
	.title = title,
	.header = header,
	.row = row,
	.flush = flush,
	.end = end,
	.done = done,
};
