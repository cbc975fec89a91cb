/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One scan of one table: the engine's side of agentd/table.h. vtab.c drives it, tables write rows
 * into it. Rows are gathered in a chunk, which holds what one step() emitted and whose memory is
 * used again for the next step and the next scan.
 *
 * The inner loop of a join that has no key to look up scans the same over and over. The second time
 * that a scan is asked the same its rows are kept, as far as they are few (SCAN_KEEP_MAX), and
 * given out again from the third time on: the table is not read a thousand times.
 *
 * All memory comes from SQLite's allocator, so that its hard heap limit bounds it too.
 */
#ifndef AGENTD_SCAN_H
#define AGENTD_SCAN_H

#include "agentd/notes.h"
#include "agentd/table.h"
#include "common/err.h"

#include <sqlite3.h>
#include <stdatomic.h>

/* Bytes of rows that one step may emit. */
#define SCAN_CHUNK_MAX (16u << 20)
/* Bytes of one value; what is longer is cut, with a warning. */
#define SCAN_VALUE_MAX (1u << 20)
/* Bytes of a scan's rows that are kept for another one that asks the same. */
#define SCAN_KEEP_MAX (2u << 20)
/* Constraints handed to a table; the others are left to SQLite. */
#define SCAN_CONSTRAINTS_MAX 32

enum scan_stopped {
	SCAN_RUNS,
	SCAN_CANCELLED,
	SCAN_TIMED_OUT,
};

/* What all scans of one query share. */
struct scan_query {
	const struct root *root;
	const char *state_dir;
	const atomic_bool *cancelled;	/* may be NULL */
	int64_t deadline_ms;		/* on clock_mono_ms, plus *blocked_ms */
	const atomic_llong *blocked_ms; /* may be NULL */
	enum scan_stopped stopped;	/* why, once scan_query_stop was true */
	struct notes notes;
	struct err err; /* what scan_error said first */
	/* A table whose required column had no usable constraint in some plan. */
	const struct table *unconstrained;
	/* SQLite is reading a table's columns, for which it asks the authorizer as for CREATE. */
	bool declaring;
	struct scan_shared *shared; /* what tables keep for the whole query, see scan_shared */
};

/* Frees what the query's tables shared, once no scan is left. */
void scan_query_done(struct scan_query *q);
/* Is the query cancelled or out of time? Stays true once it was. */
bool scan_query_stop(struct scan_query *q);

/* A constraint chosen by the planner, before its value is known. */
struct scan_plan_term {
	unsigned col;
	enum scan_op op;
	bool is; /* IS rather than =: NULL is a value like others */
};

/* NULL when out of memory. */
struct scan *scan_new(const struct table *table, struct scan_query *query);
/* Closes the table's scan if one is open. Accepts NULL. */
void scan_free(struct scan *s);

/*
 * Starts over with other constraints and goes to the first row. `used`: bit i is set when column i
 * is wanted. values[i] belongs to terms[i]. 0, -ENOMEM, -ECANCELED (scan_query_stop), or another
 * -errno with query->err set.
 */
int scan_start(struct scan *s, uint64_t used, const struct scan_plan_term *terms,
	sqlite3_value **values, size_t n);
/* To the next row; returns as scan_start does. */
int scan_next(struct scan *s);
bool scan_eof(const struct scan *s);
/* Gives the current row's column to SQLite. */
void scan_result(const struct scan *s, sqlite3_context *ctx, unsigned col);
/*
 * A number for the current row by which SQLite recognises it in another scan of the same
 * statement (`a = 1 OR b = 2` by two look-ups). 0 or -ENOMEM, -E2BIG with query->err set.
 */
int scan_rowid(struct scan *s, int64_t *ret);

#endif
