/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the console asks: written here, read here. */
#include "common/json.h"
#include "common/wire_line.h"
#include "common/wire_member.h"

#include <stdlib.h>
#include <string.h>

/* ---- Writing ---- */

static void put_params(struct wire_line *l, const struct wire_param *params, size_t n)
{
	wire_line_name(l, "params");
	for (size_t i = 0; i < n; i++) {
		wire_line_raw(l, i ? "," : "{");
		if (l->r == 0)
			l->r = json_put_str(l->b, params[i].name);
		wire_line_raw(l, ":");
		if (l->r == 0)
			l->r = json_put_bytes(l->b, params[i].value, strlen(params[i].value));
	}
	wire_line_raw(l, "}");
}

int wire_put_query(struct buf *b, int64_t id, const char *sql, const struct wire_param *params,
	size_t n_params, int64_t timeout_ms, int64_t max_rows)
{
	struct wire_line l;

	wire_line_begin(&l, b, "query");
	wire_line_id(&l, "id", id);
	wire_line_str(&l, "sql", sql);
	if (n_params)
		put_params(&l, params, n_params);
	if (timeout_ms)
		wire_line_int(&l, "timeout_ms", timeout_ms);
	if (max_rows)
		wire_line_int(&l, "max_rows", max_rows);
	return wire_line_end(&l);
}

int wire_put_cancel(struct buf *b, int64_t id, int64_t target)
{
	struct wire_line l;

	wire_line_begin(&l, b, "cancel");
	wire_line_id(&l, "id", id);
	wire_line_id(&l, "target", target);
	return wire_line_end(&l);
}

static int put_bare(struct buf *b, const char *op, int64_t id)
{
	struct wire_line l;

	wire_line_begin(&l, b, op);
	wire_line_id(&l, "id", id);
	return wire_line_end(&l);
}

int wire_put_ping(struct buf *b, int64_t id)
{
	return put_bare(b, "ping", id);
}

int wire_put_tables(struct buf *b, int64_t id)
{
	return put_bare(b, "tables", id);
}

/* ---- Reading ---- */

static int read_sql(struct wire_request *q, struct err *err)
{
	const json_t *v = json_object_get(q->tree, "sql");

	if (!v)
		return err_set(err, EPROTO, "`sql` is missing");
	if (!json_is_string(v))
		return err_set(err, EPROTO, "`sql` is not a string");
	q->sql = json_string_value(v);
	q->sql_len = json_string_length(v);
	/* SQLite would run what stands before it and forget the rest. */
	if (memchr(q->sql, '\0', q->sql_len))
		return err_set(err, EPROTO, "`sql` holds a NUL");
	return 0;
}

static int read_positive(
	const struct wire_request *q, const char *name, int64_t *ret, struct err *err)
{
	const json_t *v = json_object_get(q->tree, name);

	if (!v)
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) <= 0)
		return err_set(err, EPROTO, "`%s` is not a positive integer", name);
	*ret = json_integer_value(v);
	return 0;
}

static int check_bytes(const json_t *v)
{
	struct buf b;
	int r;

	buf_init(&b, WIRE_REQUEST_MAX);
	r = json_bytes_add(&b, v);
	buf_done(&b);
	return r == 0 || r == -ENOMEM ? r : -EPROTO;
}

static int read_params(struct wire_request *q, struct err *err)
{
	const char *name;
	json_t *v;

	q->params = json_object_get(q->tree, "params");
	if (!q->params)
		return 0;
	if (!json_is_object(q->params))
		return err_set(err, EPROTO, "`params` is not an object");
	json_object_foreach (q->params, name, v) {
		int r = json_is_object(v) ? check_bytes(v) : 0;

		if (r == -ENOMEM)
			return err_set(err, ENOMEM, "out of memory");
		if (r < 0 || json_is_array(v))
			return err_set(err, EPROTO,
				"parameter `%s` is neither a plain value nor {\"b64\":\"…\"}",
				name);
	}
	return 0;
}

static int read_query(struct wire_request *q, struct err *err)
{
	int r = read_sql(q, err);

	if (r == 0)
		r = read_params(q, err);
	if (r == 0)
		r = read_positive(q, "timeout_ms", &q->timeout_ms, err);
	if (r == 0)
		r = read_positive(q, "max_rows", &q->max_rows, err);
	return r;
}

static int read_request(struct wire_request *q, struct err *err)
{
	const char *op;
	int r = wire_need_op(q->tree, &op, err);

	if (r < 0)
		return r;
	q->op = wire_op_of(op);
	/* What a later console says need not look like anything known here. */
	if (q->op == WIRE_OP_UNKNOWN)
		return 0;
	r = wire_need_id(q->tree, "id", &q->id, err);
	if (r == 0 && q->op == WIRE_OP_QUERY)
		r = read_query(q, err);
	if (r == 0 && q->op == WIRE_OP_CANCEL)
		r = wire_need_id(q->tree, "target", &q->target, err);
	if (r == 0 && q->op == WIRE_OP_ACTION)
		r = wire_read_action(q, err);
	if (r == 0 && q->op == WIRE_OP_GET)
		r = wire_read_get(q, err);
	return r;
}

int wire_request_read(const char *p, size_t n, struct wire_request *ret, struct err *err)
{
	struct wire_request q = {.id = -1};
	struct err why;
	int r;

	ret->id = -1;
	if (n > WIRE_REQUEST_MAX)
		return err_set(err, EMSGSIZE, "longer than %u bytes", WIRE_REQUEST_MAX);
	q.tree = json_read_object(p, n, &why);
	if (!q.tree)
		return err_set(err, why.code, "%s", why.text);
	q.id = wire_id(q.tree, "id");
	r = read_request(&q, err);
	if (r < 0) {
		ret->id = q.id;
		wire_request_done(&q);
		return r;
	}
	*ret = q;
	return 0;
}

void wire_request_done(struct wire_request *r)
{
	if (!r)
		return;
	json_decref(r->tree);
	free(r->path);
	*r = (struct wire_request){.id = -1};
}
