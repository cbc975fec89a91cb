/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is shown of some results, and in which order: filtered, sorted, folded, by a thread of its
 * own, so that keys and intake never wait for it.
 *
 * Functions are for one thread, which is also the results' writer, unless they say otherwise.
 */
#ifndef CONSOLE_VIEW_H
#define CONSOLE_VIEW_H

#include "common/err.h"
#include "console/filter.h"
#include "console/results.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIEW_HOST  (-1) /* the host as a column to sort by */
#define VIEW_COUNT (-2) /* folded: how many hosts have the row */
#define VIEW_NONE  (-3)
#define VIEW_KEYS  2
/* How soon after one pass over the rows the next one begins, as a multiple of its duration. */
#define VIEW_PAUSE_TIMES 2

struct view_key {
	int column; /* of the results, or one of the above */
	bool descending;
};

struct view_spec {
	const char *filter; /* "" or NULL: every row */
	struct view_key keys[VIEW_KEYS];
	bool fold; /* rows that are equal but for the host and `skip` are one */
	/* Columns that do not count when folding; `n_skip` of them, later ones count. */
	const bool *skip;
	size_t n_skip;
	bool gone;    /* ROW_GONE rows as well */
	bool changes; /* ROW_WAS rows as well; what differs comes first, and folds apart */
};

/* One line: a row, or several that were folded, of which it is the first. */
struct view_line {
	row_id row;
	uint32_t hosts; /* that have it; 1 unless folded */
};

struct view_lines {
	const struct view_line *of;
	size_t n;
	size_t rows;	  /* answers that passed the filter */
	size_t all;	  /* that might have */
	uint64_t version; /* of the results they are of */
};

struct view;
struct view_of {
	const struct results *results;	 /* must stay until view_free */
	const struct host_config *hosts; /* likewise; those that host_ids are of */
	size_t n_hosts;
	struct humane_who who; /* called by any thread; may have no function */
};
/* `ready` is called by the view's thread when there is something to take. NULL with `err`. */
struct view *view_new(
	const struct view_of *of, void (*ready)(void *arg), void *arg, struct err *err);
void view_free(struct view *v);
/* A filter such as the view's own would be, for its caller's thread. NULL with `err`. */
struct filter *view_filter(const struct view *v, const char *text, size_t *ret_at, struct err *err);

/*
 * From now on that (copied). 0, -EINVAL with `err` for a filter that cannot be read (*ret_at:
 * where; what was shown stays), -ENOMEM.
 */
int view_set(struct view *v, const struct view_spec *spec, size_t *ret_at, struct err *err);
/* The results have more rows or other marks. */
void view_poke(struct view *v);
/*
 * True when there is something newer than before. The lines stay until the next call that returns
 * true, whatever the thread does.
 */
bool view_take(struct view *v, struct view_lines *ret);
/* Is everything that was set and poked in the lines taken last? */
bool view_settled(struct view *v);

/*
 * Calls `take` with each row that was folded into one of the n lines, which are of the spec that
 * was set last: one look at all rows, however many lines there are. 0 or -ENOMEM.
 */
int view_unfold(struct view *v, const struct view_line *lines, size_t n,
	void (*take)(void *arg, row_id row), void *arg);

#endif
