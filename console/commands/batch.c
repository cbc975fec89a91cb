/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a runbook. */
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "console/app.h"
#include "console/command.h"
#include "console/runbook.h"
#include "console/runbook_log.h"
#include "console/runbook_run.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define PRINT_MAX (16u << 20)

struct batch_values {
	bool check;
	const char *log, *markdown;
};

static const struct opt batch_opts[] = {
	{0, "check", NULL, OPT_FLAG, offsetof(struct batch_values, check),
		.doc = "only read it and print what it would do, without connecting"},
	{0, "log", "FILE", OPT_STRING, offsetof(struct batch_values, log),
		.doc = "add each step with its time and outcome to this file, as NDJSON"},
	{0, "markdown", "FILE", OPT_STRING, offsetof(struct batch_values, markdown),
		.doc = "write a report of the whole run, for the ticket"},
	OPT_END,
};

/*
 * The file itself is locked, so that no other place need be writable. The lock is given back by
 * word, since a process that holds connections may have the descriptor still.
 */
static int lock(const char *path, int *ret, struct err *err)
{
	int fd;

	*ret = -1;
	if (str_eq(path, "-"))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_sys(err, errno, "%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int r = errno;

		io_close(fd);
		if (r == EWOULDBLOCK)
			return err_set(err, EBUSY, "%s is running already", path);
		return err_sys(err, r, "cannot lock %s", path);
	}
	*ret = fd;
	return 0;
}

static void unlock(int fd)
{
	if (fd >= 0)
		(void)flock(fd, LOCK_UN);
	io_close(fd);
}

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

static int run_logged(
	struct runner *r, const struct runbook *b, const struct batch_values *v, const char *path)
{
	struct runbook_log *l;
	enum exit_status status;
	struct err err;

	if (runbook_log_new(v->log, v->markdown, path, b, &l, &err) < 0) {
		log_error("%s", err.text);
		return EXIT_NOTHING;
	}
	status = runner_run(r, b, l);
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
	struct runner *r = runner_new(app);
	int status = EXIT_NOTHING, fd = -1, ready;
	struct err err;

	ready = r ? runner_check(r, b, v->check, &err) : err_sys(&err, ENOMEM, "runbook");
	if (ready == 0 && !v->check)
		ready = lock(path, &fd, &err);
	if (ready < 0)
		log_error("%s", err.text);
	else
		status = v->check ? print(r, b) : run_logged(r, b, v, path);
	runner_free(r);
	unlock(fd);
	return status;
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	struct runbook b;
	struct err err;
	int r = 0, status = EXIT_NOTHING;

	runbook_init(&b);
	if (app->o.report)
		r = err_set(&err, EINVAL,
			"a runbook has no --report of its hosts: --log and --markdown tell its "
			"steps");
	for (int i = 1; r == 0 && i < argc; i++)
		r = runbook_give(&b, argv[i], &err);
	if (r == 0)
		r = runbook_load(&b, argv[0], &err);
	if (r < 0)
		log_error("%s", err.text);
	else
		status = run_checked(app, &b, values, argv[0]);
	runbook_done(&b);
	return status;
}

const struct command command_batch = {
	.name = "batch",
	.args = "FILE [name=value\xe2\x80\xa6]",
	.summary = "run a runbook",
	.help = "A runbook is commands, one a line, with conditions between them: "
		"tocsin-runbook(5).\n"
		"It is read whole before its first line runs. Values are given as name=value. "
		"With - it\n"
		"is read from standard input. Lines that change hosts need --yes, or a terminal "
		"to ask at.\n\n"
		"  tocsin batch morning.runbook --log morning.ndjson --markdown morning.md\n"
		"  tocsin batch sweep-hash.runbook sha256=9f86\xe2\x80\xa6 --check",
	.flags = COMMAND_TERMINAL,
	.min_args = 1,
	.max_args = -1,
	.opts = batch_opts,
	.values_size = sizeof(struct batch_values),
	.run = run,
};
