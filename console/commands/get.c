/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fetches files from the target hosts. */
#include "common/log.h"
#include "console/act.h"
#include "console/fetch.h"
#include "console/outcome.h"
#include "console/store_act.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GET_MAX_MB (1024 * 1024)
#define MB	   (INT64_C(1) << 20)

struct get_values {
	const char *to;
	uint64_t max_mb;
};

static const struct opt get_opts[] = {
	{0, "to", "DIR", OPT_STRING, offsetof(struct get_values, to),
		.doc = "folder for HOST/PATH and manifest.ndjson (default: the current one)"},
	{0, "max-mb", "N", OPT_UINT, offsetof(struct get_values, max_mb), 1, GET_MAX_MB,
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
	const struct app *app = g->app;
	struct act_outcome *all = calloc(app->n_hosts + 1, sizeof(*all));
	size_t n = 0;
	struct err err;

	for (size_t h = 0; all && g->record >= 0 && h < app->n_hosts; h++)
		if (g->fetch.items[h].over)
			all[n++] = (struct act_outcome){"get", app->o.reason, app->hosts[h].name,
				g->fetch.path, g->fetch.items[h].detail, g->fetch.items[h].status,
				g->fetch.items[h].before};
	if (all && store_act_outcomes(
			   &g->record, all, n, app->o.targets ? app->o.targets : "all", &err) < 0) {
		g->record = -1;
		log_note("this is not in the console's record: %s", err.text);
	}
	free(all);
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
	const struct get_values *v = values;
	struct get g = {
		.app = app, .fetch = {.max = v->max_mb ? (int64_t)v->max_mb * MB : FETCH_MAX}};
	enum exit_status status = EXIT_NOTHING;
	struct err err;

	g.fetch.keep = keep_new(v->to ? v->to : ".", &err);
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
	.values_size = sizeof(struct get_values),
	.run = run,
};
