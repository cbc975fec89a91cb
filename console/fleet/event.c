/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/event.h"
#include "common/json.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* An event with `extra` bytes behind it, aligned for pointers and cells. */
static struct fleet_event *new_event(
	enum fleet_event_type type, host_id host, size_t extra, void *ret_extra)
{
	struct fleet_event *e = malloc(sizeof(*e) + extra);
	void *behind = e + 1;

	if (!e)
		return NULL;
	*e = (struct fleet_event){.type = type, .host = host, .size = sizeof(*e) + extra};
	memcpy(ret_extra, &behind, sizeof(behind));
	return e;
}

void fleet_event_free(struct fleet_event *e)
{
	free(e);
}

static const char *put_string(char **at, const char *s)
{
	size_t n = strlen(s) + 1;
	char *to = memcpy(*at, s, n);

	*at += n;
	return to;
}

struct fleet_event *event_hello(host_id host, const struct wire_hello *hello)
{
	struct wire_hello h = *hello;
	const char **strings[] = {&h.agent, &h.name, &h.machine_id, &h.boot_id, &h.os,
		&h.os_version, &h.kernel, &h.arch, &h.quarantine.id, &h.quarantine.by};
	struct fleet_event *e;
	size_t size = 0;
	char *at;

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		size += strlen(*strings[i]) + 1;
	e = new_event(FLEET_HELLO, host, size, &at);
	if (!e)
		return NULL;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		*strings[i] = put_string(&at, *strings[i]);
	h.ops = h.actions = NULL;
	e->hello = h;
	return e;
}

struct fleet_event *event_pong(host_id host, const struct wire_quarantine *quarantine)
{
	size_t size = strlen(quarantine->id) + 1 + strlen(quarantine->by) + 1;
	struct fleet_event *e;
	char *at;

	e = new_event(FLEET_PONG, host, size, &at);
	if (!e)
		return NULL;
	e->quarantine = *quarantine;
	e->quarantine.id = put_string(&at, quarantine->id);
	e->quarantine.by = put_string(&at, quarantine->by);
	return e;
}

struct fleet_event *event_columns(host_id host, const struct wire_column *cols, size_t n)
{
	size_t size = n * sizeof(*cols);
	struct wire_column *copy;
	struct fleet_event *e;
	char *at;

	for (size_t i = 0; i < n; i++)
		size += strlen(cols[i].name) + 1 + strlen(cols[i].type) + 1;
	e = new_event(FLEET_COLUMNS, host, size, &copy);
	if (!e)
		return NULL;
	at = (char *)(copy + n);
	for (size_t i = 0; i < n; i++) {
		copy[i].name = put_string(&at, cols[i].name);
		copy[i].type = put_string(&at, cols[i].type);
	}
	e->columns.cols = copy;
	e->columns.n = n;
	return e;
}

struct fleet_event *event_rows(host_id host, const struct wire_rows *rows, size_t n_rows)
{
	size_t n = n_rows * rows->n_cols, size = n * sizeof(struct cell);
	struct fleet_event *e;
	struct cell *copy;
	char *at;

	for (size_t i = 0; i < n; i++)
		size += cell_has_bytes(&rows->cells[i]) ? rows->cells[i].n : 0;
	e = new_event(FLEET_ROWS, host, size, &copy);
	if (!e)
		return NULL;
	at = (char *)(copy + n);
	for (size_t i = 0; i < n; i++) {
		copy[i] = rows->cells[i];
		if (!cell_has_bytes(&copy[i]))
			continue;
		if (copy[i].n)
			memcpy(at, copy[i].p, copy[i].n);
		copy[i].p = at;
		at += copy[i].n;
	}
	e->rows.cells = copy;
	e->rows.n_rows = n_rows;
	e->rows.n_cols = rows->n_cols;
	return e;
}

struct fleet_event *event_outcome(host_id host, const struct wire_outcome *o)
{
	const json_t *trees[] = {o->before, o->after, o->undo};
	const char *texts[3] = {NULL, NULL, NULL};
	size_t size = strlen(o->action) + strlen(o->detail) + 2;
	struct fleet_event *e = NULL;
	char *dumps[3] = {NULL, NULL, NULL}, *at;
	bool whole = true;

	for (size_t i = 0; i < 3; i++) {
		dumps[i] = trees[i] ? json_print(trees[i], JSON_COMPACT) : NULL;
		whole &= !trees[i] || dumps[i];
		size += dumps[i] ? strlen(dumps[i]) + 1 : 0;
	}
	if (whole)
		e = new_event(FLEET_OUTCOME, host, size, &at);
	if (e) {
		e->outcome.status = o->status;
		e->outcome.action = put_string(&at, o->action);
		e->outcome.detail = put_string(&at, o->detail);
		for (size_t i = 0; i < 3; i++)
			texts[i] = dumps[i] ? put_string(&at, dumps[i]) : NULL;
		e->outcome.before = texts[0];
		e->outcome.after = texts[1];
		e->outcome.undo = texts[2];
	}
	for (size_t i = 0; i < 3; i++)
		free(dumps[i]);
	return e;
}

struct fleet_event *event_chunk(host_id host, int64_t offset, const char *p, size_t n)
{
	struct fleet_event *e;
	char *at;

	e = new_event(FLEET_CHUNK, host, n, &at);
	if (!e)
		return NULL;
	if (n)
		memcpy(at, p, n);
	e->chunk.offset = offset;
	e->chunk.p = at;
	e->chunk.n = n;
	return e;
}

struct fleet_event *event_end(host_id host, const char *const *warnings, size_t n_warnings)
{
	size_t size = sizeof(struct fleet_end) + n_warnings * sizeof(char *);
	struct fleet_event *e;
	struct fleet_end *end;
	char *at;

	for (size_t i = 0; i < n_warnings; i++)
		size += strlen(warnings[i]) + 1;
	e = new_event(FLEET_END, host, size, &end);
	if (!e)
		return NULL;
	*end = (struct fleet_end){.warnings = (const char **)(end + 1), .n_warnings = n_warnings};
	at = (char *)(end->warnings + n_warnings);
	for (size_t i = 0; i < n_warnings; i++)
		end->warnings[i] = put_string(&at, warnings[i]);
	e->end = end;
	return e;
}

const char *host_state_name(enum host_state state)
{
	static const char *const names[] = {
		"pending", "answered", "failed", "timed_out", "unreachable"};

	return names[state];
}

struct fleet_event *event_ask(const char *prompt, bool echo, struct inbox *to, struct jumps *jumps)
{
	static atomic_uint numbers;
	struct fleet_event *e;
	char *at;

	e = new_event(FLEET_ASK, 0, strlen(prompt) + 1, &at);
	if (!e)
		return NULL;
	e->ask.prompt = put_string(&at, prompt);
	e->ask.echo = echo;
	e->ask.to = to;
	e->ask.jumps = jumps;
	do
		e->ask.id = atomic_fetch_add(&numbers, 1) + 1;
	while (e->ask.id == 0);
	return e;
}
