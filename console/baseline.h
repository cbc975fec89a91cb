/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Baselines: the run of a question that says what is normal, and what deviates from it. */
#ifndef CONSOLE_BASELINE_H
#define CONSOLE_BASELINE_H

#include "common/err.h"
#include "console/questions.h"
#include "console/results.h"
#include "console/store_run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pins the run, in place of the one that was pinned for the same question. */
int baseline_pin(struct store *s, const struct run_info *i, struct err *err);
/* The questions of this name (or these words) have none any more; -ENOENT with `err`: none had. */
int baseline_remove(struct store *s, const char *question, struct err *err);

/* Has each of them a baseline? 0, or -ENOENT with `err` that names the first that has none. */
int baseline_check(const struct questions *q, struct err *err);
/*
 * Per row, whether it deviates: its host did not have it in the baseline or, where the baseline
 * does not know the host, no host had it. Columns of `diff_ignore` and those that only one side has
 * do not count. *ret: heap, one per row; *ret_run: the run that is the baseline. 0 or -errno with
 * `err`.
 */
int baseline_compare(const struct question_text *t, const struct results *rows,
	const char *const *hosts, bool **ret, int64_t *ret_run, struct err *err);

#endif
