/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines in columns under a header, with a cursor: results, hosts, saved queries. */
#ifndef CONSOLE_UI_GRID_H
#define CONSOLE_UI_GRID_H

#include "common/buf.h"
#include "console/ui/pane.h"

/* Columns on one screen, and what a column may take unless it was widened. */
#define GRID_COLUMNS_MAX 513
#define GRID_WIDTH_MAX	 44
#define GRID_WIDTH_LEAST 3

struct grid_source {
	size_t lines, columns;
	const char *(*name)(void *arg, size_t column);
	/* The cell as people read it. True: to the right, as numbers stand. */
	bool (*cell)(void *arg, size_t line, size_t column, struct buf *out);
	/* Of the whole line; and a sign of one column before it, ' ' for none. */
	enum style (*style)(void *arg, size_t line, char *ret_sign);
	/*
	 * A text in place of all cells from column *ret_from on, in a line that has nothing there.
	 * False: it has. May be NULL.
	 */
	bool (*span)(void *arg, size_t line, size_t *ret_from, struct buf *out);
	/*
	 * Sorted by this column: 1 upward, -1 downward, 2 and -2 among those that are equal by
	 * then; 0 not. May be NULL.
	 */
	int (*sorted)(void *arg, size_t column);
	/* What is done to a column is done to this one. NULL: the one sorted by. */
	bool (*acts)(void *arg, size_t column);
	void *arg;
};

struct grid {
	struct list list;
	size_t left;   /* the first column that is shown behind the frozen ones */
	size_t frozen; /* columns that stay on the left */
	uint16_t widths[GRID_COLUMNS_MAX]; /* as wide as what was seen needs, up to the above */
	uint16_t needs[GRID_COLUMNS_MAX];  /* as wide as that really is */
	uint16_t spare[GRID_COLUMNS_MAX];  /* what this terminal has more */
	int16_t widened[GRID_COLUMNS_MAX]; /* by hand */
	size_t at;			   /* the column that commands are about */
};

/* Forgets the widths: other columns are shown. */
void grid_reset(struct grid *g);
/* Moves the columns so that this one is in sight, as far as those drawn last tell. */
void grid_show(struct grid *g, const struct grid_source *s, int w, size_t column);
void grid_draw(struct grid *g, const struct grid_source *s, struct area a, bool focus);
/* The line of the source at row y of the area, or SIZE_MAX: none, the header is row 0. */
size_t grid_line_at(const struct grid *g, const struct grid_source *s, int y);
/* Likewise the column at x of an area `w` wide. */
size_t grid_column_at(const struct grid *g, const struct grid_source *s, int w, int x);

#endif
