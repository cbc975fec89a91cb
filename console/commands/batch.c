/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a runbook. */
#include "common/io.h"
#include "common/log.h"
#include "console/app.h"
#include "console/command.h"
#include "console/runbook.h"
#include "console/runbook_lock.h"
#include "console/runbook_log.h"
#include "console/runbook_run.h"
#include "console/runbook_find.h"

#include <stdlib.h>
#include <unistd.h>

#define PRINT_MAX (16u << 20)

struct batch_values {
	bool list, check;
	const char *log, *markdown;
};

static const struct opt batch_opts[] = {
	{0, "list", NULL, OPT_FLAG, offsetof(struct batch_values, list),
		.doc = "list the runbooks that can be named, and the values that they take"},
	{0, "check", NULL, OPT_FLAG, offsetof(struct batch_values, check),
		.doc = "only read it and print what it would do, without connecting"},
	{0, "log", "FILE", OPT_STRING, offsetof(struct batch_values, log),
		.doc = "add each step with its time and outcome to this file, as NDJSON"},
	{0, "markdown", "FILE", OPT_STRING, offsetof(struct batch_values, markdown),
		.doc = "write a report of the whole run, for the ticket"},
	OPT_END,
};

static int print(struct runner *r, const struct runbook *b)
{
	struct buf out;
	int res;

	buf_init(&out, PRINT_MAX);
	res = runner_print(r, b, &out);
	if (res == 0)
		res = io_write_all(STDOUT_FILENO, buf_str(&out), out.len);
	buf_done(&out);
	return res < 0 ? EXIT_INCOMPLETE : EXIT_ALL_GOOD;
}

static int run_logged(struct app *app, struct runner *r, const struct runbook_run *run,
	const struct batch_values *v)
{
	struct runbook_log *l;
	enum exit_status status;
	struct err err;

	if (runbook_log_new(v->log, v->markdown, run, &l, &err) < 0) {
		log_error("%s", err.text);
		return EXIT_NOTHING;
	}
	app->titled = true;
	status = runner_run(r, run->book, l);
	app->titled = false;
	if (runbook_log_end(l, status, &err) < 0) {
		log_error("%s", err.text);
		if (status < EXIT_INCOMPLETE)
			status = EXIT_INCOMPLETE;
	}
	runbook_log_free(l);
	return (int)status;
}

static int run_checked(
	struct app *app, const struct runbook *b, const struct batch_values *v, const char *path)
{
	const struct runbook_run the_run = {.path = path, .book = b, .app = app};
	struct runner *r = runner_new(app);
	struct runbook_lock lock = {.fd = -1};
	int status = EXIT_NOTHING, ready;
	struct err err;

	ready = r ? runner_check(r, b, v->check, &err) : err_sys(&err, ENOMEM, "runbook");
	if (ready == 0 && !v->check)
		ready = runbook_lock_take(path, &lock, &err);
	if (ready < 0)
		log_error("%s", err.text);
	else
		status = v->check ? print(r, b) : run_logged(app, r, &the_run, v);
	runner_free(r);
	runbook_lock_give(&lock);
	return status;
}

static int load(struct runbook *b, const char *path, int argc, char **argv, struct err *err)
{
	int r = 0;

	for (int i = 0; r == 0 && i < argc; i++)
		r = runbook_give(b, argv[i], err);
	return r < 0 ? r : runbook_load(b, path, err);
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct batch_values *v = values;
	int status = EXIT_NOTHING, r;
	char *path = NULL;
	struct runbook b;
	struct err err;

	if (v->list && argc == 0)
		return runbook_list(app->format);
	runbook_init(&b);
	if (v->list || argc == 0)
		r = err_set(
			&err, EINVAL, "usage: tocsin batch RUNBOOK|FILE [name=value …], or --list");
	else if (app->o.report)
		r = err_set(&err, EINVAL,
			"a runbook has no --report of its hosts: --log and --markdown tell its "
			"steps");
	else
		r = runbook_find(argv[0], &path, &err);
	if (r == 0)
		r = load(&b, path, argc - 1, argv + 1, &err);
	if (r < 0)
		log_error("%s", err.text);
	else
		status = run_checked(app, &b, v, path);
	runbook_done(&b);
	free(path);
	return status;
}

const struct command command_batch = {
	.name = "batch",
	.args = "RUNBOOK|FILE [name=value\xe2\x80\xa6]",
	.summary = "run a runbook",
	.help = "A runbook is commands, one a line, with conditions between them: "
		"tocsin-runbook(5).\n"
		"It is read whole before its first line runs. RUNBOOK is the name of one that "
		"stands with\n"
		"the saved queries (--list). Values are given as name=value. With - it is read "
		"from\n"
		"standard input. Lines that change hosts need --yes, or a terminal to ask at.\n\n"
		"  tocsin batch morning --log morning.ndjson --markdown morning.md\n"
		"  tocsin batch sweep-hash sha256=9f86… --check\n"
		"  tocsin batch ./mine.runbook case=INC-17 --dry-run",
	.flags = COMMAND_TERMINAL,
	.max_args = -1,
	.opts = batch_opts,
	.values_size = sizeof(struct batch_values),
	.run = run,
};
