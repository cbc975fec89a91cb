/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/ui/grid.h"

#include "common/text.h"

#include <stdint.h>
#include <string.h>

/* Bytes of a cell that are looked at: no screen is wider. */
#define CELL_MAX (8 * SCREEN_MAX_COLS)
#define GAP	 2

void grid_reset(struct grid *g)
{
	memset(g->widths, 0, sizeof(g->widths));
	memset(g->needs, 0, sizeof(g->needs));
	memset(g->widened, 0, sizeof(g->widened));
	g->left = g->at = 0;
}

static size_t columns(const struct grid_source *s)
{
	return s->columns < GRID_COLUMNS_MAX ? s->columns : GRID_COLUMNS_MAX;
}

/* Columns grow with what comes into sight and never shrink again: nothing jumps while scrolling. */
static void measure(struct grid *g, const struct grid_source *s, int h)
{
	struct buf text;

	buf_init(&text, CELL_MAX);
	for (size_t c = 0; c < columns(s); c++) {
		const char *name = s->name(s->arg, c);
		int sorted = s->sorted ? s->sorted(s->arg, c) : 0;
		size_t w = text_width(name, strlen(name)) + (sorted > 1 || sorted < -1 ? 2 : 1);

		for (size_t i = g->list.top; i < s->lines && i < g->list.top + (size_t)h; i++) {
			size_t cell;

			buf_reset(&text);
			(void)s->cell(s->arg, i, c, &text);
			cell = text_width(buf_str(&text), text.len);
			w = cell > w ? cell : w;
		}
		w = w < SCREEN_MAX_COLS ? w : SCREEN_MAX_COLS;
		if (w > g->needs[c])
			g->needs[c] = (uint16_t)w;
		g->widths[c] = g->needs[c] < GRID_WIDTH_MAX ? g->needs[c] : GRID_WIDTH_MAX;
	}
	buf_done(&text);
}

static int width(const struct grid *g, size_t column)
{
	int w = g->widths[column] + g->spare[column] + g->widened[column];

	return w > GRID_WIDTH_LEAST ? w : GRID_WIDTH_LEAST;
}

/* The column that is shown after this one; SIZE_MAX to begin with. */
static size_t next_column(const struct grid *g, const struct grid_source *s, size_t column)
{
	size_t next = column == SIZE_MAX ? 0 : column + 1;

	if (next >= g->frozen && next < g->frozen + g->left)
		next = g->frozen + g->left;
	return next < columns(s) ? next : SIZE_MAX;
}

/* Where all columns are in sight, what is left over goes to those that are cut, the first ones
 * first. */
static void share_out(struct grid *g, const struct grid_source *s, int w)
{
	int left = w - 1;

	memset(g->spare, 0, sizeof(g->spare));
	for (size_t c = next_column(g, s, SIZE_MAX); c != SIZE_MAX; c = next_column(g, s, c))
		left -= width(g, c) + GAP;
	for (size_t c = next_column(g, s, SIZE_MAX); c != SIZE_MAX && left > 0;
		c = next_column(g, s, c)) {
		int more = g->needs[c] - g->widths[c];

		more = more < left ? more : left;
		g->spare[c] = (uint16_t)(more > 0 ? more : 0);
		left -= g->spare[c];
	}
}

/* The last one takes what is left; one that does not fit is cut. */
static int room(const struct grid *g, const struct grid_source *s, size_t column, int left)
{
	int w = width(g, column);

	return next_column(g, s, column) == SIZE_MAX || w > left ? left : w;
}

static void draw_header(const struct grid *g, const struct grid_source *s, struct area a)
{
	int x = a.x + 1, end = a.x + a.w;
	size_t c;

	screen_text(a.y, a.x, a.w, STYLE_HEADER, true, "", 0);
	for (c = next_column(g, s, SIZE_MAX); c != SIZE_MAX && x < end; c = next_column(g, s, c)) {
		static const char *const signs[] = {"v2", "v", "", "^", "^2"};
		int sorted = s->sorted ? s->sorted(s->arg, c) : 0, w = room(g, s, c, end - x);
		bool acts = s->acts ? s->acts(s->arg, c) : sorted != 0;

		screen_print(a.y, x, w, acts ? STYLE_SORTED : STYLE_HEADER, false, "%s%s",
			s->name(s->arg, c), signs[sorted + 2]);
		x += w + GAP;
	}
	/* What is out of sight is on that side. */
	if (g->left)
		screen_text(a.y, a.x, 1, STYLE_KEY, false, "<", 1);
	if (c != SIZE_MAX)
		screen_text(a.y, end - 1, 1, STYLE_KEY, false, ">", 1);
}

static void draw_line(const struct grid *g, const struct grid_source *s, size_t line, int y,
	struct area a, bool at, struct buf *text)
{
	int x = a.x + 1, end = a.x + a.w;
	char sign = ' ';
	enum style style = s->style(s->arg, line, &sign);
	size_t span = SIZE_MAX;

	if (at)
		style = style == STYLE_MARKED ? STYLE_BOTH : STYLE_SELECTED;
	screen_text(y, a.x, a.w, style, true, &sign, 1);
	for (size_t c = next_column(g, s, SIZE_MAX); c != SIZE_MAX && x < end;
		c = next_column(g, s, c)) {
		int w = room(g, s, c, end - x), pad = 0;
		bool right;

		buf_reset(text);
		if (s->span && s->span(s->arg, line, &span, text) && c >= span) {
			screen_text(y, x, end - x, style, false, buf_str(text), text->len);
			return;
		}
		buf_reset(text);
		right = s->cell(s->arg, line, c, text);
		if (right && next_column(g, s, c) != SIZE_MAX)
			pad = w - (int)text_width(buf_str(text), text->len);
		if (pad < 0)
			pad = 0;
		screen_text(y, x + pad, w - pad, style, false, buf_str(text), text->len);
		x += w + GAP;
	}
}

static bool in_sight(const struct grid *g, const struct grid_source *s, int w, size_t column)
{
	int x = 1;

	for (size_t c = next_column(g, s, SIZE_MAX); c != SIZE_MAX; c = next_column(g, s, c)) {
		if (c == column)
			return x + (width(g, c) < w - 1 ? width(g, c) : 1) <= w;
		x += width(g, c) + GAP;
	}
	return false;
}

void grid_show(struct grid *g, const struct grid_source *s, int w, size_t column)
{
	if (column < g->frozen)
		return;
	if (column < g->frozen + g->left)
		g->left = column - g->frozen;
	while (g->frozen + g->left < column && !in_sight(g, s, w, column))
		g->left++;
}

void grid_draw(struct grid *g, const struct grid_source *s, struct area a, bool focus)
{
	int h = a.h - 1;
	struct buf text;

	if (g->frozen + g->left >= columns(s))
		g->left = columns(s) > g->frozen ? columns(s) - g->frozen - 1 : 0;
	list_fit(&g->list, s->lines, h);
	measure(g, s, h);
	share_out(g, s, a.w);
	draw_header(g, s, a);
	buf_init(&text, CELL_MAX);
	for (int i = 0; i < h && g->list.top + (size_t)i < s->lines; i++) {
		size_t line = g->list.top + (size_t)i;

		draw_line(g, s, line, a.y + 1 + i, a, focus && line == g->list.at, &text);
	}
	buf_done(&text);
}

size_t grid_column_at(const struct grid *g, const struct grid_source *s, int w, int x)
{
	int from = 1;

	for (size_t c = next_column(g, s, SIZE_MAX); c != SIZE_MAX && from < w;
		c = next_column(g, s, c)) {
		int width = room(g, s, c, w - from);

		/* The gap behind it is its own. */
		if (x < from + width + GAP)
			return c;
		from += width + GAP;
	}
	return SIZE_MAX;
}

size_t grid_line_at(const struct grid *g, const struct grid_source *s, int y)
{
	size_t line = g->list.top + (size_t)(y - 1);

	return y < 1 || line >= s->lines ? SIZE_MAX : line;
}
