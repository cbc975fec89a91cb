/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/collate.h"

#include <ctype.h>
#include <string.h>

/*
 * Both functions compare texts as sequences of bytes in which a run of digits stands as '0' plus
 * the number of its digits without leading zeros (at most RUN_MAX are one run), then those digits.
 */
#define RUN_MAX 63

struct cursor {
	const char *p, *end;
	unsigned digits; /* of the run, still to come */
};

static unsigned run_length(struct cursor *c)
{
	unsigned n = 0;

	while (c->p + 1 < c->end && *c->p == '0' && isdigit((unsigned char)c->p[1]))
		c->p++;
	while (n < RUN_MAX && c->p + n < c->end && isdigit((unsigned char)c->p[n]))
		n++;
	return n;
}

/* The next byte of the sequence, -1 at its end. */
static int next(struct cursor *c)
{
	if (c->p == c->end)
		return -1;
	if (c->digits) {
		c->digits--;
		return (unsigned char)*c->p++;
	}
	if (isdigit((unsigned char)*c->p)) {
		c->digits = run_length(c);
		return '0' + (int)c->digits;
	}
	return tolower((unsigned char)*c->p++);
}

int collate(struct span a, struct span b)
{
	struct cursor x = {a.p, a.p + a.n, 0}, y = {b.p, b.p + b.n, 0};
	int i, j, order;

	do {
		i = next(&x);
		j = next(&y);
	} while (i == j && i >= 0);
	if (i != j)
		return i < j ? -1 : 1;
	order = memcmp(a.n ? a.p : "", b.n ? b.p : "", a.n < b.n ? a.n : b.n);
	return order ? order : (a.n > b.n) - (a.n < b.n);
}

uint64_t collate_prefix(struct span s)
{
	struct cursor c = {s.p, s.p + s.n, 0};
	uint64_t key = 0;

	for (unsigned i = 0; i < sizeof(key); i++) {
		int byte = next(&c);

		/* The end is before every byte but NUL, which counts as equal here. */
		key = key << 8 | (byte < 0 ? 0 : (uint64_t)byte);
	}
	return key;
}
