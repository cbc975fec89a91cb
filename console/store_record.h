/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Remembers runs as they happen. A thread of its own packs and writes; whoever asks only hands over
 * what came. When that thread cannot keep up, or the database cannot be written, the run is
 * forgotten, never the asking slowed.
 *
 * A run is there for others when all of it is: killed at any moment, what was finished stays.
 */
#ifndef CONSOLE_STORE_RECORD_H
#define CONSOLE_STORE_RECORD_H

#include "common/err.h"
#include "console/fleet/fleet.h"
#include "console/questions.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of answers that wait to be written. */
#define RECORD_QUEUE_MAX (256u << 20)
/* Different sets of columns in the answers of one run. */
#define RECORD_SHAPES_MAX 4096

/* No: recorder_new gives nothing, and nothing is remembered. Yes unless called. */
void recorder_switch(bool on);

struct recorder;
/* Starts nothing yet: the thread and the database are opened with the first run. NULL: no memory.
 */
struct recorder *recorder_new(void);
/*
 * Waits until all that was finished is written, and closes the database: before anything forks, and
 * before the last recorder_problem. Nothing may be recorded afterwards. Accepts NULL.
 */
void recorder_stop(struct recorder *r);
/* Stops it where that was not done. Accepts NULL. */
void recorder_free(struct recorder *r);
/*
 * Why runs are not remembered, once per reason: true when there is news for a person. Any thread.
 */
bool recorder_problem(struct recorder *r, struct err *ret);

struct record_run {
	const char *command; /* "run", "query", … */
	const struct question_text *question;
	const char *target; /* the pattern */
	/* Must stay until recorder_free. */
	const struct host_config *hosts;
	size_t n_hosts, n_asked; /* the latter of them, 0: all */
	/*
	 * A question that is put again and again is remembered as it was answered last: each run
	 * takes the place of the one before with the same number here, unless that is a baseline by
	 * then. 0: of its own.
	 */
	uint64_t series;
};

struct record;
/* All that `run` points to, but for the hosts, is copied. NULL: no memory; then nothing is kept. */
struct record *record_begin(struct recorder *r, const struct record_run *run);
/* Takes the event over: columns, rows and ends are kept, others only freed. Accepts a NULL record.
 */
void record_event(struct record *rec, struct fleet_event *e);
/* The run is over; `rec` must not be used any more. Accepts NULL. */
void record_end(struct record *rec, int64_t ms, bool interrupted);
/* Nothing of it is to be remembered. Accepts NULL. */
void record_drop(struct record *rec);
/* For record_run.series: another one with each call. Any thread. */
uint64_t record_series(void);

/* Who is at the console: a user name, with the one before sudo. */
void record_operator(char *ret, size_t size);
#define OPERATOR_MAX 256
/* A question as one line, "name param=value …" or its SQL: equal for runs that can be compared. */
char *record_question(const struct question_text *t);

#endif
