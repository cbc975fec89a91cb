/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One line per row, fields between tabs. In a field a tab is \t, a newline \n, a carriage return
 * \r, a backslash \\, NUL and bytes that are not UTF-8 \xHH. NULL is an empty field.
 */
#include "console/output.h"
#include "common/text.h"

#include <string.h>

/* How a byte is written that would end the field or the line; NULL for all others. */
static const char *special(char c)
{
	switch (c) {
	case '\0':
		return "\\x00";
	case '\t':
		return "\\t";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	default:
		return NULL;
	}
}

/* A run without a backslash. */
static int add_run(struct format_state *f, bool escape, const char *p, size_t n)
{
	size_t plain = 0; /* bytes from p on that are written as they are */
	int r = 0;

	if (escape)
		return text_escape(&f->line, p, n);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const char *as = (unsigned char)p[i] > '\r' ? NULL : special(p[i]);

		if (!as)
			continue;
		r = buf_add(&f->line, p + plain, i - plain);
		if (r == 0)
			r = buf_puts(&f->line, as);
		plain = i + 1;
	}
	return r < 0 ? r : buf_add(&f->line, p + plain, n - plain);
}

static int add_field(struct format_state *f, bool escape, const char *p, size_t n)
{
	int r = 0;

	for (const char *slash; r == 0 && (slash = memchr(p, '\\', n)) != NULL;) {
		size_t before = (size_t)(slash - p);

		r = add_run(f, escape, p, before);
		if (r == 0)
			r = buf_puts(&f->line, "\\\\");
		p = slash + 1;
		n -= before + 1;
	}
	return r < 0 ? r : add_run(f, escape, p, n);
}

static int row(struct format_state *f, const struct cell *cells)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < f->columns->n; i++) {
		const struct cell *c = &cells[i];

		if (i > 0)
			r = buf_putc(&f->line, '\t');
		if (r < 0)
			break;
		if (cell_has_bytes(c))
			r = add_field(f, f->tty || c->type == CELL_BLOB, c->p, c->n);
		else
			r = format_cell_text(&f->line, c);
	}
	return r < 0 ? r : buf_putc(&f->line, '\n');
}

static int header(struct format_state *f)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < f->columns->n; i++) {
		const char *name = f->columns->names[i];

		if (i > 0)
			r = buf_putc(&f->line, '\t');
		if (r == 0)
			r = add_field(f, f->tty, name, strlen(name));
	}
	return r < 0 ? r : buf_putc(&f->line, '\n');
}

const struct format format_tsv = {
	.name = "tsv",
	.doc = "tab-separated values with a header line; \\t \\n \\r \\\\ inside fields",
	.suffix = "tsv",
	.header = header,
	.row = row,
};
