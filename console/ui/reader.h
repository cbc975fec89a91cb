/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What panes of texts share: lines of which a part is seen, moved in, and looked through. */
#ifndef CONSOLE_UI_READER_H
#define CONSOLE_UI_READER_H

#include "common/buf.h"
#include "common/str.h"
#include "console/ui/pane.h"

#include <stdbool.h>
#include <stddef.h>

/* Lines that are shown. */
#define READER_LINES_MAX 1000000

/* The head of such a pane. */
struct reader {
	struct pane p;
	struct buf text;
	struct span *lines; /* of it */
	size_t n, cap;
	size_t top, left; /* what is scrolled away: lines, characters */
	char *needle;	  /* what is looked for, or NULL */
	size_t found;	  /* the line where it was found last, or the one on top */
	bool heads;	  /* lines that do not begin with a blank are headings */
};

/* Takes the text over, instead of the one before; the place in it stays. */
void reader_set(struct reader *r, struct buf *text);
void reader_done(struct reader *r);
/* Which lines are seen, and what is looked for: to be put behind a title. */
void reader_title(const struct reader *r, struct buf *out);
void reader_draw(struct reader *r, struct area a);

/* For their kinds. */
extern const struct ui_command reader_commands[];
extern const struct ui_binding reader_bindings[];

#endif
