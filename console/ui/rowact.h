/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An action on rows: what of a row is the target, by the names of its columns. */
#ifndef CONSOLE_UI_ROWACT_H
#define CONSOLE_UI_ROWACT_H

#include "common/err.h"
#include "console/results.h"

#include <stddef.h>

struct ui;

/*
 * Opens the plan of the action argv[0], with the options behind it, on these rows: processes by
 * `pid` and `start_time`, files by `path` (or the column of --column), hosts. A target that stands
 * in several rows is one. 0 or -errno with `err`.
 */
int rowact_open(struct ui *ui, const struct results *r, const row_id *rows, size_t n, int argc,
	char **argv, struct err *err);

#endif
