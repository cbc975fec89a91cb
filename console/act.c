/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/act.h"

#include "common/io.h"
#include "common/json.h"
#include "common/log.h"
#include "common/str.h"
#include "common/text.h"
#include "console/outcome.h"
#include "console/passphrase.h"
#include "console/plan.h"
#include "console/store_act.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lines of a plan that are shown before it is asked about. */
#define PLAN_LINES    200
#define PLAN_TEXT_MAX (1u << 20)
#define REPLY_MAX     64

/* ---- Arguments ---- */

int act_process(const char *word, bool tree, json_t **ret, struct err *err)
{
	const char *at = strchr(word, '@');
	struct span pid = {word, at ? (size_t)(at - word) : strlen(word)};
	uint64_t number, start = 0;
	json_t *args;
	int failed = 0;

	if (parse_span(pid, 10, INT_MAX, &number) < 0 || number == 0)
		return err_set(err, EINVAL, "`%s` is neither PID nor PID@START_TIME", word);
	if (at && parse_span(span_str(at + 1), 10, INT64_MAX, &start) < 0)
		return err_set(err, EINVAL,
			"`%s`: behind the @ stands the start time in seconds since 1970, as in "
			"processes.start_time",
			word);
	args = json_pack("{s:I}", "pid", (json_int_t)number);
	if (args && at)
		failed = json_object_set_new(args, "start_time", json_integer((json_int_t)start));
	if (args && tree)
		failed |= json_object_set_new(args, "tree", json_true());
	if (!args || failed) {
		json_decref(args);
		return err_sys(err, ENOMEM, "arguments");
	}
	*ret = args;
	return 0;
}

json_t *act_bytes(const char *text)
{
	return json_bytes_new(text, strlen(text));
}

int act_check_path(const char *path, struct err *err)
{
	struct span rest = span_str(path), part;

	if (*path != '/')
		return err_set(err, EINVAL, "`%s` is no absolute path", path);
	if (rest.n >= PATH_MAX)
		return err_set(err, EINVAL, "a path is longer than %d bytes", PATH_MAX - 1);
	while (span_split(&rest, '/', &part))
		if (span_eq(part, ".") || span_eq(part, ".."))
			return err_set(err, EINVAL, "`%s` holds a \".\" or \"..\" part", path);
	return 0;
}

/* ---- One run ---- */

struct run {
	struct app *app;
	const struct act *act;
	struct ask *ask;
	struct plan plan;
	bool header;
	bool by_words;	/* the terminal said no */
	int64_t record; /* in the console's own record; 0: not yet */
};

static int put_row(struct run *run, const struct plan_item *i)
{
	const struct outcome_row row = {.host = i->host,
		.action = run->act->action,
		.target = i->target,
		.detail = i->detail,
		.id = i->id,
		.status = i->status,
		.before = i->before,
		.after = i->after,
		.undo = i->undo};

	return outcome_put(run->ask, run->app, &run->header, &row);
}

/* An outcome is shown when nothing more can become of it. */
static bool is_final(const struct run *run, const struct plan_item *i)
{
	if (run->plan.phase == PLAN_DRY)
		return false;
	return i->step == PLAN_OVER &&
	       (i->status != WIRE_DONE || i->confirmed || !plan_confirms(run->act->action));
}

static int on_event(struct ask *a, const struct fleet_event *e, void *arg)
{
	struct run *run = arg;
	struct plan_item *i = plan_take(&run->plan, e);

	(void)a;
	return i && is_final(run, i) ? put_row(run, i) : 0;
}

/* False when it was interrupted, or the fleet did not take it. */
static bool drive(struct run *run, enum plan_phase phase)
{
	struct ask_question q = {.name = run->act->action};

	if (plan_begin(&run->plan, phase) == 0)
		return true;
	while (plan_round(&run->plan, &q.fleet))
		if (!ask_drive(run->ask, &q, on_event, run))
			return false;
	return true;
}

/* ---- Asking the operator ---- */

static const char *host_name(const struct run *run, const struct plan_item *i)
{
	return run->app->hosts[i->host].name;
}

static int put_plan_line(const struct run *run, const struct plan_item *i, struct buf *b)
{
	const char *texts[] = {host_name(run, i), i->target, wire_status_name(i->status),
		i->detail ? i->detail : ""};
	int r = buf_puts(b, " ");

	for (size_t t = 0; r == 0 && t < ARRAY_LEN(texts); t++) {
		r = buf_puts(b, t == 3 ? ": " : " ");
		if (r == 0)
			r = text_escape(b, texts[t], strlen(texts[t]));
	}
	return r < 0 ? r : buf_putc(b, '\n');
}

static void show_plan(const struct run *run)
{
	struct buf b;
	int r = 0;

	buf_init(&b, PLAN_TEXT_MAX);
	for (size_t i = 0; r == 0 && i < run->plan.n && i < PLAN_LINES; i++)
		r = put_plan_line(run, &run->plan.items[i], &b);
	if (r == 0 && run->plan.n > PLAN_LINES)
		r = buf_printf(&b, "  and %zu more\n", run->plan.n - PLAN_LINES);
	(void)io_write_all(STDERR_FILENO, buf_str(&b), b.len);
	buf_done(&b);
}

static bool agreed(const struct run *run, size_t n, size_t hosts)
{
	char prompt[128], reply[REPLY_MAX];

	snprintf(prompt, sizeof(prompt), "%s: %zu target%s on %zu host%s? [y/N] ", run->act->action,
		n, n == 1 ? "" : "s", hosts, hosts == 1 ? "" : "s");
	if (passphrase_answer(prompt, true, reply, sizeof(reply)) < 0)
		return false;
	return str_eq(reply, "y") || str_eq(reply, "yes");
}

/* ---- The way of a run ---- */

/* What the plan already settled: refused, not there, already so. */
static int put_settled(struct run *run)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < run->plan.n; i++)
		if (run->plan.items[i].step == PLAN_OVER)
			r = put_row(run, &run->plan.items[i]);
	return r;
}

static void put_all(struct run *run)
{
	for (size_t i = 0; i < run->plan.n; i++)
		if (put_row(run, &run->plan.items[i]) < 0)
			return;
}

/* After what could not be done any more. */
static void put_rest(struct run *run, const char *why)
{
	for (size_t i = 0; i < run->plan.n; i++) {
		struct plan_item *item = &run->plan.items[i];
		bool was_over = item->step == PLAN_OVER;

		if (was_over && (item->status != WIRE_DONE || item->confirmed ||
					!plan_confirms(run->act->action)))
			continue;
		if (!was_over)
			item->step = PLAN_OVER;
		item->status = WIRE_FAILED;
		free(item->detail);
		item->detail = strdup(why);
		if (put_row(run, item) < 0)
			return;
	}
}

/* Before it is tried, and after. */
static void record(struct run *run)
{
	store_act_or_say(&run->record, &run->plan, run->app->hosts,
		run->app->o.targets ? run->app->o.targets : "all");
}

static void apply(struct run *run)
{
	/* Nobody reads: nothing is done. */
	if (put_settled(run) < 0)
		return;
	record(run);
	if (!drive(run, PLAN_APPLY))
		put_rest(run, "interrupted before it was tried");
	else if (plan_confirms(run->act->action) && !drive(run, PLAN_CONFIRM))
		put_rest(run, "not confirmed: the host takes it back by itself");
	record(run);
}

static bool wanted(struct run *run)
{
	size_t hosts, n = plan_count(&run->plan, PLAN_READY, &hosts);

	if (n == 0 || run->app->o.yes)
		return true;
	show_plan(run);
	return agreed(run, n, hosts);
}

static void go(struct run *run)
{
	if (!drive(run, PLAN_DRY)) {
		plan_give_up(&run->plan, "interrupted before anything was done");
		put_all(run);
	} else if (run->app->o.dry_run) {
		put_all(run);
	} else if (!wanted(run)) {
		log_note("nothing was done");
		run->by_words = true;
	} else {
		apply(run);
	}
}

/* The same arguments for each host; the plan holds a reference per host. */
static int add_target(struct app *app, const struct act *act, const char *target, struct plan *plan,
	struct err *err)
{
	json_t *args = NULL;
	int r = act->args(target, act->values, &args, err);

	for (size_t h = 0; r == 0 && h < app->n_hosts; h++) {
		if (act->only && !act->only[h])
			continue;
		r = plan_add(plan, (host_id)h, target ? target : "host", json_incref(args));
		if (r < 0)
			err_set(err, -r, r == -E2BIG ? "more than %d targets" : "out of memory",
				PLAN_ITEMS_MAX);
	}
	json_decref(args);
	return r;
}

int act_plan(struct app *app, const struct act *act, struct plan *ret, struct err *err)
{
	int r = app_targets(app, err);

	if (r < 0)
		return r;
	r = plan_init(ret, act->action, app->o.reason, app->n_hosts);
	if (r < 0)
		return err_sys(err, ENOMEM, "plan");
	if (act->fill)
		return act->fill(act, ret, err);
	if (act->n == 0)
		return add_target(app, act, NULL, ret, err);
	for (size_t i = 0; r == 0 && i < act->n; i++)
		r = add_target(app, act, act->targets[i], ret, err);
	return r;
}

/* Before anything is sent: is there somebody to ask? */
static int check(const struct run *run, struct err *err)
{
	if (run->app->o.yes || run->app->o.dry_run || passphrase_possible())
		return 0;
	return err_set(err, EPERM,
		"%s changes hosts: without a terminal to ask at it needs --yes (or --dry-run)",
		run->act->action);
}

int act_run(struct app *app, const struct act *act)
{
	struct ask_options options = {
		.command = act->action, .question = act->action, .whole = true};
	struct run run = {.app = app, .act = act};
	enum exit_status status = EXIT_NOTHING;
	struct err err = {0};
	int r = check(&run, &err);

	if (r == 0)
		r = act_plan(app, act, &run.plan, &err);
	if (r < 0)
		log_error("%s", err.text);
	else
		status = ask_begin(app, &options, &run.ask);
	if (r == 0 && status == EXIT_ALL_GOOD) {
		go(&run);
		status = ask_end(run.ask);
		if (run.by_words && status == EXIT_ALL_GOOD)
			status = EXIT_NOTHING;
	}
	plan_done(&run.plan);
	return status;
}
