/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the agent says. */
#include "common/wire.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/text.h"
#include "common/wire_line.h"

#include <string.h>

static size_t list_len(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

static void put_quarantine(struct wire_line *l, const struct wire_quarantine *q)
{
	if (!q->id || !*q->id)
		return;
	wire_line_name(l, "quarantine");
	/* Its first member has no comma before it. */
	wire_line_raw(l, "{\"id\":");
	if (l->r == 0)
		l->r = json_put_str(l->b, q->id);
	wire_line_str(l, "by", q->by);
	wire_line_int(l, "since", q->since);
	if (q->until)
		wire_line_int(l, "until", q->until);
	wire_line_bool(l, "confirmed", q->confirmed);
	wire_line_raw(l, "}");
}

int wire_put_hello(struct buf *b, const struct wire_hello *h)
{
	struct wire_line l;

	wire_line_begin(&l, b, "hello");
	wire_line_int(&l, "protocol", h->protocol);
	wire_line_str(&l, "agent", h->agent);
	wire_line_bool(&l, "privileged", h->privileged);
	wire_line_name(&l, "host");
	/* Its first member has no comma before it. */
	wire_line_raw(&l, "{\"name\":");
	if (l.r == 0)
		l.r = json_put_str(b, h->name ? h->name : "");
	wire_line_str(&l, "machine_id", h->machine_id);
	wire_line_str(&l, "boot_id", h->boot_id);
	wire_line_str(&l, "os", h->os);
	wire_line_str(&l, "os_version", h->os_version);
	wire_line_str(&l, "kernel", h->kernel);
	wire_line_str(&l, "arch", h->arch);
	wire_line_raw(&l, "}");
	wire_line_milli(&l, "time", h->time);
	put_quarantine(&l, &h->quarantine);
	wire_line_strs(&l, "ops", h->ops, list_len(h->ops));
	wire_line_strs(&l, "actions", h->actions, list_len(h->actions));
	return wire_line_end(&l);
}

/* As many bytes of a name as its reader takes, in whole characters. */
static size_t name_len(const char *name)
{
	size_t n = strlen(name), max = WIRE_NAME_MAX;

	/* A byte that is not UTF-8 takes three on the wire. */
	if (n > max / 3 && !utf8_valid(name, n))
		max /= 3;
	if (n <= max)
		return n;
	for (n = max; n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80;)
		n--;
	return n;
}

static int put_column(struct buf *b, const struct wire_column *c)
{
	int r = buf_puts(b, "{\"name\":");

	if (r == 0)
		r = json_put_string(b, c->name, name_len(c->name));
	if (r == 0)
		r = buf_puts(b, ",\"type\":");
	if (r == 0)
		r = json_put_str(b, c->type);
	return r < 0 ? r : buf_putc(b, '}');
}

int wire_put_columns(struct buf *b, int64_t id, const struct wire_column *cols, size_t n)
{
	struct wire_line l;

	wire_line_begin(&l, b, "columns");
	wire_line_id(&l, "id", id);
	wire_line_name(&l, "columns");
	for (size_t i = 0; i < n; i++) {
		wire_line_raw(&l, i ? "," : "[");
		if (l.r == 0)
			l.r = put_column(b, &cols[i]);
	}
	wire_line_raw(&l, n ? "]" : "[]");
	return wire_line_end(&l);
}

int wire_rows_begin(struct buf *b, int64_t id)
{
	struct wire_line l;

	wire_line_begin(&l, b, "rows");
	wire_line_id(&l, "id", id);
	wire_line_name(&l, "rows");
	wire_line_raw(&l, "[");
	if (l.r < 0)
		buf_cut(b, l.start);
	return l.r;
}

int wire_row_begin(struct buf *b, size_t row)
{
	return buf_puts(b, row ? ",[" : "[");
}

int wire_put_cell(struct buf *b, size_t col, const struct cell *c)
{
	int r = col ? buf_putc(b, ',') : 0;

	if (r < 0)
		return r;
	r = json_put_cell(b, c);
	if (r < 0 && col)
		buf_cut(b, b->len - 1);
	return r;
}

int wire_row_end(struct buf *b)
{
	return buf_putc(b, ']');
}

int wire_rows_end(struct buf *b)
{
	return buf_puts(b, "]}\n");
}

int wire_put_done(struct buf *b, int64_t id, const struct wire_done *d)
{
	size_t n = d->n_warnings < WIRE_WARNINGS_MAX ? d->n_warnings : WIRE_WARNINGS_MAX;
	struct wire_line l;

	wire_line_begin(&l, b, "done");
	wire_line_id(&l, "id", id);
	wire_line_int(&l, "rows", d->rows);
	wire_line_milli(&l, "ms", d->ms);
	if (d->truncated)
		wire_line_bool(&l, "truncated", true);
	wire_line_strs(&l, "warnings", d->warnings, n);
	return wire_line_end(&l);
}

int wire_put_error(struct buf *b, int64_t id, enum wire_code code, const char *message)
{
	struct wire_line l;

	wire_line_begin(&l, b, "error");
	wire_line_id(&l, "id", id);
	wire_line_str(&l, "code", wire_code_name(code));
	wire_line_str(&l, "message", message);
	return wire_line_end(&l);
}

int wire_put_pong(struct buf *b, int64_t id, const struct wire_quarantine *q)
{
	struct wire_line l;

	wire_line_begin(&l, b, "pong");
	wire_line_id(&l, "id", id);
	wire_line_milli(&l, "time", (double)clock_real_us() / 1e6);
	if (q)
		put_quarantine(&l, q);
	return wire_line_end(&l);
}
