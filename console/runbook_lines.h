/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of a runbook line by line, those joined that a \ at their end goes on from. */
#ifndef CONSOLE_RUNBOOK_LINES_H
#define CONSOLE_RUNBOOK_LINES_H

#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"
#include "console/runbook.h"

struct runbook_lines {
	struct span rest, text;
	unsigned line;	   /* of the text, from 1 */
	unsigned next;	   /* of the rest */
	struct buf joined; /* the text, where it has joins */
	struct runbook_join *joins;
	size_t n_joins, joins_cap;
};

void runbook_lines_init(struct runbook_lines *l, struct span text);
void runbook_lines_done(struct runbook_lines *l);
/*
 * The next one, without its end: l->text, at l->line. 1; 0: there is none. -errno with `err`:
 * it is too long, or no text.
 */
int runbook_lines_next(struct runbook_lines *l, struct err *err);

#endif
