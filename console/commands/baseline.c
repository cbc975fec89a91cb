/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is normal for a question. */
#include "console/baseline.h"
#include "common/log.h"
#include "common/str.h"
#include "console/app.h"
#include "console/command.h"
#include "console/rows.h"

#include <inttypes.h>

struct baseline_values {
	bool remove;
};

static const struct opt baseline_opts[] = {
	{0, "remove", NULL, OPT_FLAG, offsetof(struct baseline_values, remove),
		.doc = "nothing is normal for this question any more"},
	OPT_END,
};

static int put_run(void *arg, const struct run_info *i)
{
	struct rows *rows = arg;
	char time[RUN_TIME_MAX];

	run_time_text(i->time_us, time);
	rows_add(rows,
		(struct cell[]){rows_text(i->question), {.type = CELL_INT, .i = i->id},
			rows_text(time), rows_text(i->target), {.type = CELL_INT, .i = i->rows}});
	return 0;
}

static int list(struct app *app, struct store *s, struct err *err)
{
	static const char *const columns[] = {"question", "run", "time", "target", "rows"};
	const struct run_filter f = {.baseline = true};
	struct rows rows;
	int r;

	rows_begin(&rows, app->format, columns, ARRAY_LEN(columns));
	r = s ? runs_list(s, &f, put_run, &rows, err) : 0;
	if (rows_end(&rows) != EXIT_ALL_GOOD && r == 0)
		r = err_set(err, EIO, "not all was written");
	return r;
}

static int pin(
	struct store *s, const char *name, const char *number, const char *target, struct err *err)
{
	struct run_info i;
	int r = runs_find(s, number ? number : name, target, &i, err);

	if (r < 0)
		return r;
	if (!str_eq(i.question, name) && !(i.name && str_eq(i.name, name)))
		r = err_set(err, EINVAL, "run %" PRId64 " is one of %s", i.id, i.question);
	if (r == 0)
		r = baseline_pin(s, &i, err);
	if (r == 0)
		log_note("run %" PRId64 " is the baseline of %s", i.id, i.question);
	run_info_done(&i);
	return r;
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct baseline_values *v = values;
	struct store *s = NULL;
	struct err err = {0};
	int r;

	if (v->remove && argc == 0) {
		log_error("baseline --remove: usage: tocsin baseline --remove NAME");
		return EXIT_NOTHING;
	}
	r = store_open(STORE_READ, &s, &err);
	if (argc == 0 && (r == 0 || r == -ENOENT))
		r = list(app, s, &err);
	else if (r == 0 && v->remove)
		r = baseline_remove(s, argv[0], &err);
	else if (r == 0)
		r = pin(s, argv[0], argc > 1 ? argv[1] : NULL, app->o.targets, &err);
	store_close(s);
	if (r == 0)
		return EXIT_ALL_GOOD;
	log_error("%s", err.text);
	return EXIT_NOTHING;
}

const struct command command_baseline = {
	.name = "baseline",
	.args = "[NAME [RUN]]",
	.summary = "pin a run as what is normal for a question, or list those that are",
	.help = "The last run of the saved query NAME, or RUN, says from then on what is normal:\n"
		"`tocsin run NAME --new` shows only what deviates from it. A run that is pinned is "
		"kept\n"
		"until another one takes its place.\n\n"
		"  tocsin baseline acct-admin-groups",
	.max_args = 2,
	.opts = baseline_opts,
	.values_size = sizeof(struct baseline_values),
	.run = run,
};
