/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which rows are wanted: terms between blanks, of which all must hold; none holds for every row.
 * Case does not matter; "…" keeps blanks together.
 *
 *   text         some cell, or the host's name, has it in it; the name of a user, group or
 *                service that is shown for a number counts as well, here and below
 *   ~regex       some cell, or the host's name, matches (regex(7), extended)
 *   col=value    the cell is that, with * and ? as in file names; "" is an empty cell
 *   col~regex    the cell matches
 *   col>7 col<7  by number where both are, else by text; >= and <= as well
 *   !term        the term does not hold; col!=value is !col=value
 *
 * `host` is the host's name. A term about a column that no row has holds for no row.
 */
#ifndef CONSOLE_FILTER_H
#define CONSOLE_FILTER_H

#include "common/err.h"
#include "console/humane.h"
#include "console/results.h"

#include <stdbool.h>

#define FILTER_TERMS_MAX 32
#define FILTER_TEXT_MAX	 1024
/* Bytes of one cell that a regex looks at. */
#define FILTER_REGEX_MAX (64u << 10)

struct filter;
/*
 * NULL with `err`: too long, too many terms, a regex that is none; *ret_at (may be NULL) is where.
 * Each text of the results is looked at once per term, so a filter belongs to one struct results
 * and one thread. `hosts`: those that host_ids are of; both must stay. `who` (copied, or NULL)
 * knows the names of users: new ones are seen by a new filter.
 */
struct filter *filter_new(const char *text, const struct results *r,
	const struct host_config *hosts, size_t n_hosts, const struct humane_who *who,
	size_t *ret_at, struct err *err);
void filter_free(struct filter *f);
bool filter_wants(struct filter *f, row_id row);

#endif
