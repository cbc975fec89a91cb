/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Response actions and files that are fetched: requests, outcomes, chunks. */
#include "common/base64.h"
#include "common/json.h"
#include "common/str.h"
#include "common/wire_line.h"
#include "common/wire_member.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *const statuses[] = {
	[WIRE_DONE] = "done",
	[WIRE_ALREADY] = "already",
	[WIRE_REFUSED] = "refused",
	[WIRE_NOT_FOUND] = "not_found",
	[WIRE_FAILED] = "failed",
	[WIRE_PLANNED] = "planned",
};

const char *wire_status_name(enum wire_status status)
{
	return statuses[status];
}

bool wire_status_good(enum wire_status status)
{
	return status == WIRE_DONE || status == WIRE_ALREADY || status == WIRE_PLANNED;
}

/* ---- Writing ---- */

static void put_tree(struct wire_line *l, const char *name, const json_t *tree)
{
	char *text = tree ? json_dumps(tree, JSON_COMPACT) : NULL;

	wire_line_name(l, name);
	if (tree && !text && l->r == 0)
		l->r = -ENOMEM;
	wire_line_raw(l, text ? text : "null");
	free(text);
}

int wire_put_action(struct buf *b, int64_t id, const char *action, const json_t *args, bool dry_run,
	const char *reason)
{
	struct wire_line l;

	wire_line_begin(&l, b, "action");
	wire_line_id(&l, "id", id);
	wire_line_str(&l, "action", action);
	if (args)
		put_tree(&l, "args", args);
	if (dry_run)
		wire_line_bool(&l, "dry_run", true);
	if (reason && *reason)
		wire_line_str(&l, "reason", reason);
	return wire_line_end(&l);
}

int wire_put_get(struct buf *b, int64_t id, const char *path, size_t n, int64_t offset,
	int64_t length, const char *reason)
{
	struct wire_line l;

	wire_line_begin(&l, b, "get");
	wire_line_id(&l, "id", id);
	wire_line_name(&l, "path");
	if (l.r == 0)
		l.r = json_put_bytes(b, path, n);
	if (offset)
		wire_line_int(&l, "offset", offset);
	if (length)
		wire_line_int(&l, "length", length);
	if (reason && *reason)
		wire_line_str(&l, "reason", reason);
	return wire_line_end(&l);
}

int wire_put_outcome(struct buf *b, int64_t id, const struct wire_outcome *o)
{
	struct wire_line l;

	wire_line_begin(&l, b, "outcome");
	wire_line_id(&l, "id", id);
	wire_line_str(&l, "action", o->action);
	wire_line_str(&l, "status", wire_status_name(o->status));
	wire_line_str(&l, "detail", o->detail ? o->detail : "");
	put_tree(&l, "before", o->before);
	put_tree(&l, "after", o->after);
	put_tree(&l, "undo", o->undo);
	return wire_line_end(&l);
}

int wire_put_chunk(struct buf *b, int64_t id, int64_t offset, const void *p, size_t n)
{
	struct wire_line l;

	wire_line_begin(&l, b, "chunk");
	wire_line_id(&l, "id", id);
	wire_line_int(&l, "offset", offset);
	wire_line_raw(&l, ",\"data\":\"");
	if (l.r == 0)
		l.r = base64_encode(b, p, n);
	wire_line_raw(&l, "\"");
	return wire_line_end(&l);
}

/* ---- Reading ---- */

/* Text without a NUL; "" where it is missing and need not be there. */
static int read_text(
	const json_t *tree, const char *name, bool needed, const char **ret, struct err *err)
{
	const json_t *v = json_object_get(tree, name);

	if (!v && needed)
		return err_set(err, EPROTO, "`%s` is missing", name);
	if (v && !json_is_string(v))
		return err_set(err, EPROTO, "`%s` is not a string", name);
	if (v && strlen(json_string_value(v)) != json_string_length(v))
		return err_set(err, EPROTO, "`%s` holds a NUL", name);
	*ret = v ? json_string_value(v) : "";
	return 0;
}

/* An object or nothing (or null). */
static int read_object(const json_t *tree, const char *name, const json_t **ret, struct err *err)
{
	const json_t *v = json_object_get(tree, name);

	if (v && !json_is_null(v) && !json_is_object(v))
		return err_set(err, EPROTO, "`%s` is not an object", name);
	*ret = json_is_object(v) ? v : NULL;
	return 0;
}

static int read_size(const json_t *tree, const char *name, int64_t *ret, struct err *err)
{
	const json_t *v = json_object_get(tree, name);

	if (v && (!json_is_integer(v) || json_integer_value(v) < 0))
		return err_set(err, EPROTO, "`%s` is not a number of bytes", name);
	*ret = v ? json_integer_value(v) : 0;
	return 0;
}

/* A string, or {"b64":"…"} for bytes that are not UTF-8. */
static int read_path(struct wire_request *q, struct err *err)
{
	const json_t *v = json_object_get(q->tree, "path");
	struct buf b;
	int r;

	if (!v)
		return err_set(err, EPROTO, "`path` is missing");
	buf_init(&b, WIRE_REQUEST_MAX);
	r = json_bytes_add(&b, v);
	q->path_len = b.len;
	q->path = buf_steal(&b);
	if (r == -EINVAL)
		return err_set(
			err, EPROTO, "`path` is neither a string nor {\"b64\":\"\xe2\x80\xa6\"}");
	if (r == -EBADMSG)
		return err_set(err, EPROTO, "`path` is not base64");
	if (r < 0 || !q->path)
		return err_set(err, ENOMEM, "out of memory");
	if (!q->path_len || q->path_len >= PATH_MAX || q->path[0] != '/' ||
		strlen(q->path) != q->path_len)
		return err_set(err, EPROTO,
			"`path` is not absolute, holds a NUL or is longer than %d bytes",
			PATH_MAX - 1);
	return 0;
}

int wire_read_get(struct wire_request *q, struct err *err)
{
	int r = read_path(q, err);

	if (r == 0)
		r = read_size(q->tree, "offset", &q->offset, err);
	if (r == 0)
		r = read_size(q->tree, "length", &q->length, err);
	return r < 0 ? r : read_text(q->tree, "reason", false, &q->reason, err);
}

int wire_read_action(struct wire_request *q, struct err *err)
{
	const json_t *dry = json_object_get(q->tree, "dry_run");
	int r = read_text(q->tree, "action", true, &q->action, err);

	if (r == 0)
		r = read_object(q->tree, "args", &q->args, err);
	if (r == 0)
		r = read_text(q->tree, "reason", false, &q->reason, err);
	if (r < 0)
		return r;
	/* What was meant to be a rehearsal must not be carried out. */
	if (dry && !json_is_boolean(dry))
		return err_set(err, EPROTO, "`dry_run` is neither true nor false");
	q->dry_run = json_is_true(dry);
	return 0;
}

static int status_of(const char *word, enum wire_status *ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		if (str_eq(statuses[i], word)) {
			*ret = (enum wire_status)i;
			return 0;
		}
	}
	return err_set(err, EPROTO, "`status` is no status of an outcome");
}

int wire_read_outcome(struct wire_reply *p, struct err *err)
{
	struct wire_outcome *o = &p->outcome;
	const char *status;
	int r = read_text(p->tree, "status", true, &status, err);

	if (r == 0)
		r = status_of(status, &o->status, err);
	if (r == 0)
		r = read_text(p->tree, "action", false, &o->action, err);
	if (r == 0)
		r = read_text(p->tree, "detail", false, &o->detail, err);
	if (r == 0)
		r = read_object(p->tree, "before", &o->before, err);
	if (r == 0)
		r = read_object(p->tree, "after", &o->after, err);
	return r < 0 ? r : read_object(p->tree, "undo", &o->undo, err);
}

int wire_read_chunk(struct wire_reply *p, struct err *err)
{
	const json_t *data = json_object_get(p->tree, "data");
	size_t n = json_string_length(data);
	ssize_t got;
	int r = read_size(p->tree, "offset", &p->chunk.offset, err);

	if (r < 0)
		return r;
	if (!json_is_string(data) || n > (WIRE_CHUNK_MAX + 2) / 3 * 4)
		return err_set(err, EPROTO, "`data` is missing, no string, or too long");
	p->chunk.p = malloc(n + 1);
	if (!p->chunk.p)
		return err_set(err, ENOMEM, "out of memory");
	got = base64_decode(p->chunk.p, json_string_value(data), n);
	if (got < 0)
		return err_set(err, EPROTO, "`data` is not base64");
	p->chunk.n = (size_t)got;
	return 0;
}
