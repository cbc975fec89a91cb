/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of rows, fetched into a folder while the screen goes on. */
#include "console/ui/get.h"

#include "common/str.h"
#include "console/fetch.h"
#include "console/keep.h"
#include "console/live.h"
#include "console/ui/ui.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct getting {
	struct ui *ui;
	struct fetch fetch;
	struct get_target *targets; /* sorted by path */
	size_t n, next;
	size_t done, good;
	char *reason;
};

static void end(struct getting *g)
{
	fetch_done(&g->fetch);
	keep_free(g->fetch.keep);
	for (size_t i = 0; i < g->n; i++)
		free(g->targets[i].path);
	free(g->targets);
	free(g->reason);
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
	g->done++;
	g->good += good;
	ui_note(g->ui, good ? STYLE_GOOD : STYLE_BAD, "get %s %s: %s: %s",
		g->fetch.hosts[e->host].name, g->fetch.path, wire_status_name(i->status),
		i->detail ? i->detail : "");
}

static void on_over(void *arg, bool begun, bool cancelled)
{
	struct getting *g = arg;

	if (begun && !cancelled) {
		go_on(g);
		return;
	}
	ui_say(g->ui, STYLE_WARN, "get: interrupted; F4 shows what came");
	end(g);
}

/* The next path: all targets that have it. False: there is none. */
static bool next_path(struct getting *g)
{
	const char *path;

	if (g->next == g->n)
		return false;
	path = g->targets[g->next].path;
	fetch_begin(&g->fetch, path);
	for (; g->next < g->n && str_eq(g->targets[g->next].path, path); g->next++)
		fetch_want(&g->fetch, g->targets[g->next].host);
	return true;
}

static void go_on(struct getting *g)
{
	struct live_question q = {.event = on_event, .over = on_over, .arg = g};
	bool more = fetch_round(&g->fetch, &q.fleet);

	if (!more && next_path(g))
		more = fetch_round(&g->fetch, &q.fleet);
	if (more && live_ask(g->ui->live, &q) > 0)
		return;
	ui_say(g->ui, g->good == g->n ? STYLE_GOOD : STYLE_BAD,
		"get: %zu of %zu files came; F4 shows each", g->good, g->n);
	end(g);
}

static int by_path(const void *a, const void *b)
{
	const struct get_target *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int ui_get(struct ui *ui, struct get_target *targets, size_t n, const char *reason, struct err *err)
{
	struct getting *g = calloc(1, sizeof(*g));

	if (!g)
		return err_sys(err, ENOMEM, "get");
	g->reason = reason ? strdup(reason) : NULL;
	g->fetch = (struct fetch){.hosts = ui->app->hosts,
		.n_hosts = ui->app->n_hosts,
		.reason = g->reason,
		.max = FETCH_MAX,
		.keep = keep_new(".", err)};
	if (!g->fetch.keep || fetch_init(&g->fetch) < 0) {
		end(g);
		return err->code ? -err->code : err_sys(err, ENOMEM, "get");
	}
	g->ui = ui;
	g->targets = targets;
	g->n = n;
	qsort(targets, n, sizeof(*targets), by_path);
	ui_say(ui, STYLE_HINT, "fetching %zu file%s into HOST/PATH of this folder", n,
		n == 1 ? "" : "s");
	go_on(g);
	return 0;
}
