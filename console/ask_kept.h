/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a caller of a command keeps of what comes (app->kept): filled by ask_begin … ask_end, and by
 * commands that show rows of their own. NULL: nobody wants it.
 */
#ifndef CONSOLE_ASK_KEPT_H
#define CONSOLE_ASK_KEPT_H

#include "console/answers.h"
#include "console/results.h"

#include <stdbool.h>
#include <stddef.h>

/* A host that did not answer, or not with all its rows. */
struct ask_trouble {
	char *host, *error; /* error: hostile bytes possible, or NULL */
	enum host_state state;
	bool truncated;
};

/*
 * The rows are made by the caller; of a command that makes rows of its own they are all those of
 * host 0, perhaps with a column `host`.
 */
struct ask_kept {
	struct results *rows;
	size_t hosts, answered;
	bool own;
	struct ask_trouble *troubles; /* n_troubles of them, in the hosts' order */
	size_t n_troubles;
};

/* Rows that a command makes, `host` among their columns or not. Without memory fewer are kept. */
void ask_kept_header(struct ask_kept *k, const char *const *columns, size_t n);
void ask_kept_row(struct ask_kept *k, const struct cell *cells);
/* What came of the hosts. Without memory fewer troubles are kept. */
void ask_kept_outcome(struct ask_kept *k, const struct answers *a, const struct host_config *hosts);
/* Frees the rows too. */
void ask_kept_done(struct ask_kept *k);

#endif
