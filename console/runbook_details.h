/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How each kind of line of a runbook is written. */
#ifndef CONSOLE_RUNBOOK_DETAILS_H
#define CONSOLE_RUNBOOK_DETAILS_H

#include "common/err.h"
#include "console/runbook.h"

/* Fills what the line's kind has. 0 or -EINVAL with `err`; *column may become the place. */
int runbook_details(struct runbook_line *l, unsigned *column, struct err *err);

#endif
