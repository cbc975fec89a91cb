/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An event loop: level-triggered epoll(7), timers in a heap, signals by signalfd(2). One loop per
 * thread; only loop_wake and loop_stop may be called from another one.
 */
#ifndef COMMON_LOOP_H
#define COMMON_LOOP_H

#include "common/err.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct loop;

/* Embedded in its owner; must not move while it is added. Zero-initialise. */
struct loop_io {
	int fd;
	uint32_t events; /* what is being watched: EPOLLIN, EPOLLOUT */
	void (*fn)(struct loop_io *io, uint32_t events);
	void *arg;
	bool added;
};

/* Embedded likewise. `slot` is 0 when the timer is not running. */
struct loop_timer {
	int64_t at_ms; /* on clock_mono_ms */
	void (*fn)(struct loop_timer *timer);
	void *arg;
	uint32_t slot;
};

/* NULL with `err` when the system gives no epoll or event descriptor. */
struct loop *loop_new(struct err *err);
/* Frees the loop; what is still added is forgotten, its descriptors stay open. Accepts NULL. */
void loop_free(struct loop *loop);

/*
 * After fork(2), in the process that is not to run the loop any more: what it does with it touches
 * nothing that the other one watches.
 */
void loop_forget(struct loop *loop);

/* Watches io->fd for `events` with io->fn and io->arg set; changes the set when already added. */
int loop_watch(struct loop *loop, struct loop_io *io, uint32_t events);
/* Stops watching. An event already fetched for it in this round is not delivered. */
void loop_unwatch(struct loop *loop, struct loop_io *io);

/* Starts or moves a timer; it fires once. 0 or -ENOMEM. O(log n). */
int loop_timer_at(struct loop *loop, struct loop_timer *timer, int64_t at_ms);
int loop_timer_in(struct loop *loop, struct loop_timer *timer, int64_t in_ms);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

/* Blocks `set` in this thread and has `fn` called for each of its signals that arrives. */
int loop_signals(struct loop *loop, const sigset_t *set, void (*fn)(int signo, void *arg),
	void *arg, struct err *err);
/* Called after loop_wake, once for any number of wakes. */
void loop_on_wake(struct loop *loop, void (*fn)(void *arg), void *arg);

/* Thread-safe and safe in a signal handler. */
void loop_wake(struct loop *loop);
/* Makes loop_run return after the round in progress. Thread-safe. */
void loop_stop(struct loop *loop);

/* Runs until loop_stop. 0 or -errno of epoll_wait. */
int loop_run(struct loop *loop);
/* One round: waits at most `max_wait_ms` (-1: until something happens), then delivers. */
int loop_once(struct loop *loop, int max_wait_ms);

#endif
