/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/json_reader.h"

#include "common/json.h"
#include "common/str.h"
#include "common/text.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

char *json_fail(struct json_reader *r, char *at, int code, const char *why)
{
	r->at = at;
	r->code = code;
	r->why = why;
	return NULL;
}

char *json_malformed(struct json_reader *r, char *p)
{
	return json_fail(r, p, EBADMSG, p == r->end ? "it ends too early" : "wrong syntax");
}

/* ---- Strings ---- */

static int hex_digit(char c)
{
	if (json_is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int32_t json_hex_escape(const char *p, const char *end)
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

static char *read_hex_escape(struct json_reader *r, char *p, char **to)
{
	int32_t v = json_hex_escape(p, r->end), low;

	if (v < 0)
		return json_fail(r, p, EBADMSG, "wrong escape in a string");
	if (v >= 0xd800 && v <= 0xdfff) {
		low = v < 0xdc00 ? json_hex_escape(p + 6, r->end) : -1;
		if (low < 0xdc00 || low > 0xdfff)
			return json_fail(r, p, EBADMSG, "half a surrogate pair");
		v = 0x10000 + ((v - 0xd800) << 10) + (low - 0xdc00);
		p += 6;
	}
	*to += utf8_encode((uint32_t)v, *to);
	return p + 6;
}

/* `p` stands at the backslash; what it means is shorter than the escape, so it fits at *to. */
static char *read_escape(struct json_reader *r, char *p, char **to)
{
	static const char from[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (r->end - p < 2)
		return json_malformed(r, r->end);
	if (p[1] == 'u')
		return read_hex_escape(r, p, to);
	at = memchr(from, p[1], sizeof(from) - 1);
	if (!at)
		return json_fail(r, p, EBADMSG, "wrong escape in a string");
	*(*to)++ = meant[at - from];
	return p + 2;
}

static char *read_wide(struct json_reader *r, char *p, char **to)
{
	uint32_t cp;
	size_t len = utf8_decode(p, (size_t)(r->end - p), &cp);

	if (!len)
		return json_fail(r, p, EBADMSG, "bytes that are not UTF-8");
	memmove(*to, p, len);
	*to += len;
	return p + len;
}

char *json_read_odd_string(struct json_reader *r, char *p, char **to)
{
	while (p && p < r->end && *p != '"') {
		const char *run;

		if (*p == '\\')
			p = read_escape(r, p, to);
		else if ((signed char)*p < 0)
			p = read_wide(r, p, to);
		else
			return json_fail(r, p, EBADMSG, "a control character in a string");
		if (!p)
			return NULL;
		run = json_scan_plain(p, r->end);
		memmove(*to, p, (size_t)(run - p));
		*to += run - p;
		p += run - p;
	}
	if (p == r->end)
		return json_malformed(r, p);
	return p ? p + 1 : NULL;
}

/* ---- Numbers ---- */

/* The digits behind e or E. */
static char *read_exponent(struct json_reader *r, char *p, struct json_number *x)
{
	struct json_number e = {.negative = p < r->end && *p == '-'};

	if (p < r->end && (*p == '-' || *p == '+'))
		p++;
	p = json_read_digits(r, p, &e);
	if (p && e.n_digits < JSON_DIGITS_MAX)
		x->exponent += e.negative ? -(int64_t)e.digits : (int64_t)e.digits;
	else
		x->exponent = INT64_MAX;
	return p;
}

/* Right when both the digits and the power of ten are doubles without loss. */
static bool exact(const struct json_number *x, double *ret)
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

char *json_read_real(struct json_reader *r, char *p, struct json_number *x, struct cell *c)
{
	char *from = p;

	if (*p == '.') {
		p = json_read_digits(r, p + 1, x);
		if (!p)
			return NULL;
		x->exponent = from + 1 - p;
	}
	if (p < r->end && (*p == 'e' || *p == 'E'))
		p = read_exponent(r, p + 1, x);
	/* strtod must meet something that ends the number. */
	if (!p || p == r->end)
		return p ? json_malformed(r, p) : NULL;
	c->type = CELL_REAL;
	/* newlocale gives the one C locale there is, without making anything. */
	if (!exact(x, &c->r))
		c->r = strtod_l(x->start, NULL, newlocale(LC_ALL_MASK, "C", (locale_t)0));
	return isinf(c->r) ? json_fail(r, from, EBADMSG, "a number is out of range") : p;
}

/* ---- Other values ---- */

char *json_read_word(struct json_reader *r, char *p, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - p) < n || memcmp(p, word, n) != 0)
		return json_malformed(r, p);
	return p + n;
}

char *json_read_name(struct json_reader *r, char *p, char **ret, size_t *ret_n)
{
	char *from = p;

	if (p == r->end || *p != '"')
		return json_malformed(r, p);
	p = json_read_string(r, p + 1, ret, ret_n);
	if (!p)
		return NULL;
	if (memchr(*ret, '\0', *ret_n))
		return json_fail(r, from, EBADMSG, "a NUL in a member's name");
	return json_expect(r, p, ':');
}

/* An object or array, `p` at its bracket; `depth` counts those it stands in. */
static char *skip_group(struct json_reader *r, char *p, unsigned depth)
{
	bool object = *p == '{';
	char last = object ? '}' : ']';
	char *name;
	size_t n;

	if (depth == JSON_DEPTH_MAX)
		return json_fail(r, p, EMLINK, "nested too deeply");
	p = json_space(r, p + 1);
	if (p < r->end && *p == last)
		return p + 1;
	for (;;) {
		if (object)
			p = json_read_name(r, p, &name, &n);
		if (p)
			p = json_skip_value(r, p, depth + 1);
		if (!p)
			return NULL;
		p = json_space(r, p);
		if (p < r->end && *p == last)
			return p + 1;
		p = json_expect(r, p, ',');
		if (!p)
			return NULL;
	}
}

char *json_skip_value(struct json_reader *r, char *p, unsigned depth)
{
	struct cell number;
	char *text;
	size_t n;

	if (p == r->end)
		return json_malformed(r, p);
	switch (*p) {
	case '"':
		return json_read_string(r, p + 1, &text, &n);
	case '{':
	case '[':
		return skip_group(r, p, depth);
	case 'n':
		return json_read_word(r, p, "null");
	case 't':
		return json_read_word(r, p, "true");
	case 'f':
		return json_read_word(r, p, "false");
	default:
		return json_read_number(r, p, &number);
	}
}
