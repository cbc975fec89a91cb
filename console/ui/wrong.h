/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The place of a mistake in what was typed: underlined, and pointed at from below. */
#ifndef CONSOLE_UI_WRONG_H
#define CONSOLE_UI_WRONG_H

#include "console/blame.h"

#define WRONG_ROWS 2

/* Of a text of several lines, or a long one, what is about the place. Takes WRONG_ROWS rows. */
void wrong_draw(int y, int x, int w, const char *label, const char *text, const struct blame *b);

#endif
