/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What differs between two runs that are remembered. */
#ifndef CONSOLE_DIFF_H
#define CONSOLE_DIFF_H

#include "common/err.h"
#include "console/results.h"
#include "console/store_run.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct diff_options {
	const char *key;    /* columns that tell rows apart, between blanks or commas; NULL: all */
	const char *ignore; /* columns whose difference says nothing, or NULL */
	const atomic_bool *stop; /* once it is true: -ECANCELED. May be NULL */
};

/* Why a host was not compared. */
enum diff_apart {
	DIFF_COMPARED,
	DIFF_ONLY_OLD, /* it answered, completely, in that run only */
	DIFF_ONLY_NEW,
	DIFF_NEITHER,
	DIFF_CUT, /* one of its answers was cut off */
};
struct diff_host {
	const char *name; /* of the runs */
	enum diff_apart apart;
};

#define DIFF_NO_ROW SIZE_MAX

/*
 * The rows that differ, by host: columns `change` ("added", "removed", "changed"), then those of
 * both runs and, where there is a key, `was`: a JSON object with what changed cells held before. A
 * row that stands several times counts as often. Hosts are numbers in `hosts`.
 */
struct diff {
	struct results *rows;
	size_t *from; /* per row: its number in the new run, DIFF_NO_ROW for those removed */
	struct diff_host *hosts; /* first those of the new run, in its order */
	size_t n_hosts;
	size_t added, removed, changed;
	size_t same; /* hosts that were compared and do not differ */
};
/*
 * 0 or -errno with `err`: -EINVAL for a key that is no column. `old` and `new` are read and must
 * outlive `ret`, which is to be given to diff_done in any case.
 */
int diff_runs(struct run *old, struct run *new, const struct diff_options *o, struct diff *ret,
	struct err *err);
void diff_done(struct diff *d);

/* ---- What is no run (yet) ---- */

/* Read twice, which must give the same. What it points to must outlive the diff. */
struct diff_side {
	const struct run_shape *shapes;
	size_t n_shapes;
	const struct outcomes *outcomes;
	int (*next)(void *arg, struct block *ret, struct err *err); /* as run_next */
	void (*rewind)(void *arg);
	void *arg;
};
struct diff_side diff_side_run(struct run *run);
int diff_sides(const struct diff_side *old, const struct diff_side *new,
	const struct diff_options *o, struct diff *ret, struct err *err);

#endif
