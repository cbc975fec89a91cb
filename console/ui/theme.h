/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How each style looks, by theme and number of colours. To add a theme: a row of looks in theme.c.
 * No state is told by colour alone: words or signs stand beside it.
 */
#ifndef CONSOLE_UI_THEME_H
#define CONSOLE_UI_THEME_H

#include "console/ui/screen.h"

struct theme;

struct look {
	int fg, bg; /* numbers of the terminal's colours; -1: its own */
	bool bold, dim, reverse, underline;
};

/* NULL: no such theme. */
const struct theme *theme_find(const char *name);
/* `colours`: 0, 8, 16 or 256. */
struct look theme_look(const struct theme *t, enum style style, int colours);

#endif
