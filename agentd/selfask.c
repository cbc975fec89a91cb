/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/selfask.h"

#include "agentd/engine.h"
#include "agentd/role.h"
#include "common/clock.h"
#include "common/log.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* Writing a row takes longer only when its reader, a pager perhaps, does not read. */
#define BLOCKED_MS 20

struct query {
	struct output *output;
	int error; /* of the output, -errno */
	atomic_llong blocked_ms;
};

static int put_header(void *arg, const struct wire_column *cols, size_t n)
{
	struct query *q = arg;
	const char **names = calloc(n + 1, sizeof(*names));

	if (!names)
		return q->error = -ENOMEM;
	for (size_t i = 0; i < n; i++)
		names[i] = cols[i].name;
	q->error = output_header(q->output, names, n);
	free(names);
	return q->error;
}

static int put_row(void *arg, const struct cell *cells, size_t n)
{
	struct query *q = arg;
	int64_t since = clock_tick_ms(), took_ms;

	(void)n;
	q->error = output_row(q->output, cells);
	took_ms = clock_tick_ms() - since;
	if (took_ms >= BLOCKED_MS)
		q->blocked_ms += took_ms;
	return q->error;
}

/* The exit status of what the engine said; the reader that went away is none of its errors. */
static int status_of(int r, const struct query *q, const struct engine_result *res)
{
	if (q->error)
		return q->error == -EPIPE ? ROLE_GOOD : ROLE_FAILED;
	if (r == 0)
		return ROLE_GOOD;
	if (res->code == WIRE_CODE_SQL || res->code == WIRE_CODE_DENIED ||
		res->code == WIRE_CODE_USAGE)
		return ROLE_REFUSED;
	return ROLE_FAILED;
}

static void say_warnings(const struct engine_result *res)
{
	for (size_t i = 0; i < res->n_warnings; i++)
		log_note("warning: %s", res->warnings[i]);
	if (res->truncated)
		log_note("warning: the answer is truncated after %" PRId64 " rows", res->rows);
}

static int ask(struct query *q, const struct selfask *a, const char *sql, size_t n)
{
	struct engine_query eq = {
		.root = a->root,
		.state_dir = a->state_dir,
		.sql = sql,
		.sql_len = n,
		.params = a->params,
		.timeout_ms = a->timeout_ms,
		.max_rows = a->max_rows,
		.cancelled = a->cancelled,
		.blocked_ms = &q->blocked_ms,
		.columns = put_header,
		.row = put_row,
		.arg = q,
	};
	struct engine_result res = {.code = WIRE_CODE_INTERNAL};
	struct err err;
	int r = engine_run(&eq, &res, &err), end = output_end(q->output);

	if (!q->error)
		q->error = end;
	if (q->error && q->error != -EPIPE)
		log_error("query: cannot write the answer: %s", strerror(-q->error));
	else if (!q->error && r < 0)
		log_error("query: %s", err.text);
	say_warnings(&res);
	r = status_of(r, q, &res);
	engine_result_done(&res);
	return r;
}

int selfask_run(const struct selfask *a, const char *sql, size_t n)
{
	struct err err;
	struct sink *sink = sink_new(STDOUT_FILENO, true, &err);
	struct query q = {.output = sink ? output_new(a->format, sink, &err) : NULL};
	int r = ROLE_FAILED;

	if (q.output)
		r = ask(&q, a, sql, n);
	else
		log_error("query: %s", err.text);
	output_free(q.output);
	sink_free(sink);
	return r;
}

int selfask_check(const char *sql, size_t n)
{
	struct engine_query eq = {.sql = sql, .sql_len = n, .prepare_only = true};
	struct engine_result res = {.code = WIRE_CODE_INTERNAL};
	struct query unwritten = {0};
	struct err err;
	int r = engine_run(&eq, &res, &err);

	if (r < 0)
		log_error("query: %s", err.text);
	r = status_of(r, &unwritten, &res);
	engine_result_done(&res);
	return r;
}
