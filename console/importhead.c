/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/importhead.h"

#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Columns of the head's lines. */
#define WIDTH 96
/* A description of more bytes is no title. */
#define TITLE_MAX 160
/* ATT&CK techniques of one query. */
#define ATTACK_MAX 16

/* ---- Names ---- */

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

int importhead_put_name(struct buf *b, struct span name)
{
	size_t start = b->len;
	bool gap = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < name.n && b->len - start < SAVED_NAME_MAX; i++) {
		/* A hidden file would not be read, and a dash looks like an option. */
		bool leading = b->len == start && (name.p[i] == '.' || name.p[i] == '-');

		if (!is_name_char(name.p[i]) || leading) {
			gap = true;
			continue;
		}
		if (gap && b->len > start && b->p[b->len - 1] != '-')
			r = buf_putc(b, '-');
		gap = false;
		if (r == 0 && b->len - start < SAVED_NAME_MAX)
			r = buf_putc(b, (char)tolower((unsigned char)name.p[i]));
	}
	return r < 0 || b->len > start ? r : buf_puts(b, "query");
}

/* ---- The comments at the head of SQL ---- */

/* The next line at the head: a comment without its dashes, or an empty one. */
static bool next_line(struct span *rest, struct span *ret)
{
	struct span after = *rest, line, trimmed;

	if (!span_split(&after, '\n', &line))
		return false;
	trimmed = span_trim(line);
	if (trimmed.n && !span_skip(&trimmed, "--"))
		return false;
	*rest = after;
	*ret = trimmed;
	return true;
}

/* "key: value", the key without blanks in it. */
static bool is_keyed(struct span line, struct span *ret_key, struct span *ret_value)
{
	struct span s = span_trim(line);
	size_t n = 0;

	while (n < s.n && (islower((unsigned char)s.p[n]) || s.p[n] == '_'))
		n++;
	if (n == 0 || n == s.n || s.p[n] != ':')
		return false;
	*ret_key = (struct span){s.p, n};
	*ret_value = span_trim((struct span){s.p + n + 1, s.n - n - 1});
	return true;
}

struct span import_head_value(struct span sql, const char *key)
{
	struct span line, name, value;

	while (next_line(&sql, &line))
		if (is_keyed(line, &name, &value) && span_eq(name, key))
			return value;
	return (struct span){NULL, 0};
}

/* The first comment that is words; p NULL: none. */
static struct span first_words(struct span sql)
{
	struct span line, name, value;

	while (next_line(&sql, &line)) {
		line = span_trim(line);
		if (line.n && !is_keyed(line, &name, &value))
			return line;
	}
	return (struct span){NULL, 0};
}

/* ---- Writing the head ---- */

/*
 * The text in words, with one blank between them and without what a terminal could act on; lines
 * are broken at WIDTH and go on behind `indent`.
 */
static int put_words(struct buf *b, struct span text, size_t column, const char *indent)
{
	struct span word;
	bool first = true;
	int r = 0;

	while (r == 0 && span_word(&text, &word)) {
		bool breaks = !first && column + 1 + word.n > WIDTH;

		if (breaks)
			r = buf_puts(b, indent);
		else if (!first)
			r = buf_putc(b, ' ');
		column = breaks ? strlen(indent) : column + !first;
		if (r == 0)
			r = text_escape(b, word.p, word.n);
		column += word.n;
		first = false;
	}
	return r;
}

/* `indent` NULL: on one line. */
static int put_key(struct buf *b, const char *key, struct span value, const char *indent)
{
	size_t start = b->len;
	int r;

	if (!span_trim(value).n)
		return 0;
	r = buf_printf(b, "-- %s: ", key);
	if (r == 0)
		r = indent ? put_words(b, value, b->len - start, indent)
			   : put_words(b, value, 0, " ");
	return r < 0 ? r : buf_putc(b, '\n');
}

/* ---- Techniques ---- */

/* "T1059.004" at the beginning of `s`: its bytes, or 0. */
static size_t technique(struct span s)
{
	size_t n = 0;

	if (s.n < 5 || s.p[0] != 'T')
		return 0;
	for (n = 1; n < 5; n++)
		if (!isdigit((unsigned char)s.p[n]))
			return 0;
	if (s.n >= 9 && (s.p[5] == '.' || s.p[5] == '/') && isdigit((unsigned char)s.p[6]) &&
		isdigit((unsigned char)s.p[7]) && isdigit((unsigned char)s.p[8]))
		n = 9;
	return n < s.n && isalnum((unsigned char)s.p[n]) ? 0 : n;
}

/* Adds those named in `s` to the list, each once. */
static int put_techniques(struct buf *list, struct span s, unsigned *left)
{
	int r = 0;

	for (size_t i = 0; r == 0 && *left && i < s.n; i++) {
		char id[10] = "";
		size_t n = i && isalnum((unsigned char)s.p[i - 1])
				   ? 0
				   : technique((struct span){s.p + i, s.n - i});

		if (n == 0)
			continue;
		memcpy(id, s.p + i, n);
		if (n == 9)
			id[5] = '.'; /* as in an address of ATT&CK's site */
		if (strstr(buf_str(list), id))
			continue;
		r = buf_printf(list, "%s%s", list->len ? ", " : "", id);
		(*left)--;
	}
	return r;
}

static int put_attack(struct buf *b, const struct import_text *t)
{
	const struct span from[] = {t->title, t->about, t->tags, t->sql};
	unsigned left = ATTACK_MAX;
	struct buf list;
	int r = 0;

	buf_init(&list, ATTACK_MAX * 16);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(from); i++) {
		struct span s = from[i], line;

		/* Of the SQL only its head. */
		if (i + 1 == ARRAY_LEN(from)) {
			while (next_line(&s, &line))
				;
			s = (struct span){from[i].p, s.p ? (size_t)(s.p - from[i].p) : from[i].n};
		}
		r = put_techniques(&list, s, &left);
	}
	if (r == 0)
		r = put_key(b, "attack", (struct span){buf_str(&list), list.len}, NULL);
	buf_done(&list);
	return r;
}

/* ---- The whole ---- */

static int put_sql(struct buf *b, struct span sql)
{
	struct span rest = sql, line, key, value;
	int r = 0;

	for (const char *begin = sql.p; r == 0 && next_line(&rest, &line); begin = rest.p) {
		size_t n = rest.p ? (size_t)(rest.p - begin) : (size_t)(sql.p + sql.n - begin);

		if (!is_keyed(line, &key, &value) || !span_eq(key, "name"))
			r = buf_add(b, begin, n);
		if (!rest.p)
			return r;
	}
	if (r == 0)
		r = buf_add(b, rest.p, rest.n);
	return r < 0 ? r : buf_putc(b, '\n');
}

static struct span cut(struct span s, size_t max)
{
	if (s.n > max)
		for (s.n = max; s.n && (s.p[s.n] & 0xc0) == 0x80;)
			s.n--;
	return s;
}

int importhead_put(struct buf *b, const struct import_text *t)
{
	struct span title = span_trim(t->title), about = span_trim(t->about);
	bool described = title.n == 0 && about.n > 0 && about.n <= TITLE_MAX;
	struct span sql = span_trim(t->sql);
	int r = 0;

	if (described)
		title = about;
	if (title.n == 0)
		title = first_words(sql);
	if (title.n > TITLE_MAX && about.n == 0)
		about = title;
	if (!import_head_value(sql, "title").p)
		r = put_key(b, "title", cut(title, TITLE_MAX), NULL);
	if (r == 0)
		r = put_key(b, "tags", cut(t->tags, TITLE_MAX), NULL);
	if (r == 0 && !import_head_value(sql, "attack").p)
		r = put_attack(b, t);
	if (r == 0 && !import_head_value(sql, "platform").p)
		r = put_key(b, "platform", cut(t->platform, TITLE_MAX), NULL);
	if (r == 0 && !described)
		r = put_key(b, "about", cut(about, IMPORTHEAD_ABOUT_MAX), "\n--   ");
	if (r == 0 && b->len)
		r = buf_putc(b, '\n');
	return r < 0 ? r : put_sql(b, sql);
}
