/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is made of the rows of all hosts once they are there: equal rows folded (--fold), only what
 * deviates from a baseline (--new), a second SQL over them (--sql).
 */
#ifndef CONSOLE_GATHER_H
#define CONSOLE_GATHER_H

#include "common/err.h"
#include "common/opts.h"
#include "console/ask_kept.h"
#include "console/output.h"
#include "console/results.h"

#include <stdbool.h>
#include <stddef.h>

struct gather {
	bool fold, rare_first, fresh;
	const char *sql;
};
/* The rows of an option table for a command whose values hold a struct gather as `field`. */
#define GATHER_OPTS(values, field)                                                                 \
	{0, "fold", NULL, OPT_FLAG, offsetof(values, field.fold),                                  \
		.doc = "equal rows once, with how many hosts have them"},                          \
		{0, "rare-first", NULL, OPT_FLAG, offsetof(values, field.rare_first),              \
			.doc = "with --fold: what the fewest hosts have comes first"},             \
	{                                                                                          \
		0, "sql", "SQL", OPT_STRING, offsetof(values, field.sql),                          \
			.doc = "ask the rows themselves, as the table `rows`, on this machine"     \
	}

bool gather_wanted(const struct gather *g);
/* What does not go together: 0 or -EINVAL with `err`. */
int gather_check(const struct gather *g, struct err *err);

struct gathered {
	const struct results *rows;
	const char *const *hosts; /* names, by the number that rows have */
	const char *query;	  /* value of a column `query` behind host, or NULL */
	const char *ignore;	  /* columns between blanks that make no row another, or NULL */
	/*
	 * Which rows count, per row: NULL for all. With it rows are shown with the number of hosts
	 * that share them, the rarest first.
	 */
	const bool *wanted;
	struct ask_kept *kept; /* the answer of --sql is kept here too; NULL: it is not */
};
/*
 * Puts the header and rows. *header: whether it was put already. 0 or -errno: of `o`; with words in
 * `err` of the SQL or for want of memory.
 */
int gather_put(const struct gather *g, const struct gathered *of, struct output *o, bool *header,
	size_t *ret_rows, struct err *err);
/* gather_put's part for --sql. */
int gather_sql(const char *sql, const struct gathered *of, struct output *o, bool *header,
	size_t *ret_rows, struct err *err);

#endif
