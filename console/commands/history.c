/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runs that are remembered. */
#include "common/log.h"
#include "common/str.h"
#include "console/app.h"
#include "console/command.h"
#include "console/rows.h"
#include "console/store_run.h"

#include <stdlib.h>

#define LIMIT	  100
#define LIMIT_MAX 1000000

struct history_values {
	uint64_t limit;
	bool move_aside;
};

static const struct opt history_opts[] = {
	{0, "limit", "N", OPT_UINT, offsetof(struct history_values, limit), 1, LIMIT_MAX,
		.doc = "runs shown at most (default: 100)"},
	{0, "move-aside", NULL, OPT_FLAG, offsetof(struct history_values, move_aside),
		.doc = "rename the database, so that a new one begins"},
	OPT_END,
};

static const char *const columns[] = {
	"run", "time", "question", "target", "hosts", "answered", "rows", "operator"};

static struct cell number(int64_t i)
{
	return (struct cell){.type = CELL_INT, .i = i};
}

static int put_run(void *arg, const struct run_info *i)
{
	struct rows *rows = arg;
	char time[RUN_TIME_MAX];

	run_time_text(i->time_us, time);
	rows_add(rows, (struct cell[]){number(i->id), rows_text(time), rows_text(i->question),
			       rows_text(i->target), number(i->hosts), number(i->answered),
			       number(i->rows), rows_text(i->operator)});
	return 0;
}

static int list(struct app *app, struct store *s, const struct run_filter *f)
{
	struct rows rows;
	struct err err = {0};
	int status, r;

	rows_begin(&rows, app->format, columns, ARRAY_LEN(columns));
	r = s ? runs_list(s, f, put_run, &rows, &err) : 0;
	status = rows_end(&rows);
	if (r == 0)
		return status;
	log_error("%s", err.text);
	return EXIT_INCOMPLETE;
}

static int move_aside(void)
{
	struct err err;
	char *to;

	if (store_move_aside(&to, &err) < 0) {
		log_error("%s", err.text);
		return EXIT_NOTHING;
	}
	log_note("what was remembered is now in %s", to);
	free(to);
	return EXIT_ALL_GOOD;
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct history_values *v = values;
	const struct run_filter f = {.question = argc > 0 ? argv[0] : NULL,
		.target = app->o.targets,
		.limit = v->limit ? v->limit : LIMIT};
	struct store *s = NULL;
	struct err err;
	int r, status;

	if (v->move_aside)
		return move_aside();
	r = store_open(STORE_READ, &s, &err);
	if (r < 0 && r != -ENOENT) {
		log_error("%s", err.text);
		return EXIT_NOTHING;
	}
	status = list(app, s, &f);
	store_close(s);
	return status;
}

const struct command command_history = {
	.name = "history",
	.args = "[NAME|QUESTION]",
	.summary = "list the runs that are remembered, the last one first",
	.help = "Every run of query and run is remembered with its rows, for as long as\n"
		"tocsin.conf(5) says: all runs, those of a saved query or a question, or with -t "
		"those\n"
		"at these targets. `tocsin show RUN` gives the rows again, `tocsin diff` what "
		"changed.\n\n"
		"  tocsin history proc-exe-deleted",
	.max_args = 1,
	.opts = history_opts,
	.values_size = sizeof(struct history_values),
	.run = run,
};
