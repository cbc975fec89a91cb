/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An array of objects, one object per line. */
#include "console/output/json.h"
#include "common/json.h"
#include "common/text.h"

int format_json_members(struct buf *out, const struct columns *columns, const struct cell *cells)
{
	int r = buf_putc(out, '{');

	for (size_t i = 0; r == 0 && i < columns->n; i++) {
		struct span key = columns->keys[i];

		/* Without the comma of the first one. */
		r = buf_add(out, key.p + (i == 0), key.n - (i == 0));
		if (r == 0)
			r = json_put_cell(out, &cells[i]);
	}
	return r < 0 ? r : buf_putc(out, '}');
}

/* JSON in, JSON out: outside ASCII there is nothing but the insides of strings. */
static int put_for_terminal(struct buf *out, const char *p, size_t n)
{
	int r = 0;

	for (size_t i = 0, len; r == 0 && i < n; i += len) {
		uint32_t cp = (unsigned char)p[i];

		len = utf8_decode(p + i, n - i, &cp);
		if (len == 0)
			len = 1;
		if (text_printable(cp))
			r = buf_add(out, p + i, len);
		else if (cp < 0x10000)
			r = buf_printf(out, "\\u%04x", cp);
		else
			r = buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((cp - 0x10000) >> 10),
				0xdc00 + (cp & 0x3ff));
	}
	return r;
}

int format_json_scratch(struct format_state *f)
{
	if (f->tty)
		return put_for_terminal(&f->line, buf_str(&f->scratch), f->scratch.len);
	return buf_add(&f->line, buf_str(&f->scratch), f->scratch.len);
}

int format_json_object(struct format_state *f, const struct cell *cells)
{
	int r;

	if (!f->tty)
		return format_json_members(&f->line, f->columns, cells);
	buf_reset(&f->scratch);
	r = format_json_members(&f->scratch, f->columns, cells);
	return r < 0 ? r : format_json_scratch(f);
}

static int row(struct format_state *f, const struct cell *cells)
{
	int r = buf_puts(&f->line, f->rows == 0 ? "[\n" : ",\n");

	return r < 0 ? r : format_json_object(f, cells);
}

static int end(struct format_state *f)
{
	return buf_puts(&f->line, f->rows == 0 ? "[\n]\n" : "\n]\n");
}

const struct format format_json = {
	.name = "json",
	.doc = "an array of objects",
	.suffix = "json",
	.named = true,
	.row = row,
	.end = end,
};
