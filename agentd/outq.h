/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines on their way to a reader that may be slow. Threads put whole lines in, one thread writes
 * them out; who puts waits while the queue is full, which is the agent's back-pressure.
 */
#ifndef AGENTD_OUTQ_H
#define AGENTD_OUTQ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outq;

/*
 * Full at `max` bytes; what is put when it is not yet full is taken whole. `wake` is called, from
 * any thread, when the queue is no longer empty. NULL when out of memory.
 */
struct outq *outq_new(size_t max, void (*wake)(void *arg), void *arg);
/* Nobody may be in outq_put any more. Accepts NULL. */
void outq_free(struct outq *q);

/*
 * Appends whole lines, waiting for room until `until_ms` (clock_mono_ms) or until *cancelled is
 * set (call outq_kick then). 0, -ETIMEDOUT, -ECANCELED, -EPIPE once closed, -ENOMEM.
 */
int outq_put(
	struct outq *q, const void *p, size_t n, int64_t until_ms, const atomic_bool *cancelled);
/* Without waiting, full or not: for short replies whose number is bounded. 0, -EPIPE, -ENOMEM. */
int outq_put_now(struct outq *q, const void *p, size_t n);
/* Has those who wait look at their flags. */
void outq_kick(struct outq *q);
/* The reader is gone: what is held is dropped, and everybody is told -EPIPE. */
void outq_close(struct outq *q);

bool outq_is_full(struct outq *q);
bool outq_is_empty(struct outq *q);
/*
 * Writes to a non-blocking descriptor: 0 when all is written, 1 when there is more (the descriptor
 * takes no more now, or it was enough for one call), or -errno. One thread only.
 */
int outq_write(struct outq *q, int fd);

#endif
