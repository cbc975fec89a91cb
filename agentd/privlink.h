/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker's end of its channel to the daemon. Threads ask and wait; one thread, which runs the
 * session's loop, takes the answers in.
 */
#ifndef AGENTD_PRIVLINK_H
#define AGENTD_PRIVLINK_H

#include "agentd/priv.h"

#include <stdatomic.h>

/* Calls that wait for an answer at once. */
#define PRIVLINK_CALLS_MAX 32

struct privlink;

/* Takes the descriptor over. NULL when out of memory. */
struct privlink *privlink_new(int fd);
/* Nobody may be waiting any more. Accepts NULL. */
void privlink_free(struct privlink *l);
int privlink_fd(const struct privlink *l);

/*
 * Takes in what has come. 0, or -errno when the daemon is gone or made no sense: all calls, also
 * later ones, then fail with -EPIPE.
 */
int privlink_read(struct privlink *l);
/* Has those who wait look at their flags. */
void privlink_kick(struct privlink *l);

/*
 * What the daemon has said of a quarantine since the grant; false where it said nothing. For the
 * thread that takes frames in; texts are valid until the next ones are.
 */
bool privlink_quarantine(const struct privlink *l, struct wire_quarantine *ret);

/* The next frame's number. */
uint64_t privlink_number(struct privlink *l);
/* Sends a frame to which there is no answer. 0 or -errno. */
int privlink_tell(struct privlink *l, const struct buf *frame);

struct privlink_answer {
	struct buf frame; /* heap: buf_done */
	int fd;		  /* -1: none came with it */
};
/*
 * Sends a frame of that number and waits for the frame that answers it, until *cancelled is set
 * (may be NULL; call privlink_kick then) or `until_ms` on clock_mono_ms is past. 0, -ECANCELED,
 * -ETIMEDOUT, -EBUSY, -EPIPE, -errno.
 */
int privlink_call(struct privlink *l, uint64_t number, const struct buf *frame,
	const atomic_bool *cancelled, int64_t until_ms, struct privlink_answer *ret);

#endif
