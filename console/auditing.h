/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `audit --hosts`: what is asked of the hosts, and what is shown of their logs beside the console's
 * own record. Who asks is the command line or the screen, each in its way.
 */
#ifndef CONSOLE_AUDITING_H
#define CONSOLE_AUDITING_H

#include "common/cell.h"
#include "common/err.h"
#include "console/app.h"
#include "console/fleet/fleet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What `audit` may be told. */
struct audit_options {
	uint64_t limit;	   /* 0: the default */
	const char *since; /* or NULL */
	bool hosts;
};
/* Where the time begins that is meant, in microseconds since 1970. 0 or -errno with `err`. */
int audit_options_since(const struct audit_options *o, int64_t *ret_us, struct err *err);

struct auditing;
struct results;
/*
 * Takes over what the console recorded of the hosts, or of those in `only` (one for each; NULL: of
 * all). NULL with `err`.
 */
struct auditing *auditing_new(
	const struct app *app, const bool *only, int64_t since_us, struct err *err);
/* Accepts NULL. */
void auditing_free(struct auditing *a);
/* What to ask; it lives as long as `a`. */
void auditing_question(struct auditing *a, struct fleet_question *ret);
/* Where the rows of the answers are to be put. */
struct results *auditing_rows(struct auditing *a);
/* A host's answer is over. */
void auditing_ended(struct auditing *a, host_id host, const struct fleet_end *end);

/* The columns of what differs. */
extern const char *const auditing_columns[];
extern const size_t auditing_n_columns;
/* 0 or -errno, which ends it. */
typedef int auditing_row_fn(void *arg, const struct cell *row);
struct auditing_sum {
	size_t agreed, differences, silent; /* actions; then hosts that gave no answer */
	bool lost;			    /* more than fits into memory */
};
/* "3 actions in both records, 1 difference; 2 hosts gave no answer" */
#define AUDITING_WORDS_MAX 160
void auditing_words(const struct auditing_sum *sum, char ret[AUDITING_WORDS_MAX]);
/* After the last answer, once. */
void auditing_tell(struct auditing *a, auditing_row_fn *fn, void *arg, struct auditing_sum *ret);

#endif
