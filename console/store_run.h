/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs that are remembered: which there are, and the rows of one. */
#ifndef CONSOLE_STORE_RUN_H
#define CONSOLE_STORE_RUN_H

#include "console/store.h"
#include "console/store_block.h"
#include "console/store_outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run_info {
	int64_t id, time_us, ms;
	char *name; /* of a saved query, or NULL */
	char *question, *target, *operator;
	int64_t hosts, answered, rows;
	bool interrupted, baseline;
};
void run_info_done(struct run_info *i);

/* What is zero or NULL does not matter. */
struct run_filter {
	const char *question; /* as run_info.question, or a saved query's name */
	const char *target;
	int64_t before;	  /* numbers below this one */
	int64_t until_us; /* put at that time or earlier */
	bool baseline;
	size_t limit;
};
/* From the last one back. `fn` returns 0, or another number that ends it and is returned. */
typedef int run_info_fn(void *arg, const struct run_info *i);
int runs_list(
	struct store *s, const struct run_filter *f, run_info_fn *fn, void *arg, struct err *err);
/* The first of that list; -ENOENT without words in `err` when it is empty. */
int runs_first(struct store *s, const struct run_filter *f, struct run_info *ret, struct err *err);
/* By its number; -ENOENT with `err`. */
int runs_get(struct store *s, int64_t id, struct run_info *ret, struct err *err);
/*
 * A number, or a saved query's name or a question: its last run, at `target` unless that is NULL.
 * -ENOENT with `err`.
 */
int runs_find(struct store *s, const char *word, const char *target, struct run_info *ret,
	struct err *err);

/* ---- One run ---- */

struct run_shape {
	char **names;
	size_t n;
};
/* Has one of them a column of that name? */
bool run_shapes_have(const struct run_shape *shapes, size_t n, const char *name);

struct run {
	struct store *store; /* the caller's */
	struct run_info info;
	char *title, *key, *diff_ignore; /* or NULL */
	struct run_shape *shapes;
	size_t n_shapes;
	struct outcomes outcomes;

	sqlite3_stmt *blocks;
	struct block_reader *reader;
};
/* 0 or -errno with `err`; `ret` is to be given to run_done in any case. */
int run_open(struct store *s, int64_t id, struct run *ret, struct err *err);
void run_done(struct run *r);
/*
 * The next block, valid until the following call; of a known shape with as many columns, of known
 * hosts. 1, 0 at the end, or -errno with `err`.
 */
int run_next(struct run *r, struct block *ret, struct err *err);
/* From the beginning again. */
void run_rewind(struct run *r);

/* Seconds since 1970 as "2026-11-22T00:46:49Z". */
#define RUN_TIME_MAX 32
void run_time_text(int64_t us, char ret[RUN_TIME_MAX]);

#endif
