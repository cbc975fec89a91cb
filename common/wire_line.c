/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/wire_line.h"

#include "common/json.h"

/* Beyond this a double has no thousandths to round. */
#define MILLI_MAX 1e12

void wire_line_begin(struct wire_line *l, struct buf *b, const char *op)
{
	*l = (struct wire_line){.b = b, .start = b->len};
	wire_line_raw(l, "{\"op\":\"");
	wire_line_raw(l, op);
	wire_line_raw(l, "\"");
}

void wire_line_raw(struct wire_line *l, const char *text)
{
	if (l->r == 0)
		l->r = buf_puts(l->b, text);
}

void wire_line_name(struct wire_line *l, const char *name)
{
	wire_line_raw(l, ",\"");
	wire_line_raw(l, name);
	wire_line_raw(l, "\":");
}

void wire_line_id(struct wire_line *l, const char *name, int64_t id)
{
	if (id >= 0) {
		wire_line_int(l, name, id);
		return;
	}
	wire_line_name(l, name);
	wire_line_raw(l, "null");
}

void wire_line_int(struct wire_line *l, const char *name, int64_t value)
{
	wire_line_name(l, name);
	if (l->r == 0)
		l->r = json_put_int(l->b, value);
}

void wire_line_milli(struct wire_line *l, const char *name, double value)
{
	if (value > -MILLI_MAX && value < MILLI_MAX)
		value = (double)(int64_t)(value * 1000 + (value < 0 ? -0.5 : 0.5)) / 1000;
	wire_line_name(l, name);
	if (l->r == 0)
		l->r = json_put_real(l->b, value);
}

void wire_line_bool(struct wire_line *l, const char *name, bool value)
{
	wire_line_name(l, name);
	wire_line_raw(l, value ? "true" : "false");
}

static void put_str(struct wire_line *l, const char *value)
{
	if (l->r == 0)
		l->r = json_put_str(l->b, value);
}

void wire_line_str(struct wire_line *l, const char *name, const char *value)
{
	if (!value)
		return;
	wire_line_name(l, name);
	put_str(l, value);
}

void wire_line_strs(struct wire_line *l, const char *name, const char *const *values, size_t n)
{
	wire_line_name(l, name);
	for (size_t i = 0; i < n; i++) {
		wire_line_raw(l, i ? "," : "[");
		put_str(l, values[i]);
	}
	wire_line_raw(l, n ? "]" : "[]");
}

int wire_line_end(struct wire_line *l)
{
	wire_line_raw(l, "}\n");
	if (l->r < 0)
		buf_cut(l->b, l->start);
	return l->r;
}
