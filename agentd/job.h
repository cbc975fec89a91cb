/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One request that takes time, answered in a thread of its own. All functions are for the
 * session's thread.
 */
#ifndef AGENTD_JOB_H
#define AGENTD_JOB_H

#include "agentd/answer.h"
#include "agentd/sqldepth.h"
#include "common/loop.h"
#include "common/wire.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Bytes of stack for what a table does on top of the deepest SQL. */
#define JOB_STACK (SQLDEPTH_STACK + (1u << 20))
/* The longest time that a request is given, whatever it asks for. */
#define JOB_TIMEOUT_MAX_MS (3600 * 1000)
/* How long all waits for the reader of one answer may come to. They do not count as its time. */
#define JOB_BLOCKED_MAX_MS (3600 * 1000)
/* How long a query may take to notice that it is out of time or cancelled before it is given up
 * (a read from a dead network file system cannot be interrupted). */
#define JOB_GIVE_UP_MS 1000

struct session_options;

struct job {
	struct wire_request request;
	const struct session_options *o;
	struct answer answer;
	int64_t deadline_ms; /* on clock_mono_ms, if its reader never keeps it waiting */
	atomic_bool cancelled;
	atomic_bool finished; /* the thread does nothing more but return */
	bool running;	      /* has a thread */
	pthread_t thread;
	void *stack;		      /* the thread's, JOB_STACK bytes */
	struct loop_timer timer;      /* the session's: deadline, then giving up */
	void (*on_finish)(void *arg); /* called by the thread */
	void *arg;
};

/* Takes the request over (and zeroes it). NULL when out of memory: the request stays the caller's.
 */
struct job *job_new(struct wire_request *request, const struct session_options *o, struct outq *out,
	void (*on_finish)(void *arg), void *arg);
/* Waits for the thread, which must have been told to end, or has finished. */
void job_free(struct job *job);

/* Starts the thread. 0 or -errno: it then runs not. */
int job_start(struct job *job);
/* Has the job end soon; it answers `cancelled`. Any number of times. */
void job_cancel(struct job *job);
/* Milliseconds until it should have ended by itself. */
int64_t job_left_ms(const struct job *job);
/* An action that has begun: nobody takes it back. */
bool job_must_end(const struct job *job);

/* In the job's thread: an action, a file, by the daemon (jobact.c). */
void job_run_action(struct job *job);
void job_run_get(struct job *job);
/* The reader did not take what it was given: what to say of it. */
void job_fail_by_reader(struct job *job, int why);

#endif
