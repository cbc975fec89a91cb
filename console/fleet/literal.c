/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every read_* takes what its kind of literal is off the front of l->rest and gives a value: 0,
 * -EINVAL when it is none, -ENOMEM.
 */
#include "console/fleet/literal.h"

#include "common/buf.h"
#include "common/text.h"

#include <errno.h>
#include <float.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct literal {
	const char *p, *end;
	unsigned depth;
};

static int read_value(struct literal *l, json_t **ret);

static void skip_blanks(struct literal *l)
{
	while (l->p < l->end && (*l->p == ' ' || *l->p == '\t' || *l->p == '\f'))
		l->p++;
}

static bool take(struct literal *l, char c)
{
	skip_blanks(l);
	if (l->p == l->end || *l->p != c)
		return false;
	l->p++;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
	return is_digit(c) || c == '_' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       (unsigned char)c >= 0x80;
}

static int give(json_t *value, json_t **ret)
{
	*ret = value;
	return value ? 0 : -ENOMEM;
}

/* ---- Numbers ---- */

/* Copies digits, which single underscores may part; false when there is none. */
static bool copy_digits(struct literal *l, struct buf *b, int *ret_r)
{
	bool any = false;

	for (; l->p < l->end && *ret_r == 0; l->p++) {
		bool between = any && *l->p == '_' && l->end - l->p > 1 && is_digit(l->p[1]);

		if (between)
			continue;
		if (!is_digit(*l->p))
			break;
		any = true;
		*ret_r = buf_putc(b, *l->p);
	}
	return any;
}

/* The text of a decimal number as C reads it; *ret_real: it has a point or an exponent. */
static int copy_number(struct literal *l, struct buf *b, bool *ret_real)
{
	int r = 0;
	bool any = copy_digits(l, b, &r);

	if (r == 0 && l->p < l->end && *l->p == '.') {
		*ret_real = true;
		r = buf_putc(b, *l->p++);
		any |= copy_digits(l, b, &r);
	}
	if (r == 0 && any && l->p < l->end && (*l->p | 0x20) == 'e') {
		*ret_real = true;
		r = buf_putc(b, *l->p++);
		if (r == 0 && l->p < l->end && (*l->p == '+' || *l->p == '-'))
			r = buf_putc(b, *l->p++);
		any = copy_digits(l, b, &r);
	}
	return r < 0 ? r : any ? 0 : -EINVAL;
}

/* 0x1f, 0o17, 0b11 */
static int read_based(struct literal *l, bool negative, json_t **ret)
{
	int base = (l->p[1] | 0x20) == 'x' ? 16 : (l->p[1] | 0x20) == 'o' ? 8 : 2;
	uint64_t v = 0;
	size_t n = 0;

	for (l->p += 2; l->p < l->end && is_name(*l->p); l->p++, n++) {
		/* One may stand before each digit. */
		char c = *l->p == '_' && l->end - l->p > 1 ? *++l->p : *l->p;
		int d = is_digit(c) ? c - '0' : (c | 0x20) >= 'a' ? (c | 0x20) - 'a' + 10 : base;

		if (d >= base || (unsigned char)c >= 0x80)
			return -EINVAL;
		v = v * (uint64_t)base + (uint64_t)d;
		if (v > INT64_MAX)
			return -EINVAL;
	}
	return n ? give(json_integer(negative ? -(json_int_t)v : (json_int_t)v), ret) : -EINVAL;
}

static int make_number(const char *text, bool real, bool negative, json_t **ret)
{
	uint64_t u;
	double d;

	if (real) {
		/* What is infinite JSON cannot say. */
		if (parse_real(text, -DBL_MAX, DBL_MAX, &d) < 0)
			return -EINVAL;
		return give(json_real(negative ? -d : d), ret);
	}
	/* 007 is none, but 000 is. */
	if (text[0] == '0' && strspn(text, "0") != strlen(text))
		return -EINVAL;
	if (parse_uint(text, 0, INT64_MAX, &u) < 0)
		return -EINVAL;
	return give(json_integer(negative ? -(json_int_t)u : (json_int_t)u), ret);
}

static int read_number(struct literal *l, json_t **ret)
{
	bool negative = *l->p == '-', real = false;
	struct buf b;
	int r;

	if (*l->p == '-' || *l->p == '+')
		l->p++;
	skip_blanks(l);
	if (l->end - l->p > 2 && l->p[0] == '0' && strchr("xXoObB", l->p[1]))
		return read_based(l, negative, ret);
	buf_init(&b, 400);
	r = copy_number(l, &b, &real);
	/* Addresses are none. */
	if (r == -EMSGSIZE || (r == 0 && l->p < l->end && (is_name(*l->p) || *l->p == '.')))
		r = -EINVAL;
	if (r == 0)
		r = make_number(buf_str(&b), real, negative, ret);
	buf_done(&b);
	return r;
}

/* ---- Strings ---- */

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int add_char(struct buf *b, uint32_t cp)
{
	char out[4];

	/* Neither is text that anybody could use. */
	if (cp == 0 || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return -EINVAL;
	return buf_add(b, out, utf8_encode(cp, out));
}

/* \xHH, \uHHHH, \UHHHHHHHH: `n` digits. */
static int read_hex(struct literal *l, int n, struct buf *b)
{
	uint32_t cp = 0;

	for (int i = 0; i < n; i++) {
		int d = l->p < l->end ? hex_value(*l->p++) : -1;

		if (d < 0)
			return -EINVAL;
		cp = cp << 4 | (uint32_t)d;
	}
	return add_char(b, cp);
}

static int read_octal(struct literal *l, struct buf *b)
{
	uint32_t cp = 0;

	for (int i = 0; i < 3 && l->p < l->end && *l->p >= '0' && *l->p <= '7'; i++)
		cp = cp << 3 | (uint32_t)(*l->p++ - '0');
	return add_char(b, cp);
}

/* l->p stands behind the backslash. */
static int read_escape(struct literal *l, struct buf *b)
{
	static const char from[] = "\\'\"abfnrtv", to[] = "\\'\"\a\b\f\n\r\t\v";
	char c = l->p < l->end ? *l->p : '\0';
	const char *at = c ? strchr(from, c) : NULL;

	if (c >= '0' && c <= '7')
		return read_octal(l, b);
	/* Characters by their Unicode names: left as they are. */
	if (!c || c == 'N')
		return -EINVAL;
	l->p++;
	if (at)
		return buf_putc(b, to[at - from]);
	if (c == 'x' || c == 'u' || c == 'U')
		return read_hex(l, c == 'x' ? 2 : c == 'u' ? 4 : 8, b);
	/* One that means nothing stays. */
	return buf_add(b, (char[]){'\\', c}, 2);
}

/* One quoted string, added to `b`. */
static int read_quoted(struct literal *l, bool raw, struct buf *b)
{
	char quote = *l->p++;
	int r = 0;

	while (r == 0) {
		if (l->p == l->end)
			return -EINVAL;
		if (*l->p == quote)
			break;
		if (*l->p != '\\') {
			r = buf_putc(b, *l->p++);
		} else if (raw) {
			/* It keeps a quote from ending the string, and stays. */
			if (l->end - l->p < 2)
				return -EINVAL;
			r = buf_add(b, l->p, 2);
			l->p += 2;
		} else {
			l->p++;
			r = read_escape(l, b);
		}
	}
	l->p++;
	return r;
}

/* Length of a prefix such as r or u, when a quote follows; *ret_raw. */
static bool string_begins(const struct literal *l, size_t *ret_prefix, bool *ret_raw)
{
	char c = *l->p, next = l->end - l->p > 1 ? l->p[1] : '\0';
	bool prefixed = strchr("rRuU", c) && (next == '"' || next == '\'');

	*ret_prefix = prefixed;
	*ret_raw = prefixed && (c | 0x20) == 'r';
	return prefixed || c == '"' || c == '\'';
}

/* Strings that stand side by side are one. */
static int read_string(struct literal *l, json_t **ret)
{
	size_t prefix;
	struct buf b;
	bool raw;
	int r = 0;

	buf_init(&b, (size_t)(l->end - l->p) * 4);
	while (r == 0 && l->p < l->end && string_begins(l, &prefix, &raw)) {
		l->p += prefix;
		r = read_quoted(l, raw, &b);
		skip_blanks(l);
	}
	if (r == 0)
		r = give(json_stringn(buf_str(&b), b.len), ret);
	buf_done(&b);
	return r;
}

/* ---- Lists and dictionaries ---- */

/* Values up to `close`; *ret_comma: was there one? */
static int read_items(struct literal *l, char close, json_t *into, bool *ret_comma)
{
	while (!take(l, close)) {
		json_t *item;
		int r = read_value(l, &item);

		if (r < 0)
			return r;
		if (json_array_append_new(into, item) < 0)
			return -ENOMEM;
		if (take(l, ','))
			*ret_comma = true;
		else if (l->p == l->end || *l->p != close)
			return -EINVAL;
	}
	return 0;
}

static int read_list(struct literal *l, json_t **ret)
{
	bool tuple = *l->p++ == '(', comma = false;
	json_t *list = json_array();
	int r = list ? read_items(l, tuple ? ')' : ']', list, &comma) : -ENOMEM;

	if (r == 0 && tuple && !comma && json_array_size(list) == 1) {
		/* Brackets around one value. */
		*ret = json_incref(json_array_get(list, 0));
		json_decref(list);
		return 0;
	}
	if (r < 0)
		json_decref(list);
	else
		*ret = list;
	return r;
}

/* JSON knows keys that are text only: others become it, in its words. */
static const char *key_text(const json_t *key, char number[32])
{
	switch (json_typeof(key)) {
	case JSON_STRING:
		return json_string_value(key);
	case JSON_INTEGER:
		snprintf(number, 32, "%" JSON_INTEGER_FORMAT, json_integer_value(key));
		return number;
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	default:
		return json_is_null(key) ? "null" : NULL;
	}
}

static int set_item(json_t *into, json_t *key, json_t *value)
{
	char number[32];
	const char *name = key_text(key, number);
	int r = -EINVAL;

	if (name)
		r = json_object_set(into, name, value) < 0 ? -ENOMEM : 0;
	json_decref(key);
	json_decref(value);
	return r;
}

static int read_pairs(struct literal *l, json_t *into)
{
	while (!take(l, '}')) {
		json_t *key, *value;
		int r = read_value(l, &key);

		if (r < 0)
			return r;
		r = take(l, ':') ? read_value(l, &value) : -EINVAL;
		if (r < 0) {
			json_decref(key);
			return r;
		}
		r = set_item(into, key, value);
		if (r < 0)
			return r;
		if (!take(l, ',') && (l->p == l->end || *l->p != '}'))
			return -EINVAL;
	}
	return 0;
}

static int read_dictionary(struct literal *l, json_t **ret)
{
	json_t *object = json_object();
	int r;

	l->p++;
	r = object ? read_pairs(l, object) : -ENOMEM;
	if (r < 0)
		json_decref(object);
	else
		*ret = object;
	return r;
}

/* ---- Any value ---- */

static int read_word(struct literal *l, json_t **ret)
{
	const char *from = l->p;
	struct span word;

	while (l->p < l->end && is_name(*l->p))
		l->p++;
	word = (struct span){from, (size_t)(l->p - from)};
	if (span_eq(word, "True"))
		return give(json_true(), ret);
	if (span_eq(word, "False"))
		return give(json_false(), ret);
	return span_eq(word, "None") ? give(json_null(), ret) : -EINVAL;
}

static int read_value(struct literal *l, json_t **ret)
{
	size_t prefix;
	bool raw;
	int r;

	skip_blanks(l);
	if (l->p == l->end)
		return -EINVAL;
	if (string_begins(l, &prefix, &raw))
		return read_string(l, ret);
	if (is_digit(*l->p) || strchr("+-.", *l->p))
		return read_number(l, ret);
	if (!strchr("[({", *l->p))
		return read_word(l, ret);
	if (l->depth == LITERAL_DEPTH_MAX)
		return -EINVAL;
	l->depth++;
	r = *l->p == '{' ? read_dictionary(l, ret) : read_list(l, ret);
	l->depth--;
	return r;
}

/* What follows a value with a comma makes a list without brackets of it. */
static int read_bare_list(struct literal *l, json_t **value)
{
	json_t *list = json_array(), *item = *value;
	int r = list ? 0 : -ENOMEM;

	*value = list;
	if (r < 0) {
		json_decref(item);
		return r;
	}
	for (;;) {
		if (json_array_append_new(list, item) < 0)
			return -ENOMEM;
		skip_blanks(l);
		if (l->p == l->end || *l->p == '#')
			return 0;
		r = read_value(l, &item);
		if (r < 0)
			return r;
		if (!take(l, ',') && l->p < l->end && *l->p != '#') {
			json_decref(item);
			return -EINVAL;
		}
	}
}

static int read_all(struct literal *l, json_t **ret)
{
	json_t *value;
	int r = read_value(l, &value);

	if (r < 0)
		return r;
	if (take(l, ','))
		r = read_bare_list(l, &value);
	if (r == 0 && l->p < l->end && *l->p != '#')
		r = -EINVAL;
	if (r < 0)
		json_decref(value);
	else
		*ret = value;
	return r;
}

json_t *literal_read(struct span text)
{
	struct literal l = {.p = text.p, .end = text.p + text.n};
	json_t *value;
	int r = read_all(&l, &value);

	if (r == 0)
		return value;
	return r == -ENOMEM ? NULL : json_stringn(text.p, text.n);
}
