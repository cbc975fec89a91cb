/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook_run.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "common/text.h"
#include "console/act.h"
#include "console/interrupt.h"
#include "console/output.h"
#include "console/passphrase.h"
#include "console/plan.h"
#include "console/rowtargets.h"
#include "console/runbook_make.h"
#include "console/runbook_words.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REPLY_MAX 64
#define TICK_MS	  100

/* ---- Targets ---- */

static int retarget(struct runner *r, const char *pattern, struct err *err)
{
	char *copy = strdup(pattern);
	int res;

	if (!copy)
		return err_sys(err, ENOMEM, "target");
	app_retarget(r->app, copy);
	free(r->target);
	r->target = copy;
	res = app_targets(r->app, err);
	return res;
}

/* That host and no other. */
static int retarget_host(struct runner *r, const char *host, struct err *err)
{
	int res = host ? retarget(r, host, err)
		       : err_set(err, ENOENT, "not every row has the name of a host as `host`");

	if (res == 0 && (r->app->n_hosts != 1 || !str_eq(r->app->hosts[0].name, host)))
		res = err_set(err, EINVAL, "the host `%s` cannot be named as a target", host);
	return res;
}

static char *targets_now(const struct runner *r)
{
	return strdup(r->app->o.targets ? r->app->o.targets : "all");
}

/* ---- Actions on rows ---- */

/* What --rows and conditions are about: the last result; the row, as long as that is it. */
static struct runbook_rows rows_now(const struct runner *r)
{
	if (!r->last || (r->row.n && r->row.of == r->last))
		return r->row;
	return (struct runbook_rows){.of = r->last, .n = results_rows(r->last->kept.rows)};
}

static int fill(const struct act *act, struct plan *plan, struct err *err)
{
	const struct runbook_rows *rows = act->arg;
	row_id *ids = calloc(rows->n + 1, sizeof(*ids));
	size_t without = 0;
	int r;

	if (!ids)
		return err_sys(err, ENOMEM, "plan");
	for (size_t i = 0; i < rows->n; i++)
		ids[i] = rows->first + (row_id)i;
	r = rowtargets_add(rows->of->kept.rows, ids, rows->n, act, plan, &without, err);
	free(ids);
	if (r == 0 && without)
		log_note("%zu rows name nothing to %s", without, act->action);
	return r;
}

static bool can_act_on(const struct runbook_result *rows, struct err *err)
{
	if (rows->remembered)
		err_set(err, EINVAL, "--rows: these are remembered: ask for the rows of now first");
	else if (rows->kept.own)
		err_set(err, EINVAL, "--rows: not every row has the name of a host as `host`");
	return !rows->remembered && !rows->kept.own;
}

static int act_on_rows(struct runner *r, const struct command *c, struct prepared *p)
{
	struct runbook_rows rows = rows_now(r);
	char *before = targets_now(r);
	struct err err = {0};
	struct act act;
	int status = EXIT_NOTHING;

	c->act(p->values, 0, p->argv, &act);
	act.fill = fill;
	act.arg = &rows;
	if (!can_act_on(rows.of, &err))
		log_error("%s", err.text);
	/* The rows' hosts are numbered as they were when they were asked. */
	else if (!before || retarget(r, rows.of->pattern, &err) < 0)
		log_error("%s", before ? err.text : "out of memory");
	else
		status = act_run(r->app, &act);
	if (before && retarget(r, before, &err) < 0)
		log_error("%s", err.text);
	free(before);
	return status;
}

/* ---- Steps ---- */

/* 130 is worse than 3, that than 1. Of a runbook at work nothing is "nothing was asked". */
static void merge(struct runner *r, enum exit_status status)
{
	if (status == EXIT_NOTHING)
		status = EXIT_INCOMPLETE;
	if (status > r->status)
		r->status = status;
}

static void tell(struct runner *r, struct runbook_step *step, const struct made *m)
{
	char *did = made_text(step->line, m);

	step->did = did ? did : step->line->text;
	step->us = step->us ? step->us : clock_real_us();
	step->target = r->app->o.targets ? r->app->o.targets : "all";
	if (r->log)
		runbook_log_step(r->log, step);
	else if (step->message)
		log_error("%s", step->message);
	else if (step->line->kind == RUNBOOK_SAY)
		log_note("%s", step->did);
	free(did);
}

/* What stops a runbook: all but hosts that did not answer while others did. */
static void finish(struct runner *r, const struct runbook_step *step, bool failed)
{
	merge(r, step->status);
	if (step->status == EXIT_INTERRUPT || (failed && !r->goes_on))
		r->stopped = true;
}

static void fail_step(
	struct runner *r, const struct runbook_line *l, const struct made *m, const struct err *err)
{
	struct runbook_step step = {.line = l, .message = err->text, .status = EXIT_INCOMPLETE};
	const struct made none = {.n = 0};

	tell(r, &step, m ? m : &none);
	finish(r, &step, true);
}

static int run_prepared(struct runner *r, const struct runbook_line *l, struct prepared *p,
	struct runbook_result *result)
{
	struct app_options before = r->app->o;
	struct err err;
	int status = EXIT_NOTHING;

	p->options.targets = before.targets;
	r->app->o = p->options;
	r->app->kept = &result->kept;
	if (app_settle(r->app, &err) < 0)
		log_error("%s", err.text);
	else if (l->rows)
		status = act_on_rows(r, l->command, p);
	else
		status = command_run_it(l->command, r->app, p->values, p->argc, p->argv);
	r->app->kept = NULL;
	before.targets = r->app->o.targets;
	r->app->o = before;
	return app_settle(r->app, &err) < 0 ? EXIT_NOTHING : status;
}

/*
 * Hosts that did not answer do not stop a runbook as long as others did; an action must succeed.
 */
static bool has_failed(const struct runbook_line *l, const struct runbook_step *step)
{
	if (step->status == EXIT_INCOMPLETE && l->command->ask && step->kept &&
		step->kept->answered)
		return false;
	return step->status != EXIT_ALL_GOOD;
}

static void run_step(struct runner *r, const struct runbook_line *l, struct prepared *p,
	struct runbook_result *result)
{
	struct runbook_step step = {.line = l, .us = clock_real_us(), .hosts = result->hosts};
	int64_t since_ms = clock_mono_ms();

	if (l->rows && rows_now(r).n == 0) {
		step.message = "there are no rows";
		tell(r, &step, &p->made);
		return;
	}
	step.status = (enum exit_status)run_prepared(r, l, p, result);
	step.ms = clock_mono_ms() - since_ms;
	runbook_result_settle(result);
	if (result->kept.hosts || results_columns_n(result->kept.rows))
		step.kept = &result->kept;
	tell(r, &step, &p->made);
	if (runbook_line_results(l)) {
		result->remembered = !l->command->ask;
		runbook_result_unref(r->last);
		r->last = runbook_result_ref(result);
	}
	finish(r, &step, has_failed(l, &step));
}

/* The hosts of -t, where the line has one, else those of before. */
static int select_hosts(struct runner *r, const struct prepared *p, bool *ret_own, struct err *err)
{
	*ret_own = p->options.targets != r->app->o.targets;
	if (*ret_own)
		return retarget(r, p->options.targets, err);
	/* Commands that ask nobody need none; the others say themselves what is wrong. */
	(void)app_targets(r->app, NULL);
	return 0;
}

static void run_command(struct runner *r, const struct runbook_line *l)
{
	struct runbook_result *result = NULL;
	char *before = targets_now(r);
	struct prepared p;
	struct err err = {0};
	bool own = false;
	int res = runner_prepare(r, l, &p, &err);

	if (res == 0)
		res = before ? select_hosts(r, &p, &own, &err) : err_sys(&err, ENOMEM, "line");
	if (res == 0) {
		result = runbook_result_new(r->app, &err);
		res = result ? 0 : -ENOMEM;
	}
	if (res < 0)
		fail_step(r, l, &p.made, &err);
	else
		run_step(r, l, &p, result);
	if (own && retarget(r, before, &err) < 0)
		log_error("%s", err.text);
	runbook_result_unref(result);
	prepared_done(&p);
	free(before);
}

/* ---- Lines that are no commands ---- */

static void run_block(struct runner *r, const struct runbook_block *b);

/* The words from `first` on, for people. */
static char *made_words(const struct made *m, size_t first)
{
	struct buf b;
	char *text;

	buf_init(&b, VALUE_MAX);
	for (size_t i = first; i < (size_t)m->n; i++) {
		(void)(i > first ? buf_putc(&b, ' ') : 0);
		(void)buf_puts(&b, m->words[i]);
	}
	text = buf_steal(&b);
	buf_done(&b);
	return text;
}

static char *found_text(const struct buf *found)
{
	struct buf b;
	char *text;

	buf_init(&b, VALUE_MAX);
	(void)buf_puts(&b, "found ");
	(void)text_escape(&b, buf_str(found), found->len);
	text = buf_steal(&b);
	buf_done(&b);
	return text;
}

/* 1 or 0, and "found 3" on the heap or NULL; -errno: that is told, and the step has failed. */
static int test(struct runner *r, const struct runbook_line *l, const struct made *m, char **ret)
{
	const struct runbook_condition *c = &l->condition;
	struct runbook_rows rows = rows_now(r);
	struct buf found;
	struct err err;
	int yes;

	buf_init(&found, RESULTS_CELL_MAX * 2);
	yes = runbook_rows_test(&rows, c, c->column ? m->words[c->column - 1] : NULL,
		m->words[c->value - 1], &found, &err);
	if (yes < 0)
		fail_step(r, l, m, &err);
	else
		*ret = found_text(&found);
	buf_done(&found);
	return yes;
}

/* "found 3; page the duty analyst" */
static char *expectation(const struct runbook_line *l, const struct made *m, const char *found)
{
	char *words, *text;

	if (!found || l->condition.message == 0)
		return found ? strdup(found) : NULL;
	words = made_words(m, l->condition.message - 1);
	text = words ? str_printf("%s; %s", found, words) : NULL;
	free(words);
	return text;
}

static void run_expect(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	struct runbook_step step = {.line = l};
	char *found = NULL, *message = NULL;
	int yes = test(r, l, m, &found);

	if (yes < 0)
		return;
	if (!yes) {
		step.status = EXIT_EXPECT;
		step.message = message = expectation(l, m, found);
	}
	tell(r, &step, m);
	finish(r, &step, !yes);
	free(message);
	free(found);
}

static void run_when(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	struct runbook_step step = {.line = l};
	char *found = NULL;
	int yes = test(r, l, m, &found);

	if (yes < 0)
		return;
	step.outcome = yes ? "holds" : "does not hold";
	step.message = found;
	if (r->log)
		tell(r, &step, m);
	free(found);
	run_block(r, yes ? &l->body : &l->otherwise);
}

static void run_foreach(struct runner *r, const struct runbook_line *l)
{
	struct runbook_rows all = rows_now(r), outer = r->row;
	struct runbook_result *of = runbook_result_ref(all.of);
	char *before = targets_now(r);
	struct err err = {0};
	int res = before ? 0 : err_sys(&err, ENOMEM, "foreach");

	if (res == 0 && all.n > RUNBOOK_FOREACH_MAX)
		res = err_set(&err, E2BIG, "more than %d rows", RUNBOOK_FOREACH_MAX);
	for (size_t i = 0; res == 0 && !r->stopped && i < all.n; i++) {
		r->row = (struct runbook_rows){.of = of, .first = all.first + (row_id)i, .n = 1};
		runbook_result_unref(r->last);
		r->last = runbook_result_ref(of);
		res = retarget_host(r, runbook_rows_host(&r->row, 0), &err);
		if (res == 0)
			run_block(r, &l->body);
	}
	r->row = outer;
	runbook_result_unref(r->last);
	r->last = of;
	if (before && retarget(r, before, res < 0 ? NULL : &err) < 0 && res == 0)
		res = -EINVAL;
	if (res < 0)
		fail_step(r, l, NULL, &err);
	free(before);
}

static void wait_seconds(double seconds)
{
	int64_t until = clock_mono_ms() + (int64_t)(seconds * 1000);
	const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};

	while (!interrupted() && clock_mono_ms() < until)
		nanosleep(&tick, NULL);
}

/* Until all of it is good: what went wrong before does not count. */
static void run_retry(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	enum exit_status before = r->status;
	bool goes_on = r->goes_on;
	double seconds = 0;
	uint64_t times = 1;

	(void)parse_uint(m->words[0], 1, RUNBOOK_RETRY_MAX, &times);
	if (m->n > 1)
		(void)parse_real(m->words[1], 0, RUNBOOK_SECONDS_MAX, &seconds);
	r->goes_on = false;
	for (uint64_t i = 0; i < times && !r->ended && !interrupted(); i++) {
		if (i > 0)
			wait_seconds(seconds);
		r->status = EXIT_ALL_GOOD;
		r->stopped = false;
		run_block(r, &l->body);
		if (r->status == EXIT_ALL_GOOD)
			break;
	}
	r->goes_on = goes_on;
	r->stopped = r->ended || (r->stopped && !goes_on) || interrupted();
	merge(r, before);
}

static bool agreed(const char *question)
{
	char *prompt = str_printf("%s [y/N] ", question), reply[REPLY_MAX];
	int r = prompt ? passphrase_answer(prompt, true, reply, sizeof(reply)) : -ENOMEM;

	free(prompt);
	return r == 0 && (str_eq(reply, "y") || str_eq(reply, "yes"));
}

/* A "no" ends the runbook, whatever on-error says. */
static void run_confirm(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	struct runbook_step step = {.line = l};
	char *question = made_words(m, 0);

	if (r->app->o.dry_run) {
		step.message = "nobody was asked, with --dry-run";
	} else if (!question || !agreed(question)) {
		step.status = interrupted() ? EXIT_INTERRUPT : EXIT_INCOMPLETE;
		step.message = interrupted() ? NULL : "nobody agreed";
		r->stopped = r->ended = true;
	}
	tell(r, &step, m);
	finish(r, &step, step.status != EXIT_ALL_GOOD);
	free(question);
}

static void run_write(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	struct runbook_step step = {.line = l};
	struct runbook_rows rows = rows_now(r);
	const struct format *format = runner_format(r, m);
	struct err err = {0};
	int res;

	if (!rows.of)
		res = err_set(&err, ENOENT, "nothing was asked before");
	else if (!format)
		res = err_set(&err, EINVAL, "no format `%s`", m->words[1]);
	else
		res = runbook_rows_write(&rows, format, m->words[0], &err);
	if (res < 0)
		fail_step(r, l, m, &err);
	else
		tell(r, &step, m);
}

static void run_target(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	struct err err;
	int res;

	if (l->words[1].n == 1 && l->words[1].parts[0].variable &&
		str_eq(l->words[1].parts[0].text, "row.host"))
		res = retarget_host(r, m->words[0], &err);
	else
		res = retarget(r, m->words[0], &err);
	if (res < 0) {
		fail_step(r, l, m, &err);
		/* What follows is not for the hosts of before. */
		r->stopped = r->ended = true;
	}
}

static void run_timeout(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	struct err err;

	if (runner_seconds(m, &r->app->o.timeout, &err) < 0)
		fail_step(r, l, m, &err);
}

static void run_say(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	struct runbook_step step = {.line = l};

	tell(r, &step, m);
}

static void run_other(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	switch (l->kind) {
	case RUNBOOK_COMMAND:
		break;
	case RUNBOOK_TARGET:
		run_target(r, l, m);
		break;
	case RUNBOOK_EXPECT:
		run_expect(r, l, m);
		break;
	case RUNBOOK_WHEN:
		run_when(r, l, m);
		break;
	case RUNBOOK_FOREACH:
		run_foreach(r, l);
		break;
	case RUNBOOK_RETRY:
		run_retry(r, l, m);
		break;
	case RUNBOOK_TIMEOUT:
		run_timeout(r, l, m);
		break;
	case RUNBOOK_CONFIRM:
		run_confirm(r, l, m);
		break;
	case RUNBOOK_WRITE:
		run_write(r, l, m);
		break;
	case RUNBOOK_SAY:
		run_say(r, l, m);
		break;
	case RUNBOOK_ON_ERROR:
		r->goes_on = str_eq(m->words[0], "continue");
		break;
	}
}

static void run_line(struct runner *r, const struct runbook_line *l)
{
	struct made m = {.n = 0};
	struct err err;

	if (l->kind == RUNBOOK_COMMAND) {
		run_command(r, l);
		return;
	}
	if (runner_make(r, l, 1, &m, &err) < 0)
		fail_step(r, l, NULL, &err);
	else
		run_other(r, l, &m);
	made_done(&m);
}

static void run_block(struct runner *r, const struct runbook_block *b)
{
	for (size_t i = 0; i < b->n && !r->stopped; i++) {
		if (interrupted()) {
			merge(r, EXIT_INTERRUPT);
			r->stopped = true;
			return;
		}
		run_line(r, b->of[i]);
	}
}

/* ---- The runner ---- */

struct runner *runner_new(struct app *app)
{
	struct runner *r = calloc(1, sizeof(*r));

	if (r) {
		r->app = app;
		r->outer = app->o.targets;
		buf_init(&r->cell, VALUE_MAX);
	}
	return r;
}

void runner_free(struct runner *r)
{
	if (!r)
		return;
	if (r->target)
		app_retarget(r->app, r->outer);
	free(r->target);
	runbook_result_unref(r->last);
	buf_done(&r->cell);
	free(r);
}

bool runner_has_result(const struct runner *r)
{
	return r->last;
}

enum exit_status runner_run(struct runner *r, const struct runbook *b, struct runbook_log *log)
{
	r->book = b;
	r->log = log;
	r->stopped = r->ended = false;
	run_block(r, &b->block);
	r->log = NULL;
	return r->status;
}
