/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer to one request, packed into reply lines: columns, rows, then done or error. Whole
 * lines only ever leave it, so whatever ends an answer never leaves half a line.
 *
 * One thread produces (columns, row, end, fail); another one may call answer_flush_old and
 * answer_give_up meanwhile.
 */
#ifndef AGENTD_ANSWER_H
#define AGENTD_ANSWER_H

#include "agentd/outq.h"
#include "common/buf.h"
#include "common/cell.h"
#include "common/wire.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* How old a row may get before it leaves, in a line that is not full: the first line, the others.
 */
#define ANSWER_FIRST_MS 5
#define ANSWER_LATER_MS 100

struct answer {
	struct outq *out;
	int64_t id;
	int64_t patience_ms;	      /* of waiting for the reader, all together */
	const atomic_bool *cancelled; /* ends it, too */
	/* How long it came to without the wait that runs, if one does; when that began, or 0. */
	atomic_llong blocked_ms, blocked_since_ms;

	pthread_mutex_t lock;
	struct buf buf;	  /* whole lines, and behind them the rows line that is open */
	size_t line;	  /* where the open line begins in buf */
	size_t line_rows; /* rows in it; 0: no line is open */
	int64_t since_ms; /* age of the oldest byte in buf */
	bool begun;	  /* rows were handed over */
	int64_t rows;	  /* in the whole answer */
	size_t bytes;	  /* of its rows lines */
	size_t cut_rows;  /* rows with values cut to make them fit into a line */
	bool truncated;	  /* it came to WIRE_ANSWER_BYTES */
	atomic_bool over; /* the last line is about to be queued: nothing may follow */
	atomic_bool told; /* it is queued */
	int failed;	  /* why the reader did not get a row, -errno */
};

int answer_init(struct answer *a, struct outq *out, int64_t id, int64_t patience_ms,
	const atomic_bool *cancelled);
void answer_done(struct answer *a);

/*
 * As the callbacks of struct engine_query. -ETIMEDOUT, -ECANCELED, -EPIPE when the reader did not
 * read meanwhile, -E2BIG when the answer has come to WIRE_ANSWER_BYTES.
 */
int answer_columns(void *answer, const struct wire_column *cols, size_t n);
int answer_row(void *answer, const struct cell *cells, size_t n);

/* Why the reader did not get a row: 0 or -errno as above. */
int answer_failed(struct answer *a);
/* How long the reader was waited for, up to now. Any thread. */
int64_t answer_blocked_ms(const struct answer *a);

/* A part of a file, waiting for the reader as rows do. 0 or -errno as above. */
int answer_chunk(struct answer *a, int64_t offset, const void *p, size_t n);

/* The last line. Never waits. `d->rows` is the answer's own count. */
void answer_end(struct answer *a, const struct wire_done *d);
void answer_fail(struct answer *a, enum wire_code code, const char *message);
void answer_outcome(struct answer *a, const struct wire_outcome *o);
/*
 * answer_fail by another thread, for a producer that does not return. False when the producer is
 * just now at work here: try again soon.
 */
bool answer_give_up(struct answer *a, enum wire_code code, const char *message);
/* Hands over what has waited too long; for another thread to call now and then. */
void answer_flush_old(struct answer *a);

#endif
