/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the console hears, but for row lines (wire_rows.c). */
#include "common/json.h"
#include "common/json_reader.h"
#include "common/wire_member.h"

#include <stdlib.h>
#include <string.h>

/* A string, "" where there is none; a NUL inside ends it. */
static int optional_str(const json_t *of, const char *name, const char **ret, struct err *err)
{
	const json_t *v = json_object_get(of, name);

	if (v && !json_is_string(v))
		return err_set(err, EPROTO, "`%s` is not a string", name);
	*ret = v ? json_string_value(v) : "";
	return 0;
}

static int optional_bool(const json_t *of, const char *name, bool *ret, struct err *err)
{
	const json_t *v = json_object_get(of, name);

	if (v && !json_is_boolean(v))
		return err_set(err, EPROTO, "`%s` is neither true nor false", name);
	*ret = json_is_true(v);
	return 0;
}

static int read_host(const json_t *tree, struct wire_hello *h, struct err *err)
{
	const struct {
		const char *name, **to;
	} members[] = {
		{"name", &h->name},
		{"machine_id", &h->machine_id},
		{"boot_id", &h->boot_id},
		{"os", &h->os},
		{"os_version", &h->os_version},
		{"kernel", &h->kernel},
		{"arch", &h->arch},
	};
	const json_t *host = json_object_get(tree, "host");

	if (host && !json_is_object(host))
		return err_set(err, EPROTO, "`host` is not an object");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		int r = optional_str(host, members[i].name, members[i].to, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int optional_int(const json_t *of, const char *name, int64_t *ret, struct err *err)
{
	const json_t *v = json_object_get(of, name);

	if (v && !json_is_integer(v))
		return err_set(err, EPROTO, "`%s` is not an integer", name);
	*ret = json_integer_value(v);
	return 0;
}

static int read_quarantine(const json_t *tree, struct wire_quarantine *q, struct err *err)
{
	const json_t *v = json_object_get(tree, "quarantine");
	int r;

	if (v && !json_is_object(v) && !json_is_null(v))
		return err_set(err, EPROTO, "`quarantine` is not an object");
	r = optional_str(v, "id", &q->id, err);
	if (r == 0)
		r = optional_str(v, "by", &q->by, err);
	if (r == 0)
		r = optional_int(v, "since", &q->since, err);
	if (r == 0)
		r = optional_int(v, "until", &q->until, err);
	return r < 0 ? r : optional_bool(v, "confirmed", &q->confirmed, err);
}

static int read_hello(struct wire_reply *p, struct err *err)
{
	const json_t *v = json_object_get(p->tree, "protocol");
	int r;

	if (!json_is_integer(v))
		return err_set(err, EPROTO, "`protocol` is missing or not an integer");
	p->hello.protocol = json_integer_value(v);
	v = json_object_get(p->tree, "time");
	if (v && !json_is_number(v))
		return err_set(err, EPROTO, "`time` is not a number");
	p->hello.time = json_number_value(v);
	r = optional_str(p->tree, "agent", &p->hello.agent, err);
	if (r == 0)
		r = optional_bool(p->tree, "privileged", &p->hello.privileged, err);
	if (r == 0)
		r = read_quarantine(p->tree, &p->hello.quarantine, err);
	return r < 0 ? r : read_host(p->tree, &p->hello, err);
}

static int read_column(const json_t *v, struct wire_column *c, struct err *err)
{
	const json_t *name = json_object_get(v, "name"), *type = json_object_get(v, "type");

	if (!json_is_string(name) || !json_is_string(type))
		return err_set(err, EPROTO, "a column's `name` or `type` is not a string");
	c->name = json_string_value(name);
	c->type = json_string_value(type);
	if (json_string_length(name) > WIRE_NAME_MAX)
		return err_set(
			err, EPROTO, "a column's name is longer than %d bytes", WIRE_NAME_MAX);
	/* Names are compared as C strings: two that differ must not come out the same. */
	if (strlen(c->name) != json_string_length(name))
		return err_set(err, EPROTO, "a column's name holds a NUL");
	return 0;
}

static int read_columns(struct wire_reply *p, struct err *err)
{
	const json_t *list = json_object_get(p->tree, "columns"), *v;
	size_t n = json_array_size(list), i;

	if (!json_is_array(list))
		return err_set(err, EPROTO, "`columns` is missing or not an array");
	if (n > WIRE_COLUMNS_MAX)
		return err_set(err, EPROTO, "more than %d columns", WIRE_COLUMNS_MAX);
	p->columns = calloc(n + 1, sizeof(*p->columns));
	if (!p->columns)
		return err_set(err, ENOMEM, "out of memory");
	p->n_columns = n;
	json_array_foreach (list, i, v) {
		int r = read_column(v, &p->columns[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int read_warnings(struct wire_reply *p, struct err *err)
{
	const json_t *list = json_object_get(p->tree, "warnings");
	size_t n = json_array_size(list);

	if (list && !json_is_array(list))
		return err_set(err, EPROTO, "`warnings` is not an array");
	if (n > WIRE_WARNINGS_MAX)
		n = WIRE_WARNINGS_MAX;
	p->warnings = calloc(n + 1, sizeof(*p->warnings));
	if (!p->warnings)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		p->warnings[i] = json_string_value(json_array_get(list, i));
		if (!p->warnings[i])
			return err_set(err, EPROTO, "a warning is not a string");
	}
	p->done.warnings = p->warnings;
	p->done.n_warnings = n;
	return 0;
}

static int read_done(struct wire_reply *p, struct err *err)
{
	const json_t *rows = json_object_get(p->tree, "rows"), *ms = json_object_get(p->tree, "ms");
	int r;

	if (!json_is_integer(rows) || json_integer_value(rows) < 0)
		return err_set(err, EPROTO, "`rows` is not a number of rows");
	/* jansson lets no infinity in. */
	if (!json_is_number(ms) || json_number_value(ms) < 0)
		return err_set(err, EPROTO, "`ms` is not a time");
	p->done.rows = json_integer_value(rows);
	p->done.ms = json_number_value(ms);
	r = optional_bool(p->tree, "truncated", &p->done.truncated, err);
	return r < 0 ? r : read_warnings(p, err);
}

static int read_error(struct wire_reply *p, struct err *err)
{
	const json_t *id = json_object_get(p->tree, "id");
	const char *code = "";
	int r = 0;

	/* Null answers a line from which no id could be told. */
	if (id && !json_is_null(id))
		r = wire_need_id(p->tree, "id", &p->id, err);
	if (r == 0)
		r = optional_str(p->tree, "code", &code, err);
	p->code = wire_code_of(code);
	return r < 0 ? r : optional_str(p->tree, "message", &p->message, err);
}

static int read_reply(struct wire_reply *p, struct err *err)
{
	const char *op;
	int r = wire_need_op(p->tree, &op, err);

	if (r < 0)
		return r;
	p->op = wire_reply_of(op);
	switch (p->op) {
	case WIRE_REPLY_UNKNOWN:
		p->id = wire_id(p->tree, "id");
		return 0;
	case WIRE_REPLY_HELLO:
		return read_hello(p, err);
	case WIRE_REPLY_ERROR:
		return read_error(p, err);
	case WIRE_REPLY_ROWS:
		/* wire_rows_read knows every rows line that is JSON. */
		return err_set(err, EPROTO, "a rows line that cannot be read");
	default:
		break;
	}
	r = wire_need_id(p->tree, "id", &p->id, err);
	if (r == 0 && p->op == WIRE_REPLY_COLUMNS)
		r = read_columns(p, err);
	if (r == 0 && p->op == WIRE_REPLY_DONE)
		r = read_done(p, err);
	if (r == 0 && p->op == WIRE_REPLY_PONG)
		r = read_quarantine(p->tree, &p->hello.quarantine, err);
	if (r == 0 && p->op == WIRE_REPLY_OUTCOME)
		r = wire_read_outcome(p, err);
	if (r == 0 && p->op == WIRE_REPLY_CHUNK)
		r = wire_read_chunk(p, err);
	return r;
}

/* ---- The end of most answers ---- */

/* `p` at `text`, and behind it a number that is not negative. */
static char *pass_number(struct json_reader *r, char *p, const char *text, struct cell *ret)
{
	p = json_read_word(r, p, text);
	return p && p < r->end && json_is_digit(*p) ? json_read_number(r, p, ret) : NULL;
}

/*
 * A `done` without warnings as wire_put_done writes it, without a tree: there is one per host and
 * question. False: it is something else, or somebody else's way to write it; nothing was changed.
 */
static bool read_plain_done(char *p, size_t n, struct wire_reply *ret)
{
	static const char last[] = ",\"warnings\":[]}";
	struct json_reader r = {.start = p, .end = p + n};
	struct cell id, rows, ms;

	p = pass_number(&r, p, "{\"op\":\"done\",\"id\":", &id);
	if (p)
		p = pass_number(&r, p, ",\"rows\":", &rows);
	if (p)
		p = pass_number(&r, p, ",\"ms\":", &ms);
	if (!p || (size_t)(r.end - p) != sizeof(last) - 1 || memcmp(p, last, sizeof(last) - 1) != 0)
		return false;
	if (id.type != CELL_INT || id.i > WIRE_ID_MAX || rows.type != CELL_INT)
		return false;
	ret->op = WIRE_REPLY_DONE;
	ret->id = id.i;
	ret->done.rows = rows.i;
	ret->done.ms = ms.type == CELL_INT ? (double)ms.i : ms.r;
	return true;
}

int wire_reply_read(char *p, size_t n, struct wire_reply *ret, struct err *err)
{
	struct err why;
	int r;

	wire_reply_reset(ret);
	r = wire_rows_read(p, n, &ret->id, &ret->rows, err);
	if (r != 0) {
		ret->op = r < 0 ? WIRE_REPLY_UNKNOWN : WIRE_REPLY_ROWS;
		return r < 0 ? r : 0;
	}
	if (read_plain_done(p, n, ret))
		return 0;
	ret->tree = json_read_object(p, n, &why);
	if (!ret->tree)
		return err_set(err, why.code, "%s", why.text);
	r = read_reply(ret, err);
	if (r < 0)
		wire_reply_reset(ret);
	return r;
}

void wire_reply_reset(struct wire_reply *r)
{
	struct wire_rows rows = r->rows;

	json_decref(r->tree);
	free(r->columns);
	free(r->warnings);
	free(r->chunk.p);
	rows.n_rows = rows.n_cols = rows.n_cells = 0;
	*r = (struct wire_reply){.id = -1, .rows = rows};
}

void wire_reply_done(struct wire_reply *r)
{
	if (!r)
		return;
	wire_reply_reset(r);
	wire_rows_free(&r->rows);
}
