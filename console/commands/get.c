/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fetches files from the target hosts. */
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/str.h"
#include "console/act.h"
#include "console/keep.h"
#include "console/outcome.h"
#include "console/store_act.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How often a host is asked for the rest of a file before it is given up. */
#define GET_TRIES  3
#define GET_MAX_MB (1024 * 1024)
#define MB	   (INT64_C(1) << 20)

struct get_values {
	const char *to;
	uint64_t max_mb;
};

#define MAX_MB_DEFAULT 1024

static const struct opt get_opts[] = {
	{0, "to", "DIR", OPT_STRING, offsetof(struct get_values, to),
		.doc = "folder for HOST/PATH and manifest.ndjson (default: the current one)"},
	{0, "max-mb", "N", OPT_UINT, offsetof(struct get_values, max_mb), 1, GET_MAX_MB,
		.doc = "refuse larger files (default: 1024)"},
	OPT_END,
};

/* One file of one host. */
struct item {
	struct kept *file;
	enum wire_status status;
	char *detail;
	json_t *before;
	unsigned tries;
	bool over;
};

struct get {
	struct app *app;
	struct ask *ask;
	struct keep *keep;
	const char *path;   /* the one of this round */
	struct item *items; /* per host */
	int64_t max;
	bool header;
	int64_t record; /* in the console's own record; 0: not yet, -1: it cannot be written */
};

static void item_done(struct item *i)
{
	kept_free(i->file);
	free(i->detail);
	json_decref(i->before);
	*i = (struct item){0};
}

static void end_item(struct item *i, enum wire_status status, const char *detail)
{
	if (i->over)
		return;
	i->over = true;
	i->status = status;
	free(i->detail);
	i->detail = strdup(detail);
}

/* ---- The manifest and the row ---- */

static int note(struct get *g, host_id host, const struct item *i, struct err *err)
{
	static const char *const members[] = {"size", "mtime", "mode", "uid", "gid", "sha256"};
	json_t *path = act_bytes(g->path), *file = act_bytes(kept_name(i->file));
	json_t *line = json_pack("{s:f, s:o, s:o, s:o}", "time", (double)clock_real_us() / 1e6,
		"host", act_bytes(g->app->hosts[host].name), "path", path, "file", file);
	int r = line ? 0 : -1;

	for (size_t m = 0; r == 0 && m < ARRAY_LEN(members); m++)
		if (json_object_get(i->before, members[m]))
			r = json_object_set(
				line, members[m], json_object_get(i->before, members[m]));
	if (r == 0 && g->app->o.reason)
		r = json_object_set_new(line, "reason", act_bytes(g->app->o.reason));
	r = r < 0 ? err_sys(err, ENOMEM, "manifest") : keep_note(g->keep, line, err);
	json_decref(line);
	return r;
}

static int put_row(struct get *g, host_id host, const struct item *i)
{
	const struct outcome_row row = {.host = host,
		.action = "get",
		.target = g->path,
		.detail = i->detail,
		.status = i->status,
		.before = i->before};

	return outcome_put(g->ask, g->app, &g->header, &row);
}

/* ---- What hosts send ---- */

static void take_chunk(struct get *g, const struct fleet_event *e)
{
	struct item *i = &g->items[e->host];
	struct err err = {0};

	if (i->over)
		return;
	if (!i->file)
		i->file = kept_new(g->keep, g->app->hosts[e->host].name, g->path, &err);
	if (!i->file || kept_add(i->file, e->chunk.offset, e->chunk.p, e->chunk.n, &err) < 0)
		end_item(i, WIRE_FAILED, err.text);
}

static int finish(struct get *g, host_id host, struct item *i, struct err *err)
{
	const char *sha256 = json_string_value(json_object_get(i->before, "sha256"));
	const json_t *size = json_object_get(i->before, "size");
	char got[KEEP_HASH_TEXT], text[ERR_TEXT_MAX];
	int r;

	/* An empty file comes without a chunk. */
	if (!i->file)
		i->file = kept_new(g->keep, g->app->hosts[host].name, g->path, err);
	if (!i->file)
		return -err->code;
	if (json_is_integer(size) && json_integer_value(size) > g->max)
		return err_set(err, EFBIG, "it has %lld bytes, more than --max-mb allows",
			(long long)json_integer_value(size));
	r = kept_finish(i->file, sha256 ? sha256 : "", got, err);
	if (r == 0)
		r = note(g, host, i, err);
	if (r < 0)
		return r;
	snprintf(text, sizeof(text), "%lld bytes in %s, sha256 %s", (long long)kept_size(i->file),
		kept_name(i->file), got);
	end_item(i, WIRE_DONE, text);
	return 0;
}

static void take_outcome(struct get *g, const struct fleet_event *e)
{
	struct item *i = &g->items[e->host];
	struct err err = {0};

	if (i->over)
		return;
	json_decref(i->before);
	i->before = e->outcome.before
			    ? json_read_object(e->outcome.before, strlen(e->outcome.before), NULL)
			    : NULL;
	if (e->outcome.status != WIRE_DONE)
		end_item(i, e->outcome.status == WIRE_PLANNED ? WIRE_FAILED : e->outcome.status,
			e->outcome.detail);
	else if (finish(g, e->host, i, &err) < 0)
		end_item(i, WIRE_FAILED, err.text);
}

/* A file that was on its way is asked for again, from where it broke off. */
static bool again(const struct item *i, const struct fleet_end *end)
{
	return !i->over && !end->has_code && end->state != HOST_ANSWERED && i->file &&
	       i->tries < GET_TRIES && !str_eq(end->error, "interrupted");
}

static int take_end(struct get *g, const struct fleet_event *e)
{
	struct item *i = &g->items[e->host];
	const char *why = e->end->error[0] ? e->end->error : "no outcome came";
	bool denied = e->end->has_code && e->end->code == WIRE_CODE_DENIED;

	if (again(i, e->end))
		return 0;
	end_item(i, denied ? WIRE_REFUSED : WIRE_FAILED, why);
	return put_row(g, e->host, i);
}

static int on_event(struct ask *a, const struct fleet_event *e, void *arg)
{
	struct get *g = arg;

	(void)a;
	if (e->type == FLEET_CHUNK)
		take_chunk(g, e);
	else if (e->type == FLEET_OUTCOME)
		take_outcome(g, e);
	else if (e->type == FLEET_END)
		return take_end(g, e);
	return 0;
}

/* ---- Asking ---- */

/* One byte more than is taken shows that there is more. */
static int write_request(void *arg, host_id host, int64_t id, struct buf *line)
{
	struct get *g = arg;
	struct item *i = &g->items[host];
	int64_t from = i->file ? kept_size(i->file) : 0;

	if (i->over)
		return 0;
	i->tries++;
	return wire_put_get(
		line, id, g->path, strlen(g->path), from, g->max - from + 1, g->app->o.reason);
}

static bool any_left(const struct get *g)
{
	for (size_t h = 0; h < g->app->n_hosts; h++)
		if (!g->items[h].over)
			return true;
	return false;
}

static void record(struct get *g)
{
	const struct app *app = g->app;
	struct act_outcome *all = calloc(app->n_hosts + 1, sizeof(*all));
	size_t n = 0;
	struct err err;

	for (size_t h = 0; all && g->record >= 0 && h < app->n_hosts; h++)
		if (g->items[h].over)
			all[n++] = (struct act_outcome){"get", app->o.reason, app->hosts[h].name,
				g->path, g->items[h].detail, g->items[h].status,
				g->items[h].before};
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
	const struct ask_question q = {.name = "get",
		.fleet = {.request = write_request, .arg = g, .max_bytes = g->max + 1}};
	bool on = true;

	g->path = path;
	while (on && any_left(g))
		on = ask_drive(g->ask, &q, on_event, g);
	record(g);
	for (size_t h = 0; h < g->app->n_hosts; h++)
		item_done(&g->items[h]);
	return on;
}

static void get_all(struct get *g, int n, char **paths)
{
	struct err err;

	g->items = calloc(g->app->n_hosts + 1, sizeof(*g->items));
	if (!g->items)
		log_error("out of memory");
	for (int i = 0; g->items && i < n; i++) {
		if (act_check_path(paths[i], &err) < 0) {
			log_error("%s", err.text);
			ask_incomplete(g->ask);
		} else if (!get_path(g, paths[i])) {
			return;
		}
	}
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct ask_options options = {.command = "get", .question = argv[0], .whole = true};
	const struct get_values *v = values;
	struct get g = {.app = app, .max = (int64_t)(v->max_mb ? v->max_mb : MAX_MB_DEFAULT) * MB};
	enum exit_status status = EXIT_NOTHING;
	struct err err;

	g.keep = keep_new(v->to ? v->to : ".", &err);
	if (!g.keep)
		log_error("%s", err.text);
	else
		status = ask_begin(app, &options, &g.ask);
	if (g.keep && status == EXIT_ALL_GOOD) {
		get_all(&g, argc, argv);
		status = ask_end(g.ask);
	}
	free(g.items);
	keep_free(g.keep);
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
