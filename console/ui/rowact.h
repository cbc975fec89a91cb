/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An action on rows: what of a row is the target, by the names of its columns. */
#ifndef CONSOLE_UI_ROWACT_H
#define CONSOLE_UI_ROWACT_H

#include "common/err.h"
#include "console/results.h"

#include <stddef.h>

struct ui;

struct rowact_rows {
	const struct results *of;
	const row_id *ids;
	size_t n;
	const char *target; /* the hosts that were asked for them, as a person gave them */
};

/*
 * Opens the plan of the action argv[0], with the options behind it, on these rows: processes by
 * `pid` and `start_time`, files by `path`, hosts; `get` begins at once. A target that stands in
 * several rows is one. 0 or -errno with `err`.
 */
int rowact_open(
	struct ui *ui, const struct rowact_rows *rows, int argc, char **argv, struct err *err);

#endif
