/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/auditwords.h"

#include "common/json.h"
#include "common/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "2026-11-22T04:05:44" of what has microseconds as well. */
#define SECONDS_LEN 19

void auditwords_init(struct auditwords *w)
{
	buf_init(&w->time, AUDITWORDS_MAX);
	buf_init(&w->who, AUDITWORDS_MAX);
	buf_init(&w->what, AUDITWORDS_MAX);
	buf_init(&w->words, AUDITWORDS_MAX);
}

void auditwords_done(struct auditwords *w)
{
	buf_done(&w->time);
	buf_done(&w->who);
	buf_done(&w->what);
	buf_done(&w->words);
}

/* ---- Pieces ---- */

/* Strings and {"b64":…} as their bytes, anything else as JSON. */
static int put_value(struct buf *b, const json_t *v)
{
	char *text;
	int r = v ? json_bytes_add(b, v) : 0;

	if (r != -EINVAL && r != -EBADMSG)
		return r;
	text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	r = text ? buf_puts(b, text) : -ENOMEM;
	free(text);
	return r;
}

static int put_between(struct buf *b, const char *text)
{
	return b->len ? buf_puts(b, text) : 0;
}

/* A question may have been typed in many lines. */
static void join_lines(struct buf *b)
{
	size_t to = 0;

	for (size_t i = 0; i < b->len; i++) {
		bool blank = isspace((unsigned char)b->p[i]);

		if (!blank || (to && b->p[to - 1] != ' '))
			b->p[to++] = blank ? ' ' : b->p[i];
	}
	buf_cut(b, to && b->p[to - 1] == ' ' ? to - 1 : to);
}

/* ---- The columns ---- */

static int put_time(struct buf *b, const json_t *line)
{
	const char *time = json_string_value(json_object_get(line, "time"));
	size_t n = time ? strlen(time) : 0;

	if (n <= SECONDS_LEN)
		return buf_add(b, time ? time : "", n);
	return buf_printf(b, "%.*sZ", SECONDS_LEN, time);
}

static int put_who(struct buf *b, const json_t *line)
{
	const json_t *user = json_object_get(line, "user"), *uid = json_object_get(line, "uid");
	const json_t *address = json_object_get(line, "address");
	int r = 0;

	if (!user && uid)
		r = buf_puts(b, "uid ");
	if (!r)
		r = put_value(b, user ? user : uid);
	if (!r && address)
		r = buf_putc(b, '@');
	return r ? r : put_value(b, address);
}

static int put_what(struct buf *b, const json_t *line)
{
	const json_t *event = json_object_get(line, "event"), *status;
	const json_t *action = json_object_get(line, "action");
	bool request = str_eq(json_string_value(event) ? json_string_value(event) : "", "request");
	int r = 0;

	if (request && json_is_true(json_object_get(line, "dry_run")))
		r = buf_puts(b, "plan ");
	if (!r)
		r = put_value(b, action ? action : event);
	status = json_object_get(line, "status");
	if (!r && status)
		r = buf_puts(b, ": ");
	return r ? r : put_value(b, status);
}

/* The arguments but for the plan's identity; a path by itself. */
static int put_args(struct buf *b, const json_t *args)
{
	const char *name;
	json_t *v;
	int r = 0;

	json_object_foreach ((json_t *)args, name, v) {
		if (str_eq(name, "identity"))
			continue;
		if (!r)
			r = put_between(b, " ");
		if (!r && !str_eq(name, "path"))
			r = buf_printf(b, json_is_true(v) ? "%s" : "%s=", name);
		if (!r && !json_is_true(v))
			r = put_value(b, v);
	}
	return r;
}

static int put_words(struct buf *b, const json_t *line)
{
	const json_t *text = json_object_get(line, "text"), *detail, *reason;
	int r = put_value(b, text);

	if (!r)
		join_lines(b);
	detail = json_object_get(line, "detail");
	/* An outcome tells by itself what it is about. */
	if (!r && !detail)
		r = put_args(b, json_object_get(line, "args"));
	if (!r && detail)
		r = put_between(b, "; ");
	if (!r)
		r = put_value(b, detail);
	reason = json_object_get(line, "reason");
	if (!r && reason)
		r = put_between(b, "; ");
	if (!r && reason)
		r = buf_puts(b, "reason: ");
	return r ? r : put_value(b, reason);
}

int auditwords_of(const json_t *line, struct auditwords *w)
{
	struct buf *all[] = {&w->time, &w->who, &w->what, &w->words};
	static int (*const put[])(struct buf * b, const json_t *line) = {
		put_time, put_who, put_what, put_words};
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_LEN(all); i++) {
		buf_reset(all[i]);
		r = put[i](all[i], line);
		/* What fits is there. */
		if (r == -EMSGSIZE)
			r = 0;
	}
	return r;
}
