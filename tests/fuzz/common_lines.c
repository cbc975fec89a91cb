/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines come out the same however the bytes come in. The first byte gives the longest line, the
 * second the size of a read, the third how many lines are taken between two reads.
 */
#include "common/lines.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The plain way: takes the next line off *p; false at the end or at an over-long one. */
static bool plain_next(const char **p, const char *end, size_t max, const char **ret, size_t *ret_n)
{
	const char *from = *p, *stop;

	if (from == end)
		return false;
	stop = memchr(from, '\n', (size_t)(end - from));
	*p = stop ? stop + 1 : end;
	if (!stop)
		stop = end;
	if (stop > from && stop[-1] == '\r')
		stop--;
	*ret = from;
	*ret_n = (size_t)(stop - from);
	return *ret_n <= max;
}

struct feed {
	struct lines lines;
	const char *in, *want, *end;
	size_t max, chunk, take;
};

/* Refused while more is held than a line can be: lines must be taken first. */
static void read_some(struct feed *f)
{
	size_t n = (size_t)(f->end - f->in) < f->chunk ? (size_t)(f->end - f->in) : f->chunk;
	char *room;
	int r = lines_room(&f->lines, n, &room);

	MUST(r == 0 || (r == -EMSGSIZE && lines_pending(&f->lines) > f->max));
	if (r < 0)
		return;
	memcpy(room, f->in, n);
	f->in += n;
	lines_added(&f->lines, n);
	MUST(lines_pending(&f->lines) <= f->max + 1 + f->chunk);
}

static int take(struct feed *f, int (*next)(struct lines *, char **, size_t *))
{
	const char *want;
	size_t n, want_n;
	char *line;
	int r = next(&f->lines, &line, &n);

	if (r != 1)
		return r;
	MUST(plain_next(&f->want, f->end, f->max, &want, &want_n));
	MUST(n == want_n && memcmp(line, want, n) == 0 && line[n] == '\0');
	memset(line, 'x', n); /* it is ours */
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct feed f = {.max = 0};
	const char *want;
	size_t want_n;
	int r = 0;

	if (n < 3)
		return 0;
	f = (struct feed){.in = (const char *)data + 3,
		.want = (const char *)data + 3,
		.end = (const char *)data + n,
		.max = data[0],
		.chunk = data[1] + 1u,
		.take = data[2] + 1u};
	lines_init(&f.lines, f.max);
	while (r >= 0 && f.in < f.end) {
		read_some(&f);
		r = 1;
		for (size_t i = 0; i < f.take && r == 1; i++)
			r = take(&f, lines_next);
	}
	while (r >= 0 && (r = take(&f, lines_last)) == 1)
		;
	MUST(r == 0 || (r == -EMSGSIZE && take(&f, lines_next) == -EMSGSIZE));
	/* Over-long is said of over-long lines only, and nothing is lost. */
	if (r == 0)
		MUST(f.want == f.end);
	else
		MUST(!plain_next(&f.want, f.end, f.max, &want, &want_n));
	lines_done(&f.lines);
	return 0;
}
