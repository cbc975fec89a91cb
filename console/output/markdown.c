/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pipe table for tickets and wikis. A host's text must not become markup there: links, images,
 * HTML and emphasis are escaped besides what would break the table.
 */
#include "console/output.h"
#include "common/text.h"

#include <string.h>

static int add_char(struct buf *out, char c)
{
	switch (c) {
	case '<':
		return buf_puts(out, "&lt;");
	case '>':
		return buf_puts(out, "&gt;");
	case '&':
		return buf_puts(out, "&amp;");
	case '|':
	case '\\':
	case '`':
	case '*':
	case '_':
	case '~':
	case '[':
	case ']':
		return buf_printf(out, "\\%c", c);
	default:
		return buf_putc(out, c);
	}
}

/* Controls as in a table for the terminal: what is pasted into a ticket must not hide anything. */
static int add_text(struct format_state *f, const struct cell *c)
{
	int r;

	buf_reset(&f->scratch);
	r = format_cell_escaped(&f->scratch, c);
	for (size_t i = 0; r == 0 && i < f->scratch.len; i++)
		r = add_char(&f->line, f->scratch.p[i]);
	return r;
}

static int add_str(struct format_state *f, const char *s)
{
	struct cell c = {.type = CELL_TEXT, .n = (uint32_t)strlen(s), .p = s};

	return add_text(f, &c);
}

static int add_cell(struct format_state *f, const struct cell *c)
{
	int r = buf_putc(&f->line, ' ');

	if (r == 0)
		r = add_text(f, c);
	return r < 0 ? r : buf_puts(&f->line, " |");
}

static int title(struct format_state *f, const char *name, const char *text)
{
	int r = buf_puts(&f->line, "## ");

	if (r == 0)
		r = add_str(f, name);
	if (r == 0 && text)
		r = buf_puts(&f->line, ": ");
	if (r == 0 && text)
		r = add_str(f, text);
	return r < 0 ? r : buf_puts(&f->line, "\n\n");
}

static int row(struct format_state *f, const struct cell *cells)
{
	int r = buf_putc(&f->line, '|');

	for (size_t i = 0; r == 0 && i < f->columns->n; i++)
		r = add_cell(f, &cells[i]);
	return r < 0 ? r : buf_putc(&f->line, '\n');
}

static int header(struct format_state *f)
{
	int r = buf_putc(&f->line, '|');

	for (size_t i = 0; r == 0 && i < f->columns->n; i++) {
		const char *name = f->columns->names[i];
		struct cell c = {.type = CELL_TEXT, .n = (uint32_t)strlen(name), .p = name};

		r = add_cell(f, &c);
	}
	if (r == 0)
		r = buf_puts(&f->line, "\n|");
	for (size_t i = 0; r == 0 && i < f->columns->n; i++)
		r = buf_puts(&f->line, " --- |");
	return r < 0 ? r : buf_putc(&f->line, '\n');
}

const struct format format_markdown = {
	.name = "markdown",
	.doc = "a Markdown table for tickets and wikis",
	.suffix = "md",
	.title = title,
	.header = header,
	.row = row,
};
