/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fetches files from the target hosts. */
#include "common/log.h"
#include "console/act.h"
#include "console/fetch.h"
#include "console/outcome.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GET_MAX_MB (1024 * 1024)

static const struct opt get_opts[] = {
	{0, "to", "DIR", OPT_STRING, offsetof(struct fetch_options, to),
		.doc = "folder for HOST/PATH and manifest.ndjson (default: the current one)"},
	{0, "max-mb", "N", OPT_UINT, offsetof(struct fetch_options, max_mb), 1, GET_MAX_MB,
		.doc = "refuse larger files (default: 1024)"},
	OPT_END,
};

struct get {
	struct app *app;
	struct ask *ask;
	struct fetch fetch;
	bool header;
	int64_t record; /* in the console's own record; 0: not yet, -1: it cannot be written */
};

/* ---- Rows ---- */

static int put_row(struct get *g, host_id host, const struct fetch_item *i)
{
	const struct outcome_row row = {.host = host,
		.action = "get",
		.target = g->fetch.path,
		.detail = i->detail,
		.status = i->status,
		.before = i->before};

	return outcome_put(g->ask, g->app, &g->header, &row);
}

static int on_event(struct ask *a, const struct fleet_event *e, void *arg)
{
	struct get *g = arg;
	const struct fetch_item *i = fetch_take(&g->fetch, e);

	(void)a;
	return i ? put_row(g, e->host, i) : 0;
}

/* ---- Asking ---- */

static void record(struct get *g)
{
	const char *targets = g->app->o.targets;
	struct err err;

	if (g->record < 0 ||
		fetch_record(&g->fetch, &g->record, targets ? targets : "all", &err) == 0)
		return;
	g->record = -1;
	log_note("this is not in the console's record: %s", err.text);
}

/* False when it was interrupted. */
static bool get_path(struct get *g, const char *path)
{
	struct ask_question q = {.name = "get"};
	bool on = true;

	fetch_begin(&g->fetch, path);
	for (size_t h = 0; h < g->app->n_hosts; h++)
		fetch_want(&g->fetch, (host_id)h);
	while (on && fetch_round(&g->fetch, &q.fleet))
		on = ask_drive(g->ask, &q, on_event, g);
	record(g);
	return on;
}

static void get_all(struct get *g, int n, char **paths)
{
	struct err err;

	g->fetch.hosts = g->app->hosts;
	g->fetch.n_hosts = g->app->n_hosts;
	g->fetch.reason = g->app->o.reason;
	if (fetch_init(&g->fetch) < 0)
		log_error("out of memory");
	for (int i = 0; g->fetch.items && i < n; i++) {
		if (act_check_path(paths[i], &err) < 0) {
			log_error("%s", err.text);
			ask_incomplete(g->ask);
		} else if (!get_path(g, paths[i])) {
			break;
		}
	}
	fetch_done(&g->fetch);
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct ask_options options = {.command = "get", .question = argv[0], .whole = true};
	struct get g = {.app = app, .fetch = {.max = fetch_max(values)}};
	enum exit_status status = EXIT_NOTHING;
	struct err err;

	g.fetch.keep = fetch_keep(values, &err);
	if (!g.fetch.keep)
		log_error("%s", err.text);
	else
		status = ask_begin(app, &options, &g.ask);
	if (g.fetch.keep && status == EXIT_ALL_GOOD) {
		get_all(&g, argc, argv);
		status = ask_end(g.ask);
	}
	keep_free(g.fetch.keep);
	return status;
}

static bool waits(const void *values)
{
	(void)values;
	return true;
}

const struct command command_get = {
	.name = "get",
	.args = "PATH\xe2\x80\xa6",
	.summary = "fetch files from the target hosts",
	.help = "Each file is written to HOST/PATH below the folder of --to, its hash compared "
		"with the\n"
		"host's, and told in manifest.ndjson there. What is there already is never "
		"overwritten. A\n"
		"file whose connection breaks is asked for again from where it broke off.\n\n"
		"  tocsin -t web7 get /var/log/auth.log /tmp/.x --to evidence --reason INC-17",
	.flags = COMMAND_ACTION,
	.min_args = 1,
	.max_args = -1,
	.opts = get_opts,
	.values_size = sizeof(struct fetch_options),
	.run = run,
	.waits = waits,
};
