/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What differs between rows that are shown and those of a run that is remembered: found by a thread
 * of its own, so that keys and intake never wait for it. Functions are for one thread, which is
 * also the results' writer.
 */
#ifndef CONSOLE_COMPARE_H
#define CONSOLE_COMPARE_H

#include "common/err.h"
#include "console/diff.h"
#include "console/questions.h"
#include "console/results.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a host said to the question whose rows are shown. */
enum compare_answer { COMPARE_NONE, COMPARE_WHOLE, COMPARE_CUT };

struct compare_spec {
	const struct question_text *question;
	const char *target;
	/* As runs_find; NULL: the last run of that question there until `until_us`. */
	const char *run;
	int64_t until_us;
	const uint8_t *answers; /* per host, enum compare_answer */
	/* These must stay until compare_free; the rest is copied. */
	const struct results *rows;
	const struct host_config *hosts;
	size_t n_hosts;
};

struct compare;
/* `ready` is called by the thread when it is over. NULL with `err`. */
struct compare *compare_new(
	const struct compare_spec *spec, void (*ready)(void *arg), void *arg, struct err *err);
/* It ends as soon as it can, and has no result. Accepts NULL. */
void compare_stop(struct compare *c);
/* Waits until it ended, which takes a part of a second with many rows. Accepts NULL. */
void compare_free(struct compare *c);
/* compare_free need not wait. */
bool compare_over(const struct compare *c);

#define COMPARE_REMOVED UINT32_MAX
struct compared {
	int64_t run, time_us; /* it was compared with */
	const struct diff *diff;
	const row_id *rows; /* per row of the diff: the row shown, or COMPARE_REMOVED */
};
/* 1 and *ret, which stays until compare_free; 0: it still works; -errno with `err`. */
int compare_result(const struct compare *c, struct compared *ret, struct err *err);
/*
 * What that cell of a changed row held before; its bytes are the compare's, until the next call.
 * False: the same as now. Only once there is a result.
 */
bool compare_was(struct compare *c, row_id row, const char *column, struct cell *ret);

#endif
