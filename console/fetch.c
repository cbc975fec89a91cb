/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fetch.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/str.h"
#include "console/act.h"
#include "console/store_act.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void item_done(struct fetch_item *i)
{
	kept_free(i->file);
	free(i->detail);
	json_decref(i->before);
	*i = (struct fetch_item){0};
}

static void end_item(struct fetch_item *i, enum wire_status status, const char *detail)
{
	if (i->over)
		return;
	i->over = true;
	i->status = status;
	free(i->detail);
	i->detail = strdup(detail);
}

int fetch_init(struct fetch *f)
{
	f->items = calloc(f->n_hosts + 1, sizeof(*f->items));
	if (!f->items)
		return -ENOMEM;
	fetch_begin(f, "");
	return 0;
}

void fetch_done(struct fetch *f)
{
	for (size_t h = 0; f->items && h < f->n_hosts; h++)
		item_done(&f->items[h]);
	free(f->items);
	f->items = NULL;
}

void fetch_begin(struct fetch *f, const char *path)
{
	f->path = path;
	for (size_t h = 0; h < f->n_hosts; h++) {
		item_done(&f->items[h]);
		f->items[h].over = true;
	}
}

void fetch_want(struct fetch *f, host_id host)
{
	f->items[host].wanted = true;
	f->items[host].over = false;
}

/* ---- The manifest ---- */

static int note(struct fetch *f, host_id host, const struct fetch_item *i, struct err *err)
{
	static const char *const members[] = {"size", "mtime", "mode", "uid", "gid", "sha256"};
	json_t *path = act_bytes(f->path), *file = act_bytes(kept_name(i->file));
	json_t *line = json_pack("{s:f, s:o, s:o, s:o}", "time", (double)clock_real_us() / 1e6,
		"host", act_bytes(f->hosts[host].name), "path", path, "file", file);
	int r = line ? 0 : -1;

	for (size_t m = 0; r == 0 && m < ARRAY_LEN(members); m++)
		if (json_object_get(i->before, members[m]))
			r = json_object_set(
				line, members[m], json_object_get(i->before, members[m]));
	if (r == 0 && f->reason)
		r = json_object_set_new(line, "reason", act_bytes(f->reason));
	r = r < 0 ? err_sys(err, ENOMEM, "manifest") : keep_note(f->keep, line, err);
	json_decref(line);
	return r;
}

/* ---- What hosts send ---- */

static void take_chunk(struct fetch *f, const struct fleet_event *e)
{
	struct fetch_item *i = &f->items[e->host];
	struct err err = {0};

	if (i->over)
		return;
	if (!i->file)
		i->file = kept_new(f->keep, f->hosts[e->host].name, f->path, &err);
	if (!i->file || kept_add(i->file, e->chunk.offset, e->chunk.p, e->chunk.n, &err) < 0)
		end_item(i, WIRE_FAILED, err.text);
}

static int finish(struct fetch *f, host_id host, struct fetch_item *i, struct err *err)
{
	const char *sha256 = json_string_value(json_object_get(i->before, "sha256"));
	const json_t *size = json_object_get(i->before, "size");
	char got[KEEP_HASH_TEXT], text[ERR_TEXT_MAX];
	int r;

	/* An empty file comes without a chunk. */
	if (!i->file)
		i->file = kept_new(f->keep, f->hosts[host].name, f->path, err);
	if (!i->file)
		return -err->code;
	if (json_is_integer(size) && json_integer_value(size) > f->max)
		return err_set(err, EFBIG, "it has %lld bytes, more than --max-mb allows",
			(long long)json_integer_value(size));
	r = kept_finish(i->file, sha256 ? sha256 : "", got, err);
	if (r == 0)
		r = note(f, host, i, err);
	if (r < 0)
		return r;
	snprintf(text, sizeof(text), "%lld bytes in %s, sha256 %s", (long long)kept_size(i->file),
		kept_name(i->file), got);
	end_item(i, WIRE_DONE, text);
	return 0;
}

static void take_outcome(struct fetch *f, const struct fleet_event *e)
{
	struct fetch_item *i = &f->items[e->host];
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
	else if (finish(f, e->host, i, &err) < 0)
		end_item(i, WIRE_FAILED, err.text);
}

/* A file that was on its way is asked for again, from where it broke off. */
static bool again(const struct fetch_item *i, const struct fleet_end *end)
{
	return !i->over && !end->has_code && end->state != HOST_ANSWERED && i->file &&
	       i->tries < FETCH_TRIES && !str_eq(end->error, "interrupted");
}

/* True: it is over. */
static bool take_end(struct fetch *f, const struct fleet_event *e)
{
	struct fetch_item *i = &f->items[e->host];
	const char *why = e->end->error[0] ? e->end->error : "no outcome came";
	bool denied = e->end->has_code && e->end->code == WIRE_CODE_DENIED;

	if (again(i, e->end))
		return false;
	end_item(i, denied ? WIRE_REFUSED : WIRE_FAILED, why);
	return true;
}

const struct fetch_item *fetch_take(struct fetch *f, const struct fleet_event *e)
{
	if (e->type == FLEET_CHUNK)
		take_chunk(f, e);
	else if (e->type == FLEET_OUTCOME)
		take_outcome(f, e);
	else if (e->type == FLEET_END && take_end(f, e))
		return &f->items[e->host];
	return NULL;
}

/* ---- Asking ---- */

/* One byte more than is taken shows that there is more. */
static int write_request(void *arg, host_id host, int64_t id, struct buf *line)
{
	struct fetch *f = arg;
	struct fetch_item *i = &f->items[host];
	int64_t from = i->file ? kept_size(i->file) : 0;

	if (i->over)
		return 0;
	i->tries++;
	return wire_put_get(line, id, f->path, strlen(f->path), from, f->max - from + 1, f->reason);
}

bool fetch_round(struct fetch *f, struct fleet_question *ret)
{
	*ret = (struct fleet_question){.request = write_request, .arg = f, .max_bytes = f->max + 1};
	for (size_t h = 0; h < f->n_hosts; h++)
		if (!f->items[h].over)
			return true;
	return false;
}

/* ---- Options, the record ---- */

struct keep *fetch_keep(const struct fetch_options *o, struct err *err)
{
	return keep_new(o->to ? o->to : ".", err);
}

int64_t fetch_max(const struct fetch_options *o)
{
	return o->max_mb ? (int64_t)o->max_mb << 20 : FETCH_MAX;
}

int fetch_record(const struct fetch *f, int64_t *record, const char *pattern, struct err *err)
{
	struct act_outcome *all = calloc(f->n_hosts + 1, sizeof(*all));
	size_t n = 0;
	int r;

	if (!all)
		return err_sys(err, ENOMEM, "record");
	for (size_t h = 0; h < f->n_hosts; h++)
		if (f->items[h].wanted && f->items[h].over)
			all[n++] = (struct act_outcome){"get", f->reason, f->hosts[h].name, f->path,
				f->items[h].detail, f->items[h].status, f->items[h].before};
	r = store_act_outcomes(record, all, n, pattern, err);
	free(all);
	return r;
}
