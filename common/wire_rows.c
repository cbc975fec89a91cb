/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Row lines in one pass: strings are unescaped where they stand, cells point into the line. Every
 * read_* takes the place where its thing begins and returns the place behind it, or NULL after
 * fail(). What it takes for well-formed, jansson does as well (tests/fuzz/common_rows.c).
 */
#include "common/wire.h"

#include "common/base64.h"
#include "common/json.h"
#include "common/json_scan.h"
#include "common/str.h"
#include "common/text.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Digits that always fit 64 bits unsigned. */
#define DIGITS_MAX 19

struct reader {
	char *start, *end; /* of the line */
	struct wire_rows *rows;
	char *at; /* where it failed */
	int code; /* positive errno */
	const char *why;
};

static char *fail(struct reader *r, char *at, int code, const char *why)
{
	r->at = at;
	r->code = code;
	r->why = why;
	return NULL;
}

/* What stands at `p` is not what JSON has there. */
static char *malformed(struct reader *r, char *p)
{
	return fail(r, p, EBADMSG, p == r->end ? "it ends too early" : "wrong syntax");
}

static inline bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static inline char *skip_space(struct reader *r, char *p)
{
	while (p < r->end && unlikely(is_space(*p)))
		p++;
	return p;
}

/* Blanks, `c`, blanks. */
static inline char *expect(struct reader *r, char *p, char c)
{
	p = skip_space(r, p);
	if (unlikely(p == r->end || *p != c))
		return malformed(r, p);
	return skip_space(r, p + 1);
}

/* ---- Strings ---- */

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \uXXXX at `p`: its value, or -1. */
static int32_t hex_escape(const char *p, const char *end)
{
	int32_t v = 0;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		int d = hex_digit(p[i]);

		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

static char *read_hex_escape(struct reader *r, char *p, char **to)
{
	int32_t v = hex_escape(p, r->end), low;

	if (v < 0)
		return fail(r, p, EBADMSG, "wrong escape in a string");
	if (v >= 0xd800 && v <= 0xdfff) {
		low = v < 0xdc00 ? hex_escape(p + 6, r->end) : -1;
		if (low < 0xdc00 || low > 0xdfff)
			return fail(r, p, EBADMSG, "half a surrogate pair");
		v = 0x10000 + ((v - 0xd800) << 10) + (low - 0xdc00);
		p += 6;
	}
	*to += utf8_encode((uint32_t)v, *to);
	return p + 6;
}

/* `p` stands at the backslash; what it means is shorter than the escape, so it fits at *to. */
static char *read_escape(struct reader *r, char *p, char **to)
{
	static const char from[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (r->end - p < 2)
		return malformed(r, r->end);
	if (p[1] == 'u')
		return read_hex_escape(r, p, to);
	at = memchr(from, p[1], sizeof(from) - 1);
	if (!at)
		return fail(r, p, EBADMSG, "wrong escape in a string");
	*(*to)++ = meant[at - from];
	return p + 2;
}

static char *read_wide(struct reader *r, char *p, char **to)
{
	uint32_t cp;
	size_t len = utf8_decode(p, (size_t)(r->end - p), &cp);

	if (!len)
		return fail(r, p, EBADMSG, "bytes that are not UTF-8");
	memmove(*to, p, len);
	*to += len;
	return p + len;
}

/* The rest of a string whose first byte that is not plain stands at `p`; moved to `to`. */
static char *read_odd_string(struct reader *r, char *p, char **to)
{
	while (p && p < r->end && *p != '"') {
		const char *run;

		if (*p == '\\')
			p = read_escape(r, p, to);
		else if ((signed char)*p < 0)
			p = read_wide(r, p, to);
		else
			return fail(r, p, EBADMSG, "a control character in a string");
		if (!p)
			return NULL;
		run = json_scan_plain(p, r->end);
		memmove(*to, p, (size_t)(run - p));
		*to += run - p;
		p += run - p;
	}
	if (p == r->end)
		return malformed(r, p);
	return p ? p + 1 : NULL;
}

/* `p` stands behind the opening quote. */
static inline char *read_string(struct reader *r, char *p, char **ret, size_t *ret_n)
{
	char *plain_end = p + (json_scan_plain(p, r->end) - p), *to = plain_end;

	*ret = p;
	if (likely(plain_end < r->end && *plain_end == '"')) {
		*ret_n = (size_t)(plain_end - p);
		return plain_end + 1;
	}
	p = read_odd_string(r, plain_end, &to);
	*ret_n = (size_t)(to - *ret);
	return p;
}

/* ---- Numbers ---- */

struct number {
	char *start;
	bool negative;
	uint64_t digits; /* all digits, the point left out; whole while n_digits <= DIGITS_MAX */
	size_t n_digits;
	int64_t exponent; /* of ten */
};

static char *read_digits(struct reader *r, char *p, struct number *x)
{
	char *from = p;

	for (; p < r->end && is_digit(*p); p++)
		x->digits = x->digits * 10 + (uint64_t)(*p - '0');
	x->n_digits += (size_t)(p - from);
	return p == from ? malformed(r, p) : p;
}

/* The digits behind e or E. */
static char *read_exponent(struct reader *r, char *p, struct number *x)
{
	struct number e = {.negative = p < r->end && *p == '-'};

	if (p < r->end && (*p == '-' || *p == '+'))
		p++;
	p = read_digits(r, p, &e);
	if (p && e.n_digits < DIGITS_MAX)
		x->exponent += e.negative ? -(int64_t)e.digits : (int64_t)e.digits;
	else
		x->exponent = INT64_MAX;
	return p;
}

/* Right when both the digits and the power of ten are doubles without loss. */
static bool exact(const struct number *x, double *ret)
{
	static const double tens[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	const int64_t max = (int64_t)ARRAY_LEN(tens) - 1;
	double v = (double)x->digits;

	if (FLT_EVAL_METHOD != 0 || x->n_digits > 15 || x->exponent < -max || x->exponent > max)
		return false;
	v = x->exponent < 0 ? v / tens[-x->exponent] : v * tens[x->exponent];
	*ret = x->negative ? -v : v;
	return true;
}

static char *read_real(struct reader *r, char *p, struct number *x, struct cell *c)
{
	char *from = p;

	if (*p == '.') {
		p = read_digits(r, p + 1, x);
		if (!p)
			return NULL;
		x->exponent = from + 1 - p;
	}
	if (p < r->end && (*p == 'e' || *p == 'E'))
		p = read_exponent(r, p + 1, x);
	/* strtod must meet something that ends the number. */
	if (!p || p == r->end)
		return p ? malformed(r, p) : NULL;
	c->type = CELL_REAL;
	/* newlocale gives the one C locale there is, without making anything. */
	if (!exact(x, &c->r))
		c->r = strtod_l(x->start, NULL, newlocale(LC_ALL_MASK, "C", (locale_t)0));
	return isinf(c->r) ? fail(r, from, EBADMSG, "a number is out of range") : p;
}

static inline char *read_number(struct reader *r, char *p, struct cell *c)
{
	struct number x = {.start = p, .negative = *p == '-'};
	char *from = p += x.negative;

	p = read_digits(r, p, &x);
	if (unlikely(!p))
		return NULL;
	if (unlikely(*from == '0' && x.n_digits > 1))
		return malformed(r, from);
	if (unlikely(p < r->end && (*p == '.' || (*p | 0x20) == 'e')))
		return read_real(r, p, &x, c);
	if (unlikely(x.n_digits > DIGITS_MAX || x.digits > (uint64_t)INT64_MAX + x.negative))
		return fail(r, from, EBADMSG, "a number is out of range");
	c->type = CELL_INT;
	c->i = (int64_t)(x.negative ? -x.digits : x.digits);
	return p;
}

/* ---- Values that nobody asked for ---- */

static char *read_word(struct reader *r, char *p, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - p) < n || memcmp(p, word, n) != 0)
		return malformed(r, p);
	return p + n;
}

/* A member's name and the colon. */
static char *read_name(struct reader *r, char *p, char **ret, size_t *ret_n)
{
	char *from = p;

	if (p == r->end || *p != '"')
		return malformed(r, p);
	p = read_string(r, p + 1, ret, ret_n);
	if (!p)
		return NULL;
	if (memchr(*ret, '\0', *ret_n))
		return fail(r, from, EBADMSG, "a NUL in a member's name");
	return expect(r, p, ':');
}

static char *skip_value(struct reader *r, char *p, unsigned depth);

/* An object or array, `p` at its bracket; `depth` counts those it stands in. */
static char *skip_group(struct reader *r, char *p, unsigned depth)
{
	bool object = *p == '{';
	char last = object ? '}' : ']';
	char *name;
	size_t n;

	if (depth == JSON_DEPTH_MAX)
		return fail(r, p, EMLINK, "nested too deeply");
	p = skip_space(r, p + 1);
	if (p < r->end && *p == last)
		return p + 1;
	for (;;) {
		if (object)
			p = read_name(r, p, &name, &n);
		if (p)
			p = skip_value(r, p, depth + 1);
		if (!p)
			return NULL;
		p = skip_space(r, p);
		if (p < r->end && *p == last)
			return p + 1;
		p = expect(r, p, ',');
		if (!p)
			return NULL;
	}
}

static char *skip_value(struct reader *r, char *p, unsigned depth)
{
	struct cell number;
	char *text;
	size_t n;

	if (p == r->end)
		return malformed(r, p);
	switch (*p) {
	case '"':
		return read_string(r, p + 1, &text, &n);
	case '{':
	case '[':
		return skip_group(r, p, depth);
	case 'n':
		return read_word(r, p, "null");
	case 't':
		return read_word(r, p, "true");
	case 'f':
		return read_word(r, p, "false");
	default:
		return read_number(r, p, &number);
	}
}

/* ---- Rows ---- */

/* {"b64":"…"} */
static char *read_bytes(struct reader *r, char *p, struct cell *c)
{
	static const char why[] = "a cell is neither a plain value nor {\"b64\":\"…\"}";
	char *from = p, *name, *text;
	size_t n;
	ssize_t got;

	p = skip_space(r, p + 1);
	if (p < r->end && *p == '}')
		return fail(r, from, EPROTO, why);
	p = read_name(r, p, &name, &n);
	if (!p)
		return NULL;
	if (n != 3 || memcmp(name, "b64", 3) != 0 || p == r->end || *p != '"')
		return fail(r, from, EPROTO, why);
	p = read_string(r, p + 1, &text, &n);
	if (!p)
		return NULL;
	got = base64_decode(text, text, n);
	if (got < 0)
		return fail(r, from, EPROTO, "a cell's `b64` is not base64");
	*c = (struct cell){.type = CELL_BLOB, .n = (uint32_t)got, .p = text};
	p = skip_space(r, p);
	if (p < r->end && *p == ',')
		return fail(r, from, EPROTO, why);
	return p < r->end && *p == '}' ? p + 1 : malformed(r, p);
}

static inline char *read_cell(struct reader *r, char *p, struct cell *c)
{
	char *text;
	size_t n;

	if (unlikely(p == r->end))
		return malformed(r, p);
	if (*p == '"') {
		p = read_string(r, p + 1, &text, &n);
		c->type = CELL_TEXT;
		c->n = (uint32_t)n;
		c->p = text;
		return p;
	}
	if (likely(is_digit(*p) || *p == '-'))
		return read_number(r, p, c);
	if (*p == 'n') {
		c->type = CELL_NULL;
		return read_word(r, p, "null");
	}
	if (*p == '{')
		return read_bytes(r, p, c);
	if (*p == 't' || *p == 'f' || *p == '[')
		return fail(r, p, EPROTO, "a cell is neither a plain value nor {\"b64\":\"…\"}");
	return malformed(r, p);
}

/* The next cell's place in the array, or NULL. */
static inline struct cell *new_cell(struct reader *r, char *p)
{
	struct wire_rows *rows = r->rows;

	if (unlikely(rows->n_cells == rows->cap) &&
		array_grow(&rows->cells, &rows->cap, rows->n_cells + 1, sizeof(*rows->cells),
			WIRE_REPLY_MAX) < 0) {
		fail(r, p, ENOMEM, "out of memory");
		return NULL;
	}
	return &rows->cells[rows->n_cells++];
}

/* `p` stands behind the row's bracket. */
static char *read_row(struct reader *r, char *p)
{
	size_t left = r->rows->n_rows ? r->rows->n_cols : WIRE_COLUMNS_MAX, max = left;
	char *from = p;

	p = skip_space(r, p);
	if (p < r->end && *p == ']')
		return fail(r, p, EPROTO, "a row without cells");
	for (;; left--) {
		struct cell *c;

		if (unlikely(left == 0))
			return fail(r, from, EPROTO, "a row with too many cells");
		c = new_cell(r, p);
		p = c ? read_cell(r, p, c) : NULL;
		if (unlikely(!p))
			return NULL;
		p = skip_space(r, p);
		if (unlikely(p == r->end || *p != ','))
			break;
		p = skip_space(r, p + 1);
	}
	if (unlikely(p == r->end || *p != ']'))
		return malformed(r, p);
	if (r->rows->n_rows++ == 0)
		r->rows->n_cols = max - left + 1;
	else if (unlikely(left != 1))
		return fail(r, from, EPROTO, "a row with too few cells");
	return p + 1;
}

static char *read_rows(struct reader *r, char *p)
{
	if (p == r->end || *p != '[')
		return fail(r, p, EPROTO, "`rows` is not an array");
	p = skip_space(r, p + 1);
	if (p < r->end && *p == ']')
		return p + 1;
	for (;;) {
		if (unlikely(p == r->end || *p != '['))
			return fail(r, p, EPROTO, "a row is not an array");
		p = read_row(r, p + 1);
		if (unlikely(!p))
			return NULL;
		p = skip_space(r, p);
		if (p < r->end && *p == ']')
			return p + 1;
		p = expect(r, p, ',');
		if (unlikely(!p))
			return NULL;
	}
}

/* ---- The line ---- */

struct members {
	bool op, id, rows;
	int64_t id_value;
};

static char *read_id(struct reader *r, char *p, int64_t *ret)
{
	struct cell c = {.type = CELL_NULL};
	char *from = p;

	if (p == r->end || (!is_digit(*p) && *p != '-'))
		return fail(r, p, EPROTO, "`id` is not an integer from 0 to 2^53");
	p = read_number(r, p, &c);
	if (p && (c.type != CELL_INT || c.i < 0 || c.i > WIRE_ID_MAX))
		return fail(r, from, EPROTO, "`id` is not an integer from 0 to 2^53");
	*ret = c.i;
	return p;
}

static char *read_member(struct reader *r, char *p, struct members *m)
{
	bool twice = false;
	char *name, *from = p;
	size_t n;

	p = read_name(r, p, &name, &n);
	if (!p)
		return NULL;
	if (n == 2 && memcmp(name, "op", 2) == 0) {
		twice = m->op;
		m->op = true;
		p = skip_value(r, p, 1);
	} else if (n == 2 && memcmp(name, "id", 2) == 0) {
		twice = m->id;
		m->id = true;
		p = read_id(r, p, &m->id_value);
	} else if (n == 4 && memcmp(name, "rows", 4) == 0) {
		twice = m->rows;
		m->rows = true;
		p = twice ? p : read_rows(r, p);
	} else {
		p = skip_value(r, p, 1);
	}
	return twice ? fail(r, from, EBADMSG, "a member stands twice") : p;
}

static char *read_line(struct reader *r, struct members *m)
{
	char *p = expect(r, r->start, '{');

	while (p) {
		p = read_member(r, p, m);
		if (!p)
			return NULL;
		p = skip_space(r, p);
		if (p < r->end && *p == '}')
			break;
		p = expect(r, p, ',');
	}
	if (!p)
		return NULL;
	p = skip_space(r, p + 1);
	if (p < r->end)
		return fail(r, p, EBADMSG, "something follows its end");
	if (!m->id)
		return fail(r, p, EPROTO, "`id` is missing");
	return m->rows ? p : fail(r, p, EPROTO, "`rows` is missing");
}

/* Is the string at `p`, of which only \u can hide a letter, this word? `p` is behind the quote. */
static bool string_is(const char *p, const char *end, const char *word)
{
	for (; *word; word++) {
		if (p < end && *p == *word)
			p++;
		else if (hex_escape(p, end) == *word)
			p += 6;
		else
			return false;
	}
	return p < end && *p == '"';
}

/* Passes over one value without looking closely. */
static const char *pass_value(const char *p, const char *end)
{
	size_t depth = 0;

	while (p < end) {
		char c = *p;

		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			break;
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		p = c == '"' ? json_string_end(p + 1, end) : p + 1;
	}
	return p;
}

static const char *pass_space(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

/* Is the first `op` of this object "rows"? Changes nothing; malformed lines may give either. */
static bool is_rows(const char *p, const char *end)
{
	static const char usual[] = "{\"op\":\"rows\",";

	if ((size_t)(end - p) > sizeof(usual) && memcmp(p, usual, sizeof(usual) - 1) == 0)
		return true;
	p = pass_space(p, end);
	if (p == end || *p != '{')
		return false;
	while (p < end && (*p == '{' || *p == ',')) {
		bool op;

		p = pass_space(p + 1, end);
		if (p == end || *p != '"')
			return false;
		op = string_is(p + 1, end, "op");
		p = pass_space(json_string_end(p + 1, end), end);
		if (p == end || *p != ':')
			return false;
		p = pass_space(p + 1, end);
		if (op)
			return p < end && *p == '"' && string_is(p + 1, end, "rows");
		p = pass_value(p, end);
	}
	return false;
}

int wire_rows_read(char *p, size_t n, int64_t *ret_id, struct wire_rows *ret, struct err *err)
{
	struct reader r = {.start = p, .end = p + n, .rows = ret};
	struct members m = {.op = false};

	if (n > WIRE_REPLY_MAX)
		return err_set(err, EMSGSIZE, "longer than %u bytes", WIRE_REPLY_MAX);
	if (!is_rows(p, p + n))
		return 0;
	ret->n_rows = ret->n_cols = ret->n_cells = 0;
	if (read_line(&r, &m)) {
		*ret_id = m.id_value;
		return 1;
	}
	ret->n_rows = ret->n_cols = ret->n_cells = 0;
	return err_set(err, r.code, "%s%s, near byte %zu", r.code == EBADMSG ? "not JSON: " : "",
		r.why, (size_t)(r.at - r.start));
}

void wire_rows_free(struct wire_rows *r)
{
	if (!r)
		return;
	free(r->cells);
	*r = (struct wire_rows){.cells = NULL};
}
