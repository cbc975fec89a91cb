/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Private to common/: JSON read in one pass, without a tree. Strings are unescaped where they
 * stand, so the text is written to. Strict (RFC 8259): what is taken for well-formed, jansson takes
 * as well (tests/fuzz/common_rows.c).
 *
 * Every function takes the place where its thing begins, never outside [start, end], and returns
 * the place behind it, or NULL after json_fail().
 */
#ifndef COMMON_JSON_READER_H
#define COMMON_JSON_READER_H

#include "common/cell.h"
#include "common/json_scan.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

struct json_reader {
	char *start, *end;
	char *at; /* where it failed */
	int code; /* positive errno: EBADMSG not JSON, EMLINK, or the caller's own */
	const char *why;
};

/* Keeps the reason; returns NULL. */
char *json_fail(struct json_reader *r, char *at, int code, const char *why);
/* What stands at `p` is not what JSON has there. */
char *json_malformed(struct json_reader *r, char *p);

static inline bool json_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline bool json_is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static inline char *json_space(struct json_reader *r, char *p)
{
	while (p < r->end && unlikely(json_is_space(*p)))
		p++;
	return p;
}

/* Blanks, `c`, blanks. */
static inline char *json_expect(struct json_reader *r, char *p, char c)
{
	p = json_space(r, p);
	if (unlikely(p == r->end || *p != c))
		return json_malformed(r, p);
	return json_space(r, p + 1);
}

/* \uXXXX at `p`: its value, or -1. */
int32_t json_hex_escape(const char *p, const char *end);
/* The rest of a string whose first byte that is not plain stands at `p`; moved to `*to`. */
char *json_read_odd_string(struct json_reader *r, char *p, char **to);

/* `p` stands behind the opening quote. */
static inline char *json_read_string(struct json_reader *r, char *p, char **ret, size_t *ret_n)
{
	char *plain_end = p + (json_scan_plain(p, r->end) - p), *to = plain_end;

	*ret = p;
	if (likely(plain_end < r->end && *plain_end == '"')) {
		*ret_n = (size_t)(plain_end - p);
		return plain_end + 1;
	}
	p = json_read_odd_string(r, plain_end, &to);
	*ret_n = (size_t)(to - *ret);
	return p;
}

/* Digits that always fit 64 bits unsigned. */
#define JSON_DIGITS_MAX 19

struct json_number {
	char *start;
	bool negative;
	uint64_t digits; /* without the point; whole up to JSON_DIGITS_MAX of them */
	size_t n_digits;
	int64_t exponent; /* of ten */
};

static inline char *json_read_digits(struct json_reader *r, char *p, struct json_number *x)
{
	char *from = p;

	for (; p < r->end && json_is_digit(*p); p++)
		x->digits = x->digits * 10 + (uint64_t)(*p - '0');
	x->n_digits += (size_t)(p - from);
	return p == from ? json_malformed(r, p) : p;
}

/* Goes on where digits are followed by a point or an exponent. */
char *json_read_real(struct json_reader *r, char *p, struct json_number *x, struct cell *c);

/* CELL_INT or CELL_REAL. */
static inline char *json_read_number(struct json_reader *r, char *p, struct cell *c)
{
	struct json_number x = {.start = p, .negative = *p == '-'};
	char *from = p += x.negative;

	p = json_read_digits(r, p, &x);
	if (unlikely(!p))
		return NULL;
	if (unlikely(*from == '0' && x.n_digits > 1))
		return json_malformed(r, from);
	if (unlikely(p < r->end && (*p == '.' || (*p | 0x20) == 'e')))
		return json_read_real(r, p, &x, c);
	if (unlikely(x.n_digits > JSON_DIGITS_MAX || x.digits > (uint64_t)INT64_MAX + x.negative))
		return json_fail(r, from, EBADMSG, "a number is out of range");
	c->type = CELL_INT;
	c->i = (int64_t)(x.negative ? -x.digits : x.digits);
	return p;
}

/* `word` itself. */
char *json_read_word(struct json_reader *r, char *p, const char *word);
/* A member's name, the colon and the blanks around it. */
char *json_read_name(struct json_reader *r, char *p, char **ret, size_t *ret_n);
/* Any value; `depth` counts the objects and arrays it stands in (JSON_DEPTH_MAX). */
char *json_skip_value(struct json_reader *r, char *p, unsigned depth);

#endif
