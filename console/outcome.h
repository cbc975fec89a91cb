/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of actions: one per outcome, the same columns for each of them. */
#ifndef CONSOLE_OUTCOME_H
#define CONSOLE_OUTCOME_H

#include "common/wire.h"
#include "console/ask.h"

#include <jansson.h>
#include <stdbool.h>

struct outcome_row {
	host_id host;
	const char *action, *target, *detail, *id; /* NULL: "" */
	enum wire_status status;
	const json_t *before, *after, *undo; /* objects, or NULL */
};

/* *header: whether the columns were given already. An outcome that is not good makes the run
 * incomplete. 0 or -errno. */
int outcome_put(struct ask *a, const struct app *app, bool *header, const struct outcome_row *row);

#endif
