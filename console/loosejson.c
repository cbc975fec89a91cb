/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/loosejson.h"

#include "common/buf.h"
#include "common/json.h"
#include "common/log.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Bytes of the end of a line that `s` begins with, or 0. */
static size_t line_end(struct span s)
{
	if (s.n >= 2 && s.p[0] == '\r' && s.p[1] == '\n')
		return 2;
	return s.n >= 1 && s.p[0] == '\n';
}

/* Bytes of the comment or continued line that `s` begins with, or 0. */
static size_t skip_aside(struct span s)
{
	const char *end;
	size_t n;

	if (s.n && s.p[0] == '\\') {
		n = line_end((struct span){s.p + 1, s.n - 1});
		return n ? n + 1 : 0;
	}
	if (s.n && (s.p[0] == '#' || (s.n >= 2 && memcmp(s.p, "//", 2) == 0))) {
		end = memchr(s.p, '\n', s.n);
		return end ? (size_t)(end - s.p) : s.n;
	}
	if (s.n < 2 || memcmp(s.p, "/*", 2) != 0)
		return 0;
	end = memmem(s.p + 2, s.n - 2, "*/", 2);
	return end ? (size_t)(end - s.p) + 2 : s.n;
}

static struct span from(struct span s, size_t n)
{
	return (struct span){s.p + n, s.n - n};
}

/* Does the object or array end behind this comma? */
static bool is_last_comma(struct span s)
{
	size_t n;

	for (s = from(s, 1); s.n; s = from(s, n)) {
		n = isspace((unsigned char)s.p[0]) ? 1 : skip_aside(s);
		if (n == 0)
			return s.p[0] == '}' || s.p[0] == ']';
	}
	return false;
}

/* Takes one character, or what stands for none, out of a string. */
static int put_in_string(struct buf *b, struct span *s)
{
	char c = s->p[0];
	size_t aside = c == '\\' ? skip_aside(*s) : 0, n = 1;
	int r = 0;

	if (aside)
		n = aside;
	else if (c == '\\' && s->n >= 2)
		r = buf_add(b, s->p, n = 2);
	else if (c == '\n')
		r = buf_puts(b, "\\n");
	else if (c == '\t')
		r = buf_puts(b, "\\t");
	else if (c != '\r')
		r = buf_putc(b, c);
	*s = from(*s, n);
	return r;
}

/* Lines are counted in what is strict: those of `s` are kept, as white space. */
static int put_lines(struct buf *b, struct span s)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s.n; i++)
		if (s.p[i] == '\n')
			r = buf_putc(b, '\n');
	return r;
}

/* `s` begins with the quote. */
static int put_string(struct buf *b, struct span *s)
{
	const char *begin = s->p;
	int r = buf_putc(b, '"');

	*s = from(*s, 1);
	while (r == 0 && s->n && s->p[0] != '"')
		r = put_in_string(b, s);
	if (r < 0 || !s->n)
		return r;
	*s = from(*s, 1);
	r = buf_putc(b, '"');
	return r < 0 ? r : put_lines(b, (struct span){begin, (size_t)(s->p - begin)});
}

static int tighten(struct buf *b, struct span s)
{
	int r = 0;

	while (r == 0 && s.n) {
		size_t aside = skip_aside(s);

		if (aside) {
			r = put_lines(b, (struct span){s.p, aside});
			s = from(s, aside);
		} else if (s.p[0] == '"') {
			r = put_string(b, &s);
		} else {
			if (s.p[0] != ',' || !is_last_comma(s))
				r = buf_putc(b, s.p[0]);
			s = from(s, 1);
		}
	}
	return r;
}

/* Published files do have members twice, and osquery takes them. */
static json_t *read_tight(const char *file, const struct buf *b, struct err *err)
{
	json_t *json = json_read_lines(file, buf_str(b), b->len, LOOSEJSON_DEPTH_MAX, false, err);

	if (json || err->code != EEXIST)
		return json;
	log_note("%s: the last one counts", err->text);
	return json_read_lines(file, buf_str(b), b->len, LOOSEJSON_DEPTH_MAX, true, err);
}

json_t *loosejson_read(const char *file, struct span text, struct err *err)
{
	json_t *json = NULL;
	struct buf b;
	int r;

	/* A line end in a string becomes two bytes, and a line end behind it. */
	buf_init(&b, 3 * text.n + 1);
	r = tighten(&b, text);
	if (r == 0)
		json = read_tight(file, &b, err);
	buf_done(&b);
	if (r < 0)
		err_sys(err, -r, "%s", file);
	return json;
}
