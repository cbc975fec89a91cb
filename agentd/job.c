/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/job.h"

#include "agentd/catalog.h"
#include "agentd/engine.h"
#include "agentd/privlink.h"
#include "agentd/session.h"
#include "common/clock.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

/* Milliseconds that a request is given. Of actions and files the requester's patience decides. */
static int64_t time_of(const struct wire_request *request, const struct priv_grant *g)
{
	int64_t most = g ? (int64_t)g->timeout_s * 1000 : JOB_TIMEOUT_MAX_MS, ms = WIRE_TIMEOUT_MS;

	if (request->op == WIRE_OP_ACTION || request->op == WIRE_OP_GET)
		return JOB_TIMEOUT_MAX_MS;
	if (request->timeout_ms)
		ms = request->timeout_ms;
	return ms < most ? ms : most;
}

struct job *job_new(struct wire_request *request, const struct session_options *o, struct outq *out,
	void (*on_finish)(void *arg), void *arg)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->deadline_ms = clock_mono_ms() + time_of(request, o->grant);
	if (answer_init(&job->answer, out, request->id, JOB_BLOCKED_MAX_MS, &job->cancelled) < 0) {
		free(job);
		return NULL;
	}
	job->o = o;
	job->on_finish = on_finish;
	job->arg = arg;
	job->request = *request;
	memset(request, 0, sizeof(*request));
	return job;
}

void job_free(struct job *job)
{
	if (!job)
		return;
	if (job->running)
		pthread_join(job->thread, NULL);
	if (job->stack)
		munmap(job->stack, JOB_STACK);
	wire_request_done(&job->request);
	answer_done(&job->answer);
	free(job);
}

void job_cancel(struct job *job)
{
	atomic_store(&job->cancelled, true);
	outq_kick(job->answer.out);
	if (job->o->daemon)
		privlink_kick(job->o->daemon);
}

int64_t job_left_ms(const struct job *job)
{
	int64_t until = job->deadline_ms + (job->running ? JOB_GIVE_UP_MS : 0);

	return until + answer_blocked_ms(&job->answer) - clock_mono_ms();
}

bool job_must_end(const struct job *job)
{
	return job->running && job->request.op == WIRE_OP_ACTION;
}

/* ---- In the thread ---- */

void job_fail_by_reader(struct job *job, int why)
{
	switch (why) {
	case -ETIMEDOUT:
		answer_fail(
			&job->answer, WIRE_CODE_TIMEOUT, "out of time: the answer was not read");
		break;
	case -ECANCELED:
		answer_fail(&job->answer, WIRE_CODE_CANCELLED, "cancelled");
		break;
	default:
		answer_fail(&job->answer, WIRE_CODE_INTERNAL, "out of memory");
	}
}

/* What the daemon's policy leaves of the tables; and the question is told to it. */
static void limit_to_grant(struct job *job, struct engine_query *q)
{
	struct buf frame;

	if (!job->o->daemon)
		return;
	q->tables = job->o->tables;
	q->denied = (const char *const *)job->o->grant->deny_tables;
	buf_init(&frame, PRIV_FRAME_MAX);
	if (priv_put_query(&frame, privlink_number(job->o->daemon), q->sql, q->sql_len) == 0)
		(void)privlink_tell(job->o->daemon, &frame);
	buf_done(&frame);
}

static void run_query(struct job *job)
{
	struct engine_query q = {
		.root = job->o->root,
		.state_dir = job->o->state_dir,
		.sql = job->request.sql,
		.sql_len = job->request.sql_len,
		.params = job->request.params,
		.timeout_ms = job->deadline_ms - clock_mono_ms(),
		.max_rows = job->request.max_rows,
		.cancelled = &job->cancelled,
		.blocked_ms = &job->answer.blocked_ms,
		.columns = answer_columns,
		.row = answer_row,
		.arg = &job->answer,
	};
	struct engine_result res = {.code = WIRE_CODE_INTERNAL};
	struct err err = {.code = 0};
	struct wire_done done;
	int r, failed;

	limit_to_grant(job, &q);
	if (q.timeout_ms < 1)
		q.timeout_ms = 1; /* 0 would be the default */
	r = engine_run(&q, &res, &err);
	done = (struct wire_done){.ms = res.ms,
		.truncated = res.truncated,
		.warnings = (const char *const *)res.warnings,
		.n_warnings = res.n_warnings};
	failed = answer_failed(&job->answer);
	if (r == 0 || failed == -E2BIG)
		answer_end(&job->answer, &done);
	else if (failed)
		job_fail_by_reader(job, failed);
	else
		answer_fail(&job->answer, res.code, err.text);
	engine_result_done(&res);
}

static void run_tables(struct job *job)
{
	int64_t started_us = clock_mono_us();
	struct wire_done done = {.n_warnings = 0};
	int r = answer_columns(&job->answer, catalog_columns, CATALOG_COLUMNS);

	if (!r)
		r = catalog_rows_of(
			job->o->tables ? job->o->tables : tables_all, answer_row, &job->answer);
	done.ms = (double)(clock_mono_us() - started_us) / 1e3;
	if (r)
		job_fail_by_reader(job, r);
	else
		answer_end(&job->answer, &done);
}

static void *thread_main(void *arg)
{
	struct job *job = arg;
	void (*on_finish)(void *) = job->on_finish;
	void *finish_arg = job->arg;

	switch (job->request.op) {
	case WIRE_OP_TABLES:
		run_tables(job);
		break;
	case WIRE_OP_ACTION:
		job_run_action(job);
		break;
	case WIRE_OP_GET:
		job_run_get(job);
		break;
	default:
		run_query(job);
	}
	atomic_store(&job->finished, true);
	on_finish(finish_arg);
	return NULL;
}

/*
 * Most threads touch a few pages of their stack: they are not to be a huge page, nor to be promised
 * where memory may not be overcommitted, and what a deep one has touched goes with it.
 */
static int map_stack(struct job *job)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK;
	void *p = mmap(NULL, JOB_STACK, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	job->stack = p;
	/* Not every kernel has huge pages. */
	(void)madvise(p, JOB_STACK, MADV_NOHUGEPAGE);
	return mprotect(p, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE) < 0 ? -errno : 0;
}

int job_start(struct job *job)
{
	pthread_attr_t attr;
	int r = map_stack(job);

	if (r < 0)
		return r;
	r = pthread_attr_init(&attr);
	if (r)
		return -r;
	r = pthread_attr_setstack(&attr, job->stack, JOB_STACK);
	if (!r)
		r = pthread_create(&job->thread, &attr, thread_main, job);
	pthread_attr_destroy(&attr);
	job->running = !r;
	return -r;
}
