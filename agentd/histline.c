/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/histline.h"

/* Digits of a time; more are a comment that begins so. */
#define DIGITS_MAX 11

static bool read_time(struct span digits, int64_t *ret)
{
	uint64_t v;

	if (digits.n > DIGITS_MAX || parse_span(digits, 10, INT64_MAX, &v) < 0)
		return false;
	*ret = (int64_t)v;
	return true;
}

/* zsh: ": 1700000000:0;command". */
static bool read_zsh(struct span line, struct span *ret_command, int64_t *ret_time)
{
	struct span digits, seconds, rest;
	uint64_t ignored;

	if (!line.n || line.p[0] != ':')
		return false;
	rest = (struct span){line.p + 1, line.n - 1};
	while (rest.n && rest.p[0] == ' ')
		rest = (struct span){rest.p + 1, rest.n - 1};
	if (!span_split(&rest, ':', &digits) || !rest.p)
		return false;
	if (!span_split(&rest, ';', &seconds) || !rest.p)
		return false;
	if (parse_span(seconds, 10, UINT64_MAX, &ignored) < 0 || !read_time(digits, ret_time))
		return false;
	*ret_command = rest;
	return true;
}

int histline_read(struct histline *h, struct span line, struct span *ret_command, int64_t *ret_time)
{
	if (!h->have_time && line.n && line.p[0] == '#' &&
		read_time((struct span){line.p + 1, line.n - 1}, &h->time)) {
		h->have_time = true;
		return 0;
	}
	*ret_time = 0;
	if (h->have_time) {
		*ret_command = line;
		*ret_time = h->time;
	} else if (!read_zsh(line, ret_command, ret_time)) {
		*ret_command = line;
	}
	h->have_time = false;
	return 1;
}
