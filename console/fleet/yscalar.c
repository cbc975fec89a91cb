/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What plain scalars mean. Underscores in numbers mean nothing; 1:30 counts in sixties. */
#include "console/fleet/ytree.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number is not longer than this; longer text stays text. */
#define NUMBER_MAX 64

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_one_of(struct span s, const char *const *words)
{
	for (; *words; words++) {
		if (span_eq(s, *words))
			return true;
	}
	return false;
}

/* A number without sign and underscores. */
struct number {
	bool negative;
	char text[NUMBER_MAX];
	size_t n;
};

static bool take_number(struct span s, struct number *ret)
{
	*ret = (struct number){.negative = *s.p == '-'};
	if (*s.p == '-' || *s.p == '+') {
		s.p++;
		s.n--;
	}
	/* What it begins with is no underscore. */
	if (s.n == 0 || s.n >= NUMBER_MAX || (!is_digit(*s.p) && *s.p != '.'))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '_')
			ret->text[ret->n++] = s.p[i];
	}
	return true;
}

/* ---- Integers ---- */

static bool read_digits(const struct number *m, size_t from, int base, int64_t *ret)
{
	uint64_t value = 0;

	if (from >= m->n)
		return false;
	for (size_t i = from; i < m->n; i++) {
		char c = m->text[i];
		int digit = is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;

		if ((!is_digit(c) && ((c | 0x20) < 'a' || (c | 0x20) > 'f')) || digit >= base)
			return false;
		if (value > (INT64_MAX - (uint64_t)digit) / (uint64_t)base)
			return false;
		value = value * (uint64_t)base + (uint64_t)digit;
	}
	*ret = m->negative ? -(int64_t)value : (int64_t)value;
	return true;
}

/* Parts of up to two digits below 60 behind the first. `end`: where they end. */
static bool read_sixties(const struct number *m, size_t end, int64_t *ret)
{
	int64_t value = 0;
	size_t i = 0, parts = 0;

	while (i < end) {
		const size_t most = parts ? 2 : 9;
		int64_t part = 0;
		size_t digits = 0;

		for (; i < end && is_digit(m->text[i]) && digits <= most; i++, digits++)
			part = part * 10 + (m->text[i] - '0');
		if (digits == 0 || digits > most || (parts && part > 59))
			return false;
		if (value > INT64_MAX / 120)
			return false;
		value = value * 60 + part;
		parts++;
		if (i < end && (m->text[i] != ':' || ++i == end))
			return false;
	}
	*ret = value;
	return parts > 1;
}

static bool read_int(struct span s, int64_t *ret)
{
	struct number m;
	bool ok;

	if (!take_number(s, &m))
		return false;
	if (m.n > 2 && m.text[0] == '0' && m.text[1] == 'b')
		return read_digits(&m, 2, 2, ret);
	if (m.n > 2 && m.text[0] == '0' && m.text[1] == 'x')
		return read_digits(&m, 2, 16, ret);
	if (m.text[0] == '0')
		return read_digits(&m, 0, 8, ret);
	if (!memchr(m.text, ':', m.n))
		return read_digits(&m, 0, 10, ret);
	ok = read_sixties(&m, m.n, ret);
	if (ok && m.negative)
		*ret = -*ret;
	return ok;
}

/* ---- Real numbers: they have a point, and an exponent has a sign ---- */

static bool is_real(const struct number *m)
{
	size_t i = 0, before, after;

	while (i < m->n && is_digit(m->text[i]))
		i++;
	before = i;
	if (i == m->n || m->text[i] != '.')
		return false;
	for (i++; i < m->n && is_digit(m->text[i]);)
		i++;
	after = i - before - 1;
	if (before + after == 0)
		return false;
	if (i < m->n && (m->text[i] | 0x20) == 'e') {
		i++;
		if (i + 1 >= m->n || (m->text[i] != '-' && m->text[i] != '+'))
			return false;
		for (i++; i < m->n && is_digit(m->text[i]);)
			i++;
	}
	return i == m->n;
}

static bool read_real(struct span s, double *ret)
{
	struct number m;
	int64_t whole;
	char *point;

	/* .5 has no sign. */
	if (!take_number(s, &m) || (m.text[0] == '.' && *s.p != '.'))
		return false;
	m.text[m.n] = '\0';
	point = memchr(m.text, '.', m.n);
	if (is_real(&m)) {
		*ret = strtod(m.text, NULL);
	} else if (point && read_sixties(&m, (size_t)(point - m.text), &whole) &&
		   strspn(point + 1, "0123456789") == strlen(point + 1)) {
		*ret = (double)whole + strtod(point, NULL);
	} else {
		return false;
	}
	if (m.negative)
		*ret = -*ret;
	return isfinite(*ret);
}

json_t *yscalar_read(struct span text)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const trues[] = {
		"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", NULL};
	static const char *const falses[] = {
		"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", NULL};
	char moment[YTIME_MAX];
	int64_t integer;
	double real;

	if (is_one_of(text, nulls))
		return json_null();
	if (is_one_of(text, trues))
		return json_true();
	if (is_one_of(text, falses))
		return json_false();
	if (read_int(text, &integer))
		return json_integer(integer);
	if (read_real(text, &real))
		return json_real(real);
	if (ytime_text(text, moment))
		return json_string(moment);
	return json_stringn(text.p, text.n);
}
