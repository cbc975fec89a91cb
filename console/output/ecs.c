/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One JSON object per line with the names of the Elastic Common Schema, for a SIEM: what the schema
 * has a name for stands under it, and the whole row under `tocsin`.
 */
#include "common/clock.h"
#include "common/json.h"
#include "common/str.h"
#include "console/output/json.h"

#include <string.h>
#include <time.h>

#define ECS_VERSION "8.11.0"

/* A column and the field it is; `with`: only beside this column, or NULL. The first that fits wins.
 */
struct field {
	const char *column, *with, *name;
};
static const struct field fields[] = {
	{"host", NULL, "host.name"},
	{"operator", NULL, "user.name"},
	{"action", "status", "event.action"},
	{"action", "difference", "event.action"},
	{"user", "difference", "user.name"},
	{"address", "difference", "source.ip"},
	{"reason", "action", "event.reason"},
	{"pid", NULL, "process.pid"},
	{"parent", "pid", "process.parent.pid"},
	{"cmdline", NULL, "process.command_line"},
	{"name", "pid", "process.name"},
	{"path", "pid", "process.executable"},
	{"path", NULL, "file.path"},
	{"directory", NULL, "file.directory"},
	{"sha256", NULL, "file.hash.sha256"},
	{"sha1", NULL, "file.hash.sha1"},
	{"md5", NULL, "file.hash.md5"},
	{"username", NULL, "user.name"},
	{"local_address", NULL, "source.ip"},
	{"local_port", NULL, "source.port"},
	{"remote_address", NULL, "destination.ip"},
	{"remote_port", NULL, "destination.port"},
};

static const struct cell *find(
	const struct columns *columns, const struct cell *cells, const char *name)
{
	for (size_t i = 0; i < columns->n; i++)
		if (str_eq(columns->names[i], name))
			return &cells[i];
	return NULL;
}

static bool is_word(const struct cell *c, const char *word)
{
	return c->type == CELL_TEXT && span_eq((struct span){c->p, c->n}, word);
}

/* When it was: what the row says in the way of `history` and `audit`, when the rows were, or now.
 */
static int put_time(struct buf *b, const struct cell *time, int64_t us)
{
	time_t when = (time_t)((us ? us : clock_real_us()) / 1000000);
	struct tm tm = {0};
	char text[32];
	int r = buf_puts(b, "{\"@timestamp\":");

	if (r < 0)
		return r;
	if (time && time->type == CELL_TEXT && time->n == 20 && time->p[10] == 'T')
		return json_put_cell(b, time);
	if (!gmtime_r(&when, &tm) || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return -EOVERFLOW;
	return json_put_str(b, text);
}

static const char *outcome_of(const struct cell *status)
{
	if (is_word(status, "done") || is_word(status, "already"))
		return "success";
	if (is_word(status, "failed") || is_word(status, "refused") || is_word(status, "not_found"))
		return "failure";
	return "unknown";
}

/* What the rows are: differences of `audit --hosts`, actions, `history`, or what hosts answered. */
static const char *dataset_of(const struct columns *columns, const struct cell *cells)
{
	if (find(columns, cells, "difference") && find(columns, cells, "recorded"))
		return "audit";
	if (find(columns, cells, "status") && find(columns, cells, "action"))
		return "action";
	if (find(columns, cells, "run") && find(columns, cells, "question"))
		return "run";
	return "query";
}

static int put_event(struct buf *b, const struct columns *columns, const struct cell *cells)
{
	const char *dataset = dataset_of(columns, cells);
	int r = buf_printf(b,
		",\"ecs.version\":\"" ECS_VERSION "\",\"event.kind\":\"event\",\"event.module\":"
		"\"tocsin\",\"event.dataset\":\"tocsin.%s\"",
		dataset);

	if (r == 0 && str_eq(dataset, "action"))
		r = buf_printf(
			b, ",\"event.outcome\":\"%s\"", outcome_of(find(columns, cells, "status")));
	return r;
}

static bool fits(const struct columns *columns, const struct cell *cells, const struct field *f)
{
	return find(columns, cells, f->column) && (!f->with || find(columns, cells, f->with));
}

/* Has one before it its name, or its column? */
static bool is_taken(const struct columns *columns, const struct cell *cells, const struct field *f)
{
	for (const struct field *o = fields; o < f; o++)
		if ((str_eq(o->name, f->name) || str_eq(o->column, f->column)) &&
			fits(columns, cells, o))
			return true;
	return false;
}

static int put_fields(struct buf *b, const struct columns *columns, const struct cell *cells)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(fields); i++) {
		const struct field *f = &fields[i];
		const struct cell *c = find(columns, cells, f->column);

		if (!fits(columns, cells, f) || is_taken(columns, cells, f) ||
			c->type == CELL_NULL || (cell_has_bytes(c) && c->n == 0))
			continue;
		r = buf_printf(b, ",\"%s\":", f->name);
		if (r == 0)
			r = json_put_cell(b, c);
	}
	return r;
}

static int row(struct format_state *f, const struct cell *cells)
{
	int r;

	buf_reset(&f->scratch);
	r = put_time(&f->scratch, find(f->columns, cells, "time"), f->time_us);
	if (r == 0)
		r = put_event(&f->scratch, f->columns, cells);
	if (r == 0)
		r = put_fields(&f->scratch, f->columns, cells);
	if (r == 0)
		r = buf_puts(&f->scratch, ",\"tocsin\":");
	if (r == 0)
		r = format_json_members(&f->scratch, f->columns, cells);
	if (r == 0)
		r = buf_puts(&f->scratch, "}");
	if (r == 0)
		r = format_json_scratch(f);
	return r < 0 ? r : buf_putc(&f->line, '\n');
}

const struct format format_ecs = {
	.name = "ecs",
	.doc = "one JSON object per line with field names of the Elastic Common Schema, for a SIEM",
	.suffix = "ecs.ndjson",
	.named = true,
	.lines = true,
	.row = row,
};
