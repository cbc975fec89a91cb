/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tocsin: asks a fleet of Linux hosts questions in SQL, over SSH.
 *
 * Which file does which stage:
 *
 *   command line   main.c finds the command word and parses; command.h what a command is,
 *                  app.c the options of all commands, usage.c help, commands/ one file each
 *                  config.c the user's defaults of them
 *   whom to ask    app.c inventory and targets (fleet/inventory.h), hostconf.c how each host is
 *                  reached, passphrase.c, paths.c where files are
 *   what to ask    commands/query.c, commands/run.c with saved.c (saved queries and packs)
 *   acting         act.c the way of an action command: plan.c plans it everywhere, then carries it
 *                  out; outcome.c its rows; keep.c files that are fetched
 *   asking         ask.c puts a question to the fleet (fleet/fleet.h) and drives what comes back;
 *                  interrupt.c Ctrl-C
 *   answers        output.c and output/ the formats on stdout; answers.c what came of each host,
 *                  fold.c the same news of many hosts, progress.c the progress line, report.c
 *                  --report
 *   runbooks       commands/batch.c: runbook.c reads them (runbook_words.c), runbook_run.c runs
 *                  them, runbook_result.c what the lines say about the last result, runbook_log.c
 *   memory         store.c the database, store_record.c runs as they happen (store_block.c packs
 *                  their rows), store_act.c actions, store_run.c runs that are remembered, diff.c
 *                  and baseline.c what differs, gather.c folding and a second SQL
 */
#include "common/log.h"
#include "common/str.h"
#include "common/version.h"
#include "console/app.h"
#include "console/command.h"
#include "console/config.h"
#include "console/interrupt.h"
#include "console/ui/ui.h"
#include "console/usage.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

/* Widths of characters are the locale's; hosts speak UTF-8, whatever this terminal's locale is. */
static void set_locale(void)
{
	setlocale(LC_CTYPE, "");
	if (!str_eq(nl_langinfo(CODESET), "UTF-8"))
		setlocale(LC_CTYPE, "C.UTF-8");
}

/* A connection must not become descriptor 1 because the caller closed it. */
static void keep_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
			/* Writing to this one fails, as it would to the closed one. */
			open("/dev/null", O_RDONLY) < 0)
			_exit(EXIT_NOTHING);
}

static enum log_level wanted_level(const struct app_options *o)
{
	if (o->quiet)
		return LOG_QUIET;
	return o->verbose == 0 ? LOG_NORMAL : o->verbose == 1 ? LOG_VERBOSE : LOG_TRACE;
}

/*
 * Parses a copy of the words with `sets` up to the first one that is no option. *ret_word is that
 * word's place, -1: there is none.
 */
static int find_word(
	const struct opt_set *sets, int argc, char **argv, int *ret_word, struct err *err)
{
	char **words = calloc((size_t)argc + 1, sizeof(*words));
	int rest, r;

	if (!words)
		return err_sys(err, ENOMEM, "arguments");
	for (int i = 0; i < argc; i++)
		words[i] = argv[i];
	r = opts_parse(sets, argc, words, true, &rest, err);
	if (r == 0)
		*ret_word = rest > 0 ? argc - rest : -1;
	free(words);
	return r;
}

/*
 * Which command is it? Its own options may stand before it, and what they are is known only with
 * the command: then the options of all commands are tried together.
 */
static int find_command(int argc, char **argv, int *ret_word, struct err *err)
{
	struct app_options values = {0};
	struct opt_set some[] = {{app_opts, &values}, {NULL, NULL}};
	struct opt_set *sets;
	size_t n = 0;
	int r = find_word(some, argc, argv, ret_word, err);

	if (r == 0 || r == -ENOMEM)
		return r;
	while (commands_all[n])
		n++;
	sets = calloc(n + 2, sizeof(*sets));
	if (!sets)
		return err_sys(err, ENOMEM, "arguments");
	sets[0] = some[0];
	for (size_t i = 0, used = 1; i < n && r != -ENOMEM; i++) {
		if (!commands_all[i]->opts)
			continue;
		sets[used].values = calloc(1, commands_all[i]->values_size);
		if (!sets[used].values)
			r = err_sys(err, ENOMEM, "arguments");
		else
			sets[used++].opts = commands_all[i]->opts;
	}
	if (r != -ENOMEM)
		r = find_word(sets, argc, argv, ret_word, err);
	for (size_t i = 1; sets[i].opts; i++)
		free(sets[i].values);
	free(sets);
	return r;
}

static int print_version(struct buf *out)
{
	return buf_puts(out, "tocsin " TOCSIN_VERSION "\n");
}

/* Everything is parsed: runs it or helps. */
static int run_command(
	struct app *app, const struct command *c, const void *values, int argc, char **argv)
{
	struct err err;

	log_init("tocsin", wanted_level(&app->o));
	if (app->o.help)
		return usage_print_command(c);
	if (app->o.version)
		return usage_print(print_version);
	if (argc < c->min_args || (c->max_args >= 0 && argc > c->max_args)) {
		log_error("%s %s: usage: tocsin %s%s%s", c->name,
			argc < c->min_args ? "needs more arguments" : "takes fewer arguments",
			c->name, *c->args ? " " : "", c->args);
		return EXIT_NOTHING;
	}
	if ((c->flags & COMMAND_ACTION) && app->o.read_only) {
		log_error("%s changes hosts: refused with --read-only", c->name);
		return EXIT_NOTHING;
	}
	if (app_settle(app, &err) < 0) {
		log_error("%s", err.text);
		return EXIT_NOTHING;
	}
	return command_run_it(c, app, values, argc, argv);
}

static int with_command(struct app *app, const struct command *c, int argc, char **argv, int word)
{
	void *values = c->values_size ? calloc(1, c->values_size) : NULL;
	struct opt_set sets[] = {{app_opts, &app->o}, {c->opts, values}, {NULL, NULL}};
	struct err err;
	int rest, status;

	if (c->values_size && !values) {
		log_error("out of memory");
		return EXIT_NOTHING;
	}
	for (int i = word; i + 1 < argc; i++)
		argv[i] = argv[i + 1];
	argc--;
	if (opts_parse(sets, argc, argv, false, &rest, &err) < 0) {
		log_error("%s; see `tocsin help %s`", err.text, c->name);
		status = EXIT_NOTHING;
	} else {
		status = run_command(app, c, values, rest, argv);
	}
	free(values);
	return status;
}

static int open_screen(struct app *app)
{
	struct err err;

	log_init("tocsin", wanted_level(&app->o));
	if (app_settle(app, &err) < 0) {
		log_error("%s", err.text);
		return EXIT_NOTHING;
	}
	return ui_run(app);
}

static int without_command(struct app *app, int argc, char **argv)
{
	struct opt_set sets[] = {{app_opts, &app->o}, {NULL, NULL}};
	struct buf text;
	struct err err;
	int rest;

	if (opts_parse(sets, argc, argv, true, &rest, &err) < 0) {
		log_error("%s; see `tocsin --help`", err.text);
		return EXIT_NOTHING;
	}
	if (app->o.help)
		return usage_print(usage_program);
	if (app->o.version)
		return usage_print(print_version);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return open_screen(app);
	buf_init(&text, USAGE_MAX);
	if (usage_short(&text) == 0)
		(void)!write(STDERR_FILENO, text.p, text.len);
	buf_done(&text);
	return EXIT_NOTHING;
}

static int run(struct app *app, int argc, char **argv)
{
	const struct command *c;
	struct err err;
	int word = -1;

	if (config_load(app, &app->config, &err) < 0) {
		log_error("%s", err.text);
		return EXIT_NOTHING;
	}
	if (find_command(argc, argv, &word, &err) < 0) {
		log_error("%s; see `tocsin --help`", err.text);
		return EXIT_NOTHING;
	}
	if (word < 0)
		return without_command(app, argc, argv);
	c = command_find(argv[word]);
	if (c)
		return with_command(app, c, argc, argv, word);
	command_unknown(argv[word]);
	return EXIT_NOTHING;
}

int main(int argc, char **argv)
{
	struct app app;
	int status;

	keep_standard_descriptors();
	set_locale();
	interrupt_init();
	app_init(&app);
	status = run(&app, argc > 0 ? argc - 1 : 0, argv + (argc > 0));
	app_done(&app);
	return status;
}
