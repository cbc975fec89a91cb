/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/job.h"

#include "agentd/catalog.h"
#include "agentd/engine.h"
#include "common/clock.h"

#include <errno.h>

struct job *job_new(struct wire_request *request, const struct root *root, struct outq *out,
	void (*on_finish)(void *arg), void *arg)
{
	struct job *job = calloc(1, sizeof(*job));
	int64_t timeout_ms = request->timeout_ms ? request->timeout_ms : WIRE_TIMEOUT_MS;

	if (timeout_ms > JOB_TIMEOUT_MAX_MS)
		timeout_ms = JOB_TIMEOUT_MAX_MS;
	if (!job)
		return NULL;
	job->deadline_ms = clock_mono_ms() + timeout_ms;
	if (answer_init(&job->answer, out, request->id, job->deadline_ms, &job->cancelled) < 0) {
		free(job);
		return NULL;
	}
	job->root = root;
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
	wire_request_done(&job->request);
	answer_done(&job->answer);
	free(job);
}

void job_cancel(struct job *job)
{
	atomic_store(&job->cancelled, true);
	outq_kick(job->answer.out);
}

/* ---- In the thread ---- */

/* The reader did not take a row: what to say of it. */
static void fail_by_reader(struct job *job, int why)
{
	switch (why) {
	case -ETIMEDOUT:
		answer_fail(&job->answer, WIRE_CODE_TIMEOUT,
			"out of time: the answer was not read fast enough");
		break;
	case -ECANCELED:
		answer_fail(&job->answer, WIRE_CODE_CANCELLED, "cancelled");
		break;
	default:
		answer_fail(&job->answer, WIRE_CODE_INTERNAL, "out of memory");
	}
}

static void run_query(struct job *job)
{
	struct engine_query q = {
		.root = job->root,
		.sql = job->request.sql,
		.sql_len = job->request.sql_len,
		.params = job->request.params,
		.timeout_ms = job->deadline_ms - clock_mono_ms(),
		.max_rows = job->request.max_rows,
		.cancelled = &job->cancelled,
		.columns = answer_columns,
		.row = answer_row,
		.arg = &job->answer,
	};
	struct engine_result res = {.code = WIRE_CODE_INTERNAL};
	struct err err = {.code = 0};
	struct wire_done done;
	int r, failed;

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
		fail_by_reader(job, failed);
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
		r = catalog_rows(NULL, answer_row, &job->answer);
	done.ms = (double)(clock_mono_us() - started_us) / 1e3;
	if (r)
		fail_by_reader(job, r);
	else
		answer_end(&job->answer, &done);
}

static void *thread_main(void *arg)
{
	struct job *job = arg;
	void (*on_finish)(void *) = job->on_finish;
	void *finish_arg = job->arg;

	if (job->request.op == WIRE_OP_TABLES)
		run_tables(job);
	else
		run_query(job);
	atomic_store(&job->finished, true);
	on_finish(finish_arg);
	return NULL;
}

int job_start(struct job *job)
{
	pthread_attr_t attr;
	int r = pthread_attr_init(&attr);

	if (r)
		return -r;
	r = pthread_attr_setstacksize(&attr, JOB_STACK);
	if (!r)
		r = pthread_create(&job->thread, &attr, thread_main, job);
	pthread_attr_destroy(&attr);
	job->running = !r;
	return -r;
}
