/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/cell.h"

#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Integral reals below this are printed with all their digits, as %.15g does. */
#define REAL_DIGITS_MAX 1e15
#define TWO_POW_63	9223372036854775808.0

size_t cell_int_text(int64_t i, char out[CELL_NUMBER_MAX])
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	uint64_t u = i < 0 ? -(uint64_t)i : (uint64_t)i;
	char digits[20], *p = digits + sizeof(digits);
	size_t len = 0, n;

	for (; u >= 10; u /= 100)
		memcpy(p -= 2, pairs + u % 100 * 2, 2);
	/* What is left is one digit, or none. */
	if (u || p == digits + sizeof(digits))
		*--p = (char)('0' + u);
	if (i < 0)
		out[len++] = '-';
	n = (size_t)(digits + sizeof(digits) - p);
	memcpy(out + len, p, n);
	out[len + n] = '\0';
	return len + n;
}

/* What the locale has as decimal point becomes a dot. */
static void dot(char *s)
{
	const char *point = localeconv()->decimal_point;
	size_t n = strlen(point);
	char *at;

	if (n == 0 || strcmp(point, ".") == 0)
		return;
	at = strstr(s, point);
	if (!at)
		return;
	*at = '.';
	memmove(at + 1, at + n, strlen(at + n) + 1);
}

static size_t finite_text(double r, char out[CELL_NUMBER_MAX])
{
	size_t len;

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(out, CELL_NUMBER_MAX, "%.*g", digits, r);
		/* Both ends of the round trip see the same locale. */
		if (strtod(out, NULL) == r)
			break;
	}
	dot(out);
	len = strlen(out);
	if (!strpbrk(out, ".e")) {
		memcpy(out + len, ".0", 3);
		len += 2;
	}
	return len;
}

size_t cell_real_text(double r, char out[CELL_NUMBER_MAX])
{
	const char *special = NULL;
	size_t len;

	if (isnan(r))
		special = "NaN";
	else if (isinf(r))
		special = r < 0 ? "-Inf" : "Inf";
	if (special) {
		len = strlen(special);
		memcpy(out, special, len + 1);
		return len;
	}
	if (r > -REAL_DIGITS_MAX && r < REAL_DIGITS_MAX && r == (double)(int64_t)r &&
		!(r == 0 && signbit(r))) {
		len = cell_int_text((int64_t)r, out);
		memcpy(out + len, ".0", 3);
		return len + 2;
	}
	return finite_text(r, out);
}

/* No number counts as null: SQLite has no other place for it. */
static int rank(const struct cell *c)
{
	switch (c->type) {
	case CELL_NULL:
		return 0;
	case CELL_INT:
		return 1;
	case CELL_REAL:
		return isnan(c->r) ? 0 : 1;
	case CELL_TEXT:
	case CELL_JSON:
		return 2;
	case CELL_BLOB:
		break;
	}
	return 3;
}

static int compare_reals(double a, double b)
{
	return (a > b) - (a < b);
}

/* By value without loss: a 64-bit integer does not fit a double, nor the other way round. */
static int compare_int_real(int64_t i, double r)
{
	int64_t whole;

	if (r < -TWO_POW_63)
		return 1;
	if (r >= TWO_POW_63)
		return -1;
	whole = (int64_t)r;
	if (i != whole)
		return i < whole ? -1 : 1;
	return compare_reals((double)whole, r);
}

static int compare_numbers(const struct cell *a, const struct cell *b)
{
	if (a->type == CELL_INT && b->type == CELL_INT)
		return (a->i > b->i) - (a->i < b->i);
	if (a->type == CELL_REAL && b->type == CELL_REAL)
		return compare_reals(a->r, b->r);
	return a->type == CELL_INT ? compare_int_real(a->i, b->r) : -compare_int_real(b->i, a->r);
}

static int compare_bytes(const struct cell *a, const struct cell *b)
{
	uint32_t n = a->n < b->n ? a->n : b->n;
	int d = n ? memcmp(a->p, b->p, n) : 0;

	return d ? d : (a->n > b->n) - (a->n < b->n);
}

int cell_compare(const struct cell *a, const struct cell *b)
{
	int of_a = rank(a), of_b = rank(b);

	if (of_a != of_b)
		return of_a < of_b ? -1 : 1;
	if (of_a == 0)
		return 0;
	return of_a == 1 ? compare_numbers(a, b) : compare_bytes(a, b);
}
