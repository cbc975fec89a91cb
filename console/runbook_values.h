/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values of a runbook: which there are, and where in a line they may stand. */
#ifndef CONSOLE_RUNBOOK_VALUES_H
#define CONSOLE_RUNBOOK_VALUES_H

#include "common/err.h"
#include "common/str.h"
#include "console/runbook.h"

#include <stdbool.h>

/* All: 0 or -errno with `err`; *column is the place of what is wrong. */

/* `param NAME[=DEFAULT] [words about it]` */
int runbook_values_declare(struct runbook *b, const struct runbook_line *l, struct err *err);
/* Those of the line's words are there; it takes them. */
int runbook_values_check(struct runbook *b, const struct runbook_line *l, bool in_foreach,
	unsigned *column, struct err *err);
/* They become neither SQL nor the name of what is asked; SQL's own :names are there. */
int runbook_values_places(
	struct runbook *b, const struct runbook_line *l, unsigned *column, struct err *err);
/* Is SQL, which is taken as it stands, without any? */
int runbook_values_none(struct span sql, struct err *err);

#endif
