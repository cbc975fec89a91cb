/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be asked for. The agents know: the one on this machine, or the target hosts'. */
#include "common/log.h"
#include "common/str.h"
#include "console/ask.h"
#include "console/output.h"

#include <string.h>
#include <unistd.h>

/* The agent's program has the same formats and takes our place. */
static int describe_local(const struct app *app, int argc, char **argv)
{
	const char *words[] = {app->agent, "tables", "-o", app->format->name, "--",
		argc > 0 ? argv[0] : NULL, NULL};

	execvp(words[0], (char *const *)words);
	log_error("there is no agent on this machine to tell its tables (%s: %s); ask a host: "
		  "tocsin -t HOST tables",
		app->agent, strerror(errno));
	return EXIT_NOTHING;
}

/* The agents' rows begin with the table's name. */
static bool is_of_table(const struct cell *cells, size_t n, void *arg)
{
	const char *name = arg;

	return n > 0 && cells[0].type == CELL_TEXT &&
	       span_eq((struct span){cells[0].p, cells[0].n}, name);
}

static int describe_hosts(struct app *app, int argc, char **argv)
{
	const struct ask_options options = {
		.command = "tables", .question = argc > 0 ? argv[0] : NULL};
	struct ask_question q = {.fleet = {.tables = true}};
	struct ask *a;
	enum exit_status status = ask_begin(app, &options, &a);
	bool missing;

	if (status != EXIT_ALL_GOOD)
		return status;
	if (argc > 0) {
		q.wanted = is_of_table;
		q.wanted_arg = argv[0];
	}
	missing = ask_put(a, &q) && argc > 0 && ask_rows(a) == 0;
	if (missing)
		log_error("no host that answered has a table `%s`", argv[0]);
	status = ask_end(a);
	return missing && status == EXIT_ALL_GOOD ? EXIT_NOTHING : status;
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	(void)values;
	return app->o.targets ? describe_hosts(app, argc, argv) : describe_local(app, argc, argv);
}

const struct command command_tables = {
	.name = "tables",
	.args = "[TABLE]",
	.summary = "describe the tables and their columns",
	.help = "Tells what the agent on this machine knows. With -t the target hosts are asked:\n"
		"their agents may be older or newer.\n\n"
		"  tocsin tables processes\n"
		"  tocsin -t web1 tables",
	.max_args = 1,
	.run = run,
};
