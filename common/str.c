/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/str.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct span span_str(const char *s)
{
	return (struct span){s, strlen(s)};
}

bool span_eq(struct span a, const char *s)
{
	return strlen(s) == a.n && memcmp(a.p, s, a.n) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span span_trim(struct span s)
{
	while (s.n && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool span_split(struct span *rest, char sep, struct span *ret)
{
	const char *at;

	if (!rest->p)
		return false;
	at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
	if (!at) {
		*ret = *rest;
		*rest = (struct span){NULL, 0};
		return true;
	}
	*ret = (struct span){rest->p, (size_t)(at - rest->p)};
	rest->n -= ret->n + 1;
	rest->p = at + 1;
	return true;
}

bool span_word(struct span *rest, struct span *ret)
{
	size_t n = 0;

	while (rest->n && is_blank(rest->p[0]))
		*rest = (struct span){rest->p + 1, rest->n - 1};
	while (n < rest->n && !is_blank(rest->p[n]))
		n++;
	*ret = (struct span){rest->p, n};
	if (n)
		*rest = (struct span){rest->p + n, rest->n - n};
	return n > 0;
}

bool span_skip(struct span *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->n < n || memcmp(s->p, prefix, n) != 0)
		return false;
	*s = (struct span){s->p + n, s->n - n};
	return true;
}

char *span_dup(struct span s)
{
	char *p = malloc(s.n + 1);

	if (!p)
		return NULL;
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

int str_copy(char *dst, size_t size, const char *src)
{
	size_t n = strlen(src);

	if (n >= size) {
		if (size)
			dst[0] = '\0';
		return -ENAMETOOLONG;
	}
	memcpy(dst, src, n + 1);
	return 0;
}

char *str_printf(const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return NULL;
	p = malloc((size_t)n + 1);
	if (!p)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

int parse_span(struct span s, int base, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.n == 0)
		return -EINVAL;
	for (size_t i = 0; i < s.n; i++) {
		int d = digit_value(s.p[i]);

		if (d >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) ||
			__builtin_add_overflow(v, (uint64_t)d, &v) || v > max)
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

int parse_uint(const char *s, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t v;
	int r = parse_span(span_str(s), 10, max, &v);

	if (r < 0)
		return r;
	if (v < min)
		return -ERANGE;
	*ret = v;
	return 0;
}

int parse_int(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = s[0] == '-';
	uint64_t v;
	int64_t i;
	int r = parse_span(span_str(s + negative), 10, (uint64_t)INT64_MAX + negative, &v);

	if (r < 0)
		return r;
	/* -v without overflow at INT64_MIN. */
	i = negative ? (v ? -(int64_t)(v - 1) - 1 : 0) : (int64_t)v;
	if (i < min || i > max)
		return -ERANGE;
	*ret = i;
	return 0;
}

int parse_real(const char *s, double min, double max, double *ret)
{
	char *end;
	double v;

	/* strtod would also take blanks, hexadecimal, "inf" and "nan". */
	if (s[0] == '\0' || s[strspn(s, "0123456789.eE+-")] != '\0' || s[0] == '+')
		return -EINVAL;
	v = strtod(s, &end);
	if (*end != '\0' || end == s)
		return -EINVAL;
	if (!isfinite(v) || v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int array_grow(void *p, size_t *cap, size_t need, size_t size, size_t max)
{
	size_t n = *cap + *cap / 2;
	void *old, *now;

	if (need <= *cap)
		return 0;
	if (need > max || max > SIZE_MAX / 2 / size)
		return -E2BIG;
	if (n < 8)
		n = 8;
	if (n < need)
		n = need;
	if (n > max)
		n = max;
	/* `p` points to a pointer of any type: its bytes are what we may touch. */
	memcpy(&old, p, sizeof(old));
	now = realloc(old, n * size);
	if (!now)
		return -ENOMEM;
	memcpy(p, &now, sizeof(now));
	*cap = n;
	/* cppcheck-suppress memleak ; it lives on in *p */
	return 0;
}

/* Names longer than this are not compared. */
#define NEAREST_MAX 64
/* Letters that name what they begin. */
#define BEGUN_MIN 3

/* Edits (insert, delete, replace) from a to b. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NEAREST_MAX + 1], n = strlen(a), m = strlen(b);

	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] > row[j - 1])
				row[j] = row[j - 1];
			row[j]++;
			if (row[j] > change)
				row[j] = change;
		}
	}
	return row[m];
}

const char *str_nearest(const char *s, const char *const *names)
{
	size_t n = strlen(s), best = n / 3 + 1;
	const char *ret = NULL, *longer = NULL;

	if (n > NEAREST_MAX)
		return NULL;
	for (; *names; names++) {
		size_t d;

		if (strlen(*names) > NEAREST_MAX)
			continue;
		d = distance(s, *names);
		if (d < best) {
			best = d;
			ret = *names;
		}
		if (n >= BEGUN_MIN && strncmp(*names, s, n) == 0 &&
			(!longer || strlen(*names) < strlen(longer)))
			longer = *names;
	}
	return longer && best > 1 ? longer : ret;
}
