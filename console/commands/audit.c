/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The console's own record of actions. */
#include "common/log.h"
#include "common/str.h"
#include "console/app.h"
#include "console/command.h"
#include "console/rows.h"
#include "console/store_act.h"
#include "console/store_run.h"

#define LIMIT	  100
#define LIMIT_MAX 1000000

struct audit_values {
	uint64_t limit;
};

static const struct opt audit_opts[] = {
	{0, "limit", "N", OPT_UINT, offsetof(struct audit_values, limit), 1, LIMIT_MAX,
		.doc = "targets shown at most (default: 100)"},
	OPT_END,
};

static const char *const columns[] = {"time", "operator", "host", "action", "target", "status",
	"detail", "reason", "id", "act", "plan", "before", "after", "undo"};
enum { N_SHORT = 9 };

static struct cell json(const char *text)
{
	struct cell c = rows_text(text);

	if (text)
		c.type = CELL_JSON;
	return c;
}

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

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct audit_values *v = values;
	struct store *s = NULL;
	struct rows rows;
	struct err err = {0};
	int status, r = store_open(STORE_READ, &s, &err);

	(void)argc;
	(void)argv;
	if (r < 0 && r != -ENOENT) {
		log_error("%s", err.text);
		return EXIT_NOTHING;
	}
	/* As text the last ones would be columns of noise. */
	rows_begin(&rows, app->format, columns,
		app->format->named ? ARRAY_LEN(columns) : (size_t)N_SHORT);
	r = s ? store_acts(s, v->limit ? v->limit : LIMIT, put_entry, &rows, &err) : 0;
	status = rows_end(&rows);
	store_close(s);
	if (r == 0)
		return status;
	log_error("%s", err.text);
	return EXIT_INCOMPLETE;
}

const struct command command_audit = {
	.name = "audit",
	.args = "",
	.summary = "show the console's record of actions, the last one first",
	.help = "What was done to which host by whom and why, and what came of it. A target is "
		"written down\n"
		"before it is tried: one that stays `sent` was tried, and its outcome is not "
		"known here. The\n"
		"hosts keep logs of their own: `tocsin-agentd audit` on the host shows them.",
	.opts = audit_opts,
	.values_size = sizeof(struct audit_values),
	.run = run,
};
