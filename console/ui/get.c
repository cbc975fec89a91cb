/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of rows and of lines, fetched into a folder while the screen goes on. */
#include "console/ui/get.h"

#include "common/str.h"
#include "console/act.h"
#include "console/live.h"
#include "console/ui/ui.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct getting {
	struct ui *ui;
	struct fetch fetch;
	struct get_spec spec; /* targets sorted by path */
	size_t next, good;
	char *reason, *pattern;
	int64_t record; /* in the console's own record; 0: not yet, -1: it cannot be written */
};

void get_spec_done(struct get_spec *s)
{
	for (size_t i = 0; s->targets && i < s->n; i++)
		free(s->targets[i].path);
	free(s->targets);
	*s = (struct get_spec){.n = 0};
}

static void end(struct getting *g)
{
	fetch_done(&g->fetch);
	keep_free(g->fetch.keep);
	get_spec_done(&g->spec);
	free(g->reason);
	free(g->pattern);
	free(g);
}

static void go_on(struct getting *g);

static void on_event(void *arg, const struct fleet_event *e)
{
	struct getting *g = arg;
	const struct fetch_item *i = fetch_take(&g->fetch, e);
	bool good = i && wire_status_good(i->status);

	if (!i)
		return;
	g->good += good;
	ui_note(g->ui, good ? STYLE_GOOD : STYLE_BAD, "get %s %s: %s: %s",
		g->fetch.hosts[e->host].name, g->fetch.path, wire_status_name(i->status),
		i->detail ? i->detail : "");
}

/* Each path once, when nothing more comes of it. */
static void record(struct getting *g)
{
	struct err err;

	if (g->record < 0 || fetch_record(&g->fetch, &g->record, g->pattern, &err) == 0)
		return;
	g->record = -1;
	ui_note(g->ui, STYLE_WARN, "not in the console's record: %s", err.text);
}

static void on_over(void *arg, bool begun, bool cancelled)
{
	struct getting *g = arg;

	if (begun && !cancelled) {
		go_on(g);
		return;
	}
	record(g);
	ui_say(g->ui, STYLE_WARN, "get: interrupted; F4 shows what came");
	end(g);
}

/* The next path: all targets that have it. False: there is none. */
static bool next_path(struct getting *g)
{
	const char *path;

	if (g->next == g->spec.n)
		return false;
	path = g->spec.targets[g->next].path;
	fetch_begin(&g->fetch, path);
	for (; g->next < g->spec.n && str_eq(g->spec.targets[g->next].path, path); g->next++)
		fetch_want(&g->fetch, g->spec.targets[g->next].host);
	return true;
}

static void go_on(struct getting *g)
{
	struct live_question q = {.event = on_event, .over = on_over, .arg = g};
	bool more = fetch_round(&g->fetch, &q.fleet);

	if (!more) {
		record(g);
		more = next_path(g) && fetch_round(&g->fetch, &q.fleet);
	}
	if (more && live_ask(g->ui->live, &q) > 0)
		return;
	ui_say(g->ui, g->good == g->spec.n ? STYLE_GOOD : STYLE_BAD,
		"get: %zu of %zu files came; F4 shows each", g->good, g->spec.n);
	end(g);
}

static int by_path(const void *a, const void *b)
{
	const struct get_target *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* NULL with `err`. */
static struct getting *getting_new(struct ui *ui, struct get_spec *spec, struct err *err)
{
	struct getting *g = calloc(1, sizeof(*g));

	if (!g) {
		get_spec_done(spec);
		err_sys(err, ENOMEM, "get");
		return NULL;
	}
	g->ui = ui;
	/* The words are the caller's. */
	g->spec = (struct get_spec){.targets = spec->targets, .n = spec->n};
	g->reason = spec->reason ? strdup(spec->reason) : NULL;
	g->pattern = strdup(spec->pattern);
	g->fetch = (struct fetch){.hosts = ui->app->hosts,
		.n_hosts = ui->app->n_hosts,
		.reason = g->reason,
		.max = fetch_max(&spec->options),
		.keep = fetch_keep(&spec->options, err)};
	if (g->fetch.keep && g->pattern && fetch_init(&g->fetch) == 0)
		return g;
	if (g->fetch.keep)
		err_sys(err, ENOMEM, "get");
	end(g);
	return NULL;
}

int ui_get(struct ui *ui, struct get_spec *spec, struct err *err)
{
	const char *to = spec->options.to;
	struct getting *g = getting_new(ui, spec, err);

	if (!g)
		return -err->code;
	qsort(g->spec.targets, g->spec.n, sizeof(*g->spec.targets), by_path);
	ui_say(ui, STYLE_HINT, "fetching %zu file%s into HOST/PATH of %s", g->spec.n,
		g->spec.n == 1 ? "" : "s", to ? to : "this folder");
	go_on(g);
	return 0;
}

/* Each path at each host that is meant. */
static int add_paths(struct ui *ui, int n, char *const *paths, const bool *only,
	struct get_spec *ret, struct err *err)
{
	size_t hosts = ui->app->n_hosts, all = (size_t)n * hosts;

	ret->targets = calloc(all + 1, sizeof(*ret->targets));
	if (!ret->targets)
		return err_sys(err, ENOMEM, "get");
	for (size_t i = 0; i < all; i++) {
		host_id host = (host_id)(i % hosts);

		if (only && !only[host])
			continue;
		ret->targets[ret->n] = (struct get_target){host, strdup(paths[i / hosts])};
		if (!ret->targets[ret->n++].path)
			return err_sys(err, ENOMEM, "get");
	}
	return 0;
}

int ui_get_paths(struct ui *ui, const void *options, int n, char **paths, struct err *err)
{
	struct get_spec spec = {.pattern = ui_target(ui),
		.reason = ui->app->o.reason,
		.options = *(const struct fetch_options *)options};
	bool *only = NULL;
	size_t n_hosts;
	int r = ui_targets(ui, &only, &n_hosts, err);

	for (int i = 0; r == 0 && i < n; i++)
		r = act_check_path(paths[i], err);
	if (r == 0)
		r = add_paths(ui, n, paths, only, &spec, err);
	free(only);
	if (r == 0)
		return ui_get(ui, &spec, err);
	get_spec_done(&spec);
	return r;
}
