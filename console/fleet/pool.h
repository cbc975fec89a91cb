/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Work that blocks whatever one does (getaddrinfo, talking to ssh-agent), done by helper threads
 * so that no event loop waits for it; and the inbox by which a loop hears of what others did.
 */
#ifndef CONSOLE_FLEET_POOL_H
#define CONSOLE_FLEET_POOL_H

#include "common/loop.h"

#include <pthread.h>
#include <stdbool.h>

/* ---- The inbox of a loop's thread ---- */

/* Embedded in what is sent; belongs to the receiver once it was posted. */
struct task {
	struct task *next;
	void (*fn)(struct task *task);	 /* in the receiver's thread */
	void (*drop)(struct task *task); /* instead, when the receiver is gone: frees it */
};

struct inbox {
	pthread_mutex_t lock;
	struct task *first, **last;
	struct loop *loop;
};

/* `loop` is woken by posts; it must call inbox_run when it wakes (loop_on_wake). */
void inbox_init(struct inbox *in, struct loop *loop);
/* Drops what was posted and not run. */
void inbox_done(struct inbox *in);
void inbox_post(struct inbox *in, struct task *task);
/* Runs what was posted before the call. */
void inbox_run(struct inbox *in);

/* ---- Helper threads ---- */

/* Embedded in a heap object that stands for the work and outlives whoever ordered it. */
struct job {
	struct task
		task; /* fn: called when the work is done; drop: when nobody wants it any more */
	struct inbox *to;
	struct job *next;
	void (*work)(struct job *job); /* in a helper thread; touches nothing but the job */
};

struct pool;
/* Threads are started as they are needed, at most `max_threads`. NULL when out of memory. */
struct pool *pool_new(unsigned max_threads);
/*
 * Jobs not begun are dropped; those being worked on are dropped by their thread when they end,
 * which is not waited for. Inboxes may be freed afterwards. Accepts NULL.
 */
void pool_free(struct pool *pool);
/* 0, or -errno when no thread can be started; the job is then the caller's again. */
int pool_start(struct pool *pool, struct job *job);

#endif
