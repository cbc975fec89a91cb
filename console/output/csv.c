/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFC 4180 with LF between the records. NULL is an empty field, empty text is "". Bytes that are
 * not UTF-8 are shown as \xHH, as is NUL; all other text stands as it is, except on a terminal.
 */
#include "console/output.h"
#include "common/text.h"

#include <string.h>

/* Readers of CSV end a field at NUL. */
static int add_without_nul(struct buf *out, const char *p, size_t n)
{
	for (const char *nul; (nul = memchr(p, '\0', n)) != NULL;) {
		size_t before = (size_t)(nul - p);
		int r = buf_add(out, p, before);

		if (r == 0)
			r = buf_puts(out, "\\x00");
		if (r < 0)
			return r;
		p = nul + 1;
		n -= before + 1;
	}
	return buf_add(out, p, n);
}

static bool needs_quotes(const char *p, size_t n)
{
	if (n == 0 || p[0] == ' ' || p[n - 1] == ' ')
		return true;
	for (size_t i = 0; i < n; i++)
		if (p[i] == ',' || p[i] == '"' || p[i] == '\n' || p[i] == '\r')
			return true;
	return false;
}

static int add_quoted(struct buf *out, const char *p, size_t n)
{
	int r = buf_putc(out, '"');

	for (const char *quote; r == 0 && (quote = memchr(p, '"', n)) != NULL;) {
		size_t up_to = (size_t)(quote - p) + 1;

		r = buf_add(out, p, up_to);
		if (r == 0)
			r = buf_putc(out, '"');
		p += up_to;
		n -= up_to;
	}
	if (r == 0)
		r = buf_add(out, p, n);
	return r < 0 ? r : buf_putc(out, '"');
}

static int field(struct format_state *f, const struct cell *c)
{
	struct buf *text = &f->scratch;
	int r;

	if (!cell_has_bytes(c))
		return format_cell_text(&f->line, c);
	buf_reset(text);
	if (f->tty || c->type == CELL_BLOB)
		r = text_escape(text, c->p, c->n);
	else
		r = add_without_nul(text, c->p, c->n);
	if (r < 0)
		return r;
	if (needs_quotes(buf_str(text), text->len))
		return add_quoted(&f->line, buf_str(text), text->len);
	return buf_add(&f->line, text->p, text->len);
}

static int row(struct format_state *f, const struct cell *cells)
{
	int r = 0;

	/* A record of one empty field would be an empty line, which readers skip. */
	if (f->columns->n == 1 && cells[0].type == CELL_NULL)
		return buf_puts(&f->line, "\"\"\n");
	for (size_t i = 0; r == 0 && i < f->columns->n; i++) {
		if (i > 0)
			r = buf_putc(&f->line, ',');
		if (r == 0)
			r = field(f, &cells[i]);
	}
	return r < 0 ? r : buf_putc(&f->line, '\n');
}

static int header(struct format_state *f)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < f->columns->n; i++) {
		const char *name = f->columns->names[i];
		struct cell c = {.type = CELL_TEXT, .n = (uint32_t)strlen(name), .p = name};

		if (i > 0)
			r = buf_putc(&f->line, ',');
		if (r == 0)
			r = field(f, &c);
	}
	return r < 0 ? r : buf_putc(&f->line, '\n');
}

const struct format format_csv = {
	.name = "csv",
	.doc = "comma-separated values (RFC 4180) with a header line",
	.suffix = "csv",
	.header = header,
	.row = row,
};
