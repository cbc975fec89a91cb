/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Panes beside and above each other: a tree of splits. Knows nothing of what is in them. */
#ifndef CONSOLE_UI_LAYOUT_H
#define CONSOLE_UI_LAYOUT_H

#include "console/ui/pane.h"

/* At once on the screen. */
#define LAYOUT_PANES_MAX 16
/* Rows (with the title) and columns below which nothing is split. */
#define LAYOUT_MIN_H 4
#define LAYOUT_MIN_W 20

struct layout;
/* With one pane. NULL when out of memory. */
struct layout *layout_new(struct pane *p);
/* Panes are the caller's. */
void layout_free(struct layout *l);

/* Puts `p` behind `beside`: to its right, or below it. 0, -ENOMEM, -ENOSPC (too many, too small).
 */
int layout_split(struct layout *l, struct pane *beside, struct pane *p, bool below);
/* Takes it out; the pane that gets its room, NULL when it was the last one. */
struct pane *layout_remove(struct layout *l, struct pane *p);
void layout_replace(struct layout *l, struct pane *old, struct pane *p);
/* Only that one is shown, or all again (NULL). */
void layout_zoom(struct layout *l, struct pane *p);
struct pane *layout_zoomed(const struct layout *l);
/* Moves the nearest border by so many rows or columns. */
void layout_resize(struct layout *l, struct pane *p, int rows, int cols);

/* Gives each pane its area, title line included; calls `put` for each that is shown. */
void layout_arrange(struct layout *l, struct area a,
	void (*put)(void *arg, struct pane *p, struct area a), void *arg);
/* A border line drawn between two panes side by side: after layout_arrange. */
void layout_borders(const struct layout *l, void (*put)(void *arg, int y, int x, int h), void *arg);

size_t layout_count(const struct layout *l);
/* In the order of reading. */
struct pane *layout_at(const struct layout *l, size_t i);
struct pane *layout_next(const struct layout *l, const struct pane *p, int by);
/* The nearest one in this direction (dy, dx of -1, 0, 1), or NULL. */
struct pane *layout_toward(const struct layout *l, const struct pane *p, int dy, int dx);

#endif
