/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The console's own record of actions, and beside it the logs of the hosts. */
#include "common/log.h"
#include "common/str.h"
#include "console/app.h"
#include "console/ask.h"
#include "console/auditing.h"
#include "console/command.h"
#include "console/rows.h"
#include "console/store_act.h"
#include "console/store_run.h"

#define LIMIT	  100
#define LIMIT_MAX 1000000

static const struct opt audit_opts[] = {
	{0, "limit", "N", OPT_UINT, offsetof(struct audit_options, limit), 1, LIMIT_MAX,
		.doc = "targets shown at most (default: 100)"},
	{0, "since", "WHEN", OPT_STRING, offsetof(struct audit_options, since),
		.doc = "only actions from then on: yesterday, 12h, 3d, 2026-11-21"},
	{0, "hosts", NULL, OPT_FLAG, offsetof(struct audit_options, hosts),
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

static int on_event(struct ask *a, const struct fleet_event *e, void *arg)
{
	(void)a;
	if (e->type == FLEET_END)
		auditing_ended(arg, e->host, e->end);
	return 0;
}

static int put_row(void *arg, const struct cell *row)
{
	return ask_row(arg, row);
}

static void tell(struct ask *a, struct auditing *auditing, struct auditing_sum *ret)
{
	char words[AUDITING_WORDS_MAX];

	/* What cannot be written is told when it ends. */
	(void)ask_header(a, auditing_columns, auditing_n_columns);
	auditing_tell(auditing, put_row, a, ret);
	if (ret->lost) {
		log_error("the hosts' logs are more than fits into memory");
		ask_incomplete(a);
	}
	auditing_words(ret, words);
	log_note("%s", words);
}

/* An exit status. */
static int join_hosts(struct app *app, struct auditing *auditing)
{
	const struct ask_options options = {.command = "audit", .question = "audit", .whole = true};
	struct ask_question q = {.name = "audit", .into = auditing_rows(auditing)};
	struct auditing_sum sum = {.differences = 0};
	struct ask *a;
	enum exit_status status = ask_begin(app, &options, &a);

	if (status != EXIT_ALL_GOOD)
		return status;
	auditing_question(auditing, &q.fleet);
	if (ask_drive(a, &q, on_event, auditing))
		tell(a, auditing, &sum);
	status = ask_end(a);
	return status == EXIT_ALL_GOOD && sum.differences > 0 ? EXIT_EXPECT : status;
}

static int with_hosts(struct app *app, int64_t since_us)
{
	struct auditing *a = NULL;
	struct err err = {0};
	int status = EXIT_NOTHING;

	if (app_targets(app, &err) == 0)
		a = auditing_new(app, NULL, since_us, &err);
	if (a)
		status = join_hosts(app, a);
	else
		log_error("%s", err.text);
	auditing_free(a);
	return status;
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct audit_options *o = values;
	int64_t since_us;
	struct store *s = NULL;
	struct err err = {0};
	int status, r = audit_options_since(o, &since_us, &err);

	(void)argc;
	(void)argv;
	if (r == 0 && o->hosts)
		return with_hosts(app, since_us);
	if (r == 0)
		r = store_open(STORE_READ, &s, &err);
	if (r < 0 && r != -ENOENT) {
		log_error("%s", err.text);
		return EXIT_NOTHING;
	}
	status = list(app, s, since_us, o->limit ? o->limit : LIMIT);
	store_close(s);
	return status;
}

static bool waits(const void *values)
{
	const struct audit_options *o = values;

	return o->hosts;
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
	.values_size = sizeof(struct audit_options),
	.run = run,
	.waits = waits,
};
