/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/auditing.h"

#include "common/clock.h"
#include "common/str.h"
#include "console/audit_join.h"
#include "console/results.h"
#include "console/rows.h"
#include "console/since.h"
#include "console/store_act.h"
#include "console/store_run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define HOSTS_DAYS "7d"
/* Targets that are taken from the record. */
#define RECORDED_MAX 1000000

struct auditing {
	const struct host_config *hosts;
	struct audit_join *join;
	struct results *rows;
	int64_t since_us;
	char from[CELL_NUMBER_MAX];
	struct wire_param since;
	bool no_memory;
};

const char *const auditing_columns[] = {"host", "difference", "time", "action", "target",
	"recorded", "logged", "user", "address", "reason", "detail", "act", "seq"};
const size_t auditing_n_columns = ARRAY_LEN(auditing_columns);

int audit_options_since(const struct audit_options *o, int64_t *ret_us, struct err *err)
{
	const char *since = o->since ? o->since : o->hosts ? HOSTS_DAYS : NULL;

	*ret_us = 0;
	return since ? since_begin(since, clock_real_us(), ret_us, err) : 0;
}

/* ---- Before ---- */

static struct audit_join *new_join(const struct app *app, const bool *only)
{
	const char **names = calloc(app->n_hosts + 1, sizeof(char *));
	struct audit_join *j;

	for (size_t i = 0; names && i < app->n_hosts; i++)
		names[i] = !only || only[i] ? app->hosts[i].name : NULL;
	j = names ? audit_join_new(names, app->n_hosts) : NULL;
	free(names);
	return j;
}

static int keep_entry(void *arg, const struct act_entry *e)
{
	return audit_join_recorded(arg, e);
}

/* Where nothing was recorded there is no store. */
static int take_record(struct auditing *a, struct err *err)
{
	/* What began before may have been done after it. */
	int64_t from_us = a->since_us - 2 * AUDIT_JOIN_SLACK_S * INT64_C(1000000);
	struct store *s = NULL;
	int r = store_open(STORE_READ, &s, err);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	r = store_acts(s, from_us, RECORDED_MAX, keep_entry, a->join, err);
	if (r < 0 && !err->code)
		err_sys(err, ENOMEM, "audit");
	store_close(s);
	return r;
}

struct auditing *auditing_new(
	const struct app *app, const bool *only, int64_t since_us, struct err *err)
{
	struct auditing *a = calloc(1, sizeof(*a));
	int r = -ENOMEM;

	*err = (struct err){0};
	if (a) {
		a->hosts = app->hosts;
		a->since_us = since_us;
		a->join = new_join(app, only);
		a->rows = results_new(app->n_hosts);
	}
	if (a && a->join && a->rows)
		r = take_record(a, err);
	else
		err_sys(err, ENOMEM, "audit");
	if (r == 0)
		return a;
	auditing_free(a);
	return NULL;
}

void auditing_free(struct auditing *a)
{
	if (!a)
		return;
	audit_join_free(a->join);
	results_free(a->rows);
	free(a);
}

/* ---- Asking ---- */

void auditing_question(struct auditing *a, struct fleet_question *ret)
{
	snprintf(a->from, sizeof(a->from), "%" PRId64,
		a->since_us / 1000000 - 2 * AUDIT_JOIN_SLACK_S);
	a->since = (struct wire_param){.name = "since", .value = a->from};
	*ret = (struct fleet_question){.sql = audit_join_sql,
		.params = &a->since,
		.n_params = 1,
		.max_rows = AUDIT_JOIN_ROWS_MAX};
}

struct results *auditing_rows(struct auditing *a)
{
	return a->rows;
}

void auditing_ended(struct auditing *a, host_id host, const struct fleet_end *end)
{
	if (audit_join_ended(a->join, host, end) < 0)
		a->no_memory = true;
}

/* ---- What differs ---- */

struct telling {
	struct auditing *a;
	auditing_row_fn *fn;
	void *arg;
	size_t differences, silent;
};

/* "" says as little as nothing. */
static struct cell known(const char *text)
{
	return rows_text(text && *text ? text : NULL);
}

static struct cell number(int64_t i)
{
	return (struct cell){.type = i ? CELL_INT : CELL_NULL, .i = i};
}

static int put_difference(void *arg, const struct audit_difference *d)
{
	struct telling *t = arg;
	char time[RUN_TIME_MAX] = "";

	if (d->time_us)
		run_time_text(d->time_us, time);
	if (d->kind == AUDIT_NO_ANSWER)
		t->silent++;
	else
		t->differences++;
	return t->fn(
		t->arg, (struct cell[]){rows_text(t->a->hosts[d->host].name),
				rows_text(audit_kind_words(d->kind)), known(time), known(d->action),
				known(d->target), known(d->recorded), known(d->logged),
				known(d->operator), known(d->address), known(d->reason),
				known(d->detail), number(d->act), number(d->seq)});
}

void auditing_tell(struct auditing *a, auditing_row_fn *fn, void *arg, struct auditing_sum *ret)
{
	struct telling t = {.a = a, .fn = fn, .arg = arg};
	size_t agreed = 0;
	int r = audit_join_tell(
		a->join, a->rows, clock_real_us(), a->since_us, put_difference, &t, &agreed);

	*ret = (struct auditing_sum){.agreed = agreed,
		.differences = t.differences,
		.silent = t.silent,
		.lost = r == -ENOMEM || a->no_memory || results_lost(a->rows) > 0};
}

void auditing_words(const struct auditing_sum *sum, char ret[AUDITING_WORDS_MAX])
{
	int n = snprintf(ret, AUDITING_WORDS_MAX, "%zu action%s in both records, %zu difference%s",
		sum->agreed, sum->agreed == 1 ? "" : "s", sum->differences,
		sum->differences == 1 ? "" : "s");

	if (sum->silent)
		snprintf(ret + n, AUDITING_WORDS_MAX - (size_t)n, "; %zu host%s gave no answer",
			sum->silent, sum->silent == 1 ? "" : "s");
}
