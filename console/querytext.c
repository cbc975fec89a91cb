/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/querytext.h"
#include "common/buf.h"
#include "common/log.h"
#include "common/str.h"
#include "common/text.h"
#include "console/command.h"
#include "console/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Columns of a field's name. */
#define INDENT 8
/* What is not a terminal gets lines as wide as this. */
#define DEFAULT_WIDTH 100
/* Escaping makes a byte into at most four, and words may get lines of their own. */
#define TEXT_MAX ((4u + INDENT) * SAVED_FILE_MAX)

static int put_escaped(struct buf *b, const char *s)
{
	return text_escape(b, s, strlen(s));
}

static int put_name(struct buf *b, const char *name)
{
	return buf_printf(b, "%-*s", INDENT, name);
}

/* Nothing where there is no value. */
static int put_field(struct buf *b, const char *name, const char *value)
{
	int r = *value ? put_name(b, name) : 0;

	if (r == 0 && *value)
		r = put_escaped(b, value);
	return r < 0 || !*value ? r : buf_putc(b, '\n');
}

/* Likewise, broken between words. */
static int put_words(struct buf *b, const char *name, const char *value, size_t width)
{
	struct span rest = span_str(value), word;
	size_t at = INDENT;
	int r = *value ? put_name(b, name) : 0;

	while (r == 0 && span_word(&rest, &word)) {
		size_t columns = text_width(word.p, word.n);

		if (at > INDENT && at + 1 + columns > width) {
			r = buf_printf(b, "\n%*s", INDENT, "");
			at = INDENT;
		} else if (at > INDENT) {
			r = buf_putc(b, ' ');
			at++;
		}
		if (r == 0)
			r = text_escape(b, word.p, word.n);
		at += columns;
	}
	return r < 0 || !*value ? r : buf_putc(b, '\n');
}

static int put_list(struct buf *b, const char *name, const struct saved_list *value)
{
	int r = value->n > 0 ? put_name(b, name) : 0;

	for (size_t i = 0; r == 0 && i < value->n; i++)
		r = buf_printf(b, "%s%s", i ? ", " : "", value->names[i]);
	return r < 0 || value->n == 0 ? r : buf_putc(b, '\n');
}

static int put_param(struct buf *b, const struct saved_param *p)
{
	int r = put_name(b, "param");

	if (r == 0)
		r = buf_printf(b, "%s=", p->name);
	if (r == 0)
		r = p->value ? put_escaped(b, p->value) : buf_puts(b, "…");
	if (r == 0)
		r = buf_puts(b, "  ");
	if (r == 0)
		r = put_escaped(b, p->doc);
	return r < 0 ? r : buf_putc(b, '\n');
}

/* Lines and tabs as they are, all else escaped. */
static int put_sql(struct buf *b, const char *sql)
{
	int r = buf_putc(b, '\n');

	while (r == 0 && *sql) {
		size_t n = strcspn(sql, "\n\t");

		r = text_escape(b, sql, n);
		sql += n;
		if (r == 0 && *sql)
			r = buf_putc(b, *sql++);
	}
	return r < 0 ? r : buf_putc(b, '\n');
}

int querytext_put(struct buf *b, const struct saved *q, size_t width)
{
	const struct {
		const char *name, *value;
	} fields[] = {{"name", q->name}, {"pack", q->pack}, {"title", q->title}, {"tags", q->tags},
		{"attack", q->attack}};
	const struct {
		const char *name;
		const struct saved_list *value;
	} lists[] = {{"packs", &q->packs}, {"key", &q->key}, {"ignored", &q->diff_ignore}};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(fields); i++)
		r = put_field(b, fields[i].name, fields[i].value);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(lists); i++)
		r = put_list(b, lists[i].name, lists[i].value);
	if (r == 0)
		r = put_field(b, "file", q->path);
	if (r == 0)
		r = put_words(b, "about", q->about, width);
	for (size_t i = 0; r == 0 && i < q->n_params; i++)
		r = put_param(b, &q->params[i]);
	return r < 0 ? r : put_sql(b, q->sql);
}

int querytext_print(const struct saved *q)
{
	struct err err;
	struct sink *sink = sink_new(STDOUT_FILENO, true, &err);
	size_t width = sink ? sink_width(sink) : 0;
	struct buf b;
	int r = sink ? 0 : -err.code;

	buf_init(&b, TEXT_MAX);
	if (r == 0)
		r = querytext_put(&b, q, width > 0 ? width : DEFAULT_WIDTH);
	if (r == 0)
		r = sink_write(sink, b.p, b.len);
	if (r == 0)
		r = sink_end(sink);
	buf_done(&b);
	sink_free(sink);
	if (r == 0 || r == -EPIPE)
		return EXIT_ALL_GOOD;
	log_error("cannot write to standard output: %s", strerror(-r));
	return EXIT_INCOMPLETE;
}
