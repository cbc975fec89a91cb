/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The console's own record of actions, and beside it the logs of the hosts. */
#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "console/app.h"
#include "console/ask.h"
#include "console/audit_join.h"
#include "console/command.h"
#include "console/rows.h"
#include "console/since.h"
#include "console/store_act.h"
#include "console/store_run.h"

#include <inttypes.h>
#include <stdlib.h>

#define LIMIT	   100
#define LIMIT_MAX  1000000
#define HOSTS_DAYS "7d"

struct audit_values {
	uint64_t limit;
	const char *since;
	bool hosts;
};

static const struct opt audit_opts[] = {
	{0, "limit", "N", OPT_UINT, offsetof(struct audit_values, limit), 1, LIMIT_MAX,
		.doc = "targets shown at most (default: 100)"},
	{0, "since", "WHEN", OPT_STRING, offsetof(struct audit_values, since),
		.doc = "only actions from then on: yesterday, 12h, 3d, 2026-11-21"},
	{0, "hosts", NULL, OPT_FLAG, offsetof(struct audit_values, hosts),
		.doc = "ask the hosts for their logs, and show what differs (default: since 7d)"},
	OPT_END,
};

static struct cell json(const char *text)
{
	struct cell c = rows_text(text);

	if (text)
		c.type = CELL_JSON;
	return c;
}

/* "" says as little as nothing. */
static struct cell known(const char *text)
{
	return rows_text(text && *text ? text : NULL);
}

static struct cell number(int64_t i)
{
	return (struct cell){.type = i ? CELL_INT : CELL_NULL, .i = i};
}

/* ---- The console's record ---- */

static int put_entry(void *arg, const struct act_entry *e)
{
	char time[RUN_TIME_MAX];

	run_time_text(e->time_us, time);
	rows_add(arg, (struct cell[]){rows_text(time), rows_text(e->operator), rows_text(e->host),
			      rows_text(e->action), rows_text(e->target), rows_text(e->status),
			      rows_text(e->detail), rows_text(e->reason), rows_text(e->id),
			      {.type = CELL_INT, .i = e->act}, rows_text(e->plan), json(e->before),
			      json(e->after), json(e->undo)});
	return 0;
}

static int list(const struct app *app, struct store *s, int64_t since_us, size_t limit)
{
	static const char *const columns[] = {"time", "operator", "host", "action", "target",
		"status", "detail", "reason", "id", "act", "plan", "before", "after", "undo"};
	/* As text the last ones would be columns of noise. */
	size_t n = app->format->named ? ARRAY_LEN(columns) : 9;
	struct err err = {0};
	struct rows rows;
	int status, r;

	rows_begin(&rows, app->format, columns, n);
	r = s ? store_acts(s, since_us, limit, put_entry, &rows, &err) : 0;
	status = rows_end(&rows);
	if (r == 0)
		return status;
	log_error("%s", err.text);
	return EXIT_INCOMPLETE;
}

/* ---- And the hosts' logs ---- */

static const char *const difference_columns[] = {"host", "difference", "time", "action", "target",
	"recorded", "logged", "user", "address", "reason", "detail", "act", "seq"};

struct joining {
	struct ask *ask;
	struct audit_join *join;
	size_t differences;
	bool no_memory;
};

static int on_event(struct ask *a, const struct fleet_event *e, void *arg)
{
	struct joining *g = arg;

	(void)a;
	if (e->type == FLEET_END && audit_join_ended(g->join, e->host, e->end) < 0)
		g->no_memory = true;
	return 0;
}

static int put_difference(void *arg, const struct audit_difference *d)
{
	struct joining *g = arg;
	char time[RUN_TIME_MAX] = "";

	if (d->time_us)
		run_time_text(d->time_us, time);
	/* A host that says nothing is told of as ever. */
	g->differences += d->kind != AUDIT_NO_ANSWER;
	return ask_row(
		g->ask, (struct cell[]){ask_host_cell(g->ask, d->host),
				rows_text(audit_kind_words(d->kind)), known(time), known(d->action),
				known(d->target), known(d->recorded), known(d->logged),
				known(d->operator), known(d->address), known(d->reason),
				known(d->detail), number(d->act), number(d->seq)});
}

static void tell(struct joining *g, const struct results *rows, int64_t since_us)
{
	size_t agreed = 0;
	int r = ask_header(g->ask, difference_columns, ARRAY_LEN(difference_columns));

	if (r == 0)
		r = audit_join_tell(
			g->join, rows, clock_real_us(), since_us, put_difference, g, &agreed);
	if (r == -ENOMEM || g->no_memory || results_lost(rows) > 0) {
		log_error("the hosts' logs are more than fits into memory");
		ask_incomplete(g->ask);
	}
	log_note("%zu actions are in both records, %zu differences", agreed, g->differences);
}

static int keep_entry(void *arg, const struct act_entry *e)
{
	return audit_join_recorded(arg, e);
}

static struct audit_join *new_join(const struct app *app)
{
	const char **names = calloc(app->n_hosts + 1, sizeof(char *));
	struct audit_join *j;

	for (size_t i = 0; names && i < app->n_hosts; i++)
		names[i] = app->hosts[i].name;
	j = names ? audit_join_new(names, app->n_hosts) : NULL;
	free(names);
	return j;
}

/* An exit status. The store is closed before anything is asked. */
static int join_hosts(struct app *app, struct audit_join *j, int64_t since_us)
{
	const struct ask_options options = {.command = "audit", .question = "audit", .whole = true};
	char from[CELL_NUMBER_MAX];
	const struct wire_param since = {.name = "since", .value = from};
	struct joining g = {.join = j};
	struct results *rows = results_new(app->n_hosts);
	struct ask_question q = {.name = "audit",
		.into = rows,
		.fleet = {.sql = audit_join_sql,
			.params = &since,
			.n_params = 1,
			.max_rows = AUDIT_JOIN_ROWS_MAX}};
	enum exit_status status = EXIT_NOTHING;

	snprintf(from, sizeof(from), "%" PRId64, since_us / 1000000 - 2 * AUDIT_JOIN_SLACK_S);
	if (!rows)
		log_error("out of memory");
	else
		status = ask_begin(app, &options, &g.ask);
	if (rows && status == EXIT_ALL_GOOD) {
		if (ask_drive(g.ask, &q, on_event, &g))
			tell(&g, rows, since_us);
		status = ask_end(g.ask);
		if (status == EXIT_ALL_GOOD && g.differences > 0)
			status = EXIT_EXPECT;
	}
	results_free(rows);
	return status;
}

static int with_hosts(struct app *app, struct store *s, int64_t since_us)
{
	/* What began before may have been done after it. */
	int64_t from_us = since_us - 2 * AUDIT_JOIN_SLACK_S * INT64_C(1000000);
	struct audit_join *j = NULL;
	struct err err = {0};
	int r = app_targets(app, &err), status = EXIT_NOTHING;

	if (r == 0) {
		j = new_join(app);
		r = j ? 0 : err_sys(&err, ENOMEM, "audit");
	}
	if (r == 0 && s) {
		r = store_acts(s, from_us, LIMIT_MAX, keep_entry, j, &err);
		if (r < 0 && !err.code)
			err_sys(&err, ENOMEM, "audit");
	}
	store_close(s);
	if (r == 0)
		status = join_hosts(app, j, since_us);
	else
		log_error("%s", err.text);
	audit_join_free(j);
	return status;
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct audit_values *v = values;
	const char *since = v->since ? v->since : v->hosts ? HOSTS_DAYS : NULL;
	int64_t since_us = 0;
	struct store *s = NULL;
	struct err err = {0};
	int status, r = since ? since_begin(since, clock_real_us(), &since_us, &err) : 0;

	(void)argc;
	(void)argv;
	if (r == 0)
		r = store_open(STORE_READ, &s, &err);
	if (r < 0 && r != -ENOENT) {
		log_error("%s", err.text);
		return EXIT_NOTHING;
	}
	if (v->hosts)
		return with_hosts(app, s, since_us);
	status = list(app, s, since_us, v->limit ? v->limit : LIMIT);
	store_close(s);
	return status;
}

const struct command command_audit = {
	.name = "audit",
	.args = "",
	.summary = "show the console's record of actions, the last one first",
	.help = "What was done to which host by whom and why, and what came of it. A target is "
		"written down\n"
		"before it is tried: one that stays `sent` was tried, and its outcome is not "
		"known here.\n\n"
		"The hosts keep logs of their own. --hosts asks the target hosts for them and "
		"shows what\n"
		"differs: `not recorded`, an action in a host's log that this console does not "
		"know;\n"
		"`not logged`, one of this console's that the log lacks; `outcome`, where the two "
		"say\n"
		"something else of what came of it; `chain broken`, where a log was changed or "
		"lines of it\n"
		"are missing; `no answer`. The hosts' policy must grant the right `audit`. Exit "
		"status: 1\n"
		"where anything differs.\n\n"
		"  tocsin -t web audit --hosts --since yesterday",
	.opts = audit_opts,
	.values_size = sizeof(struct audit_values),
	.run = run,
};
