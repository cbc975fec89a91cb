/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/lines.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

void lines_init(struct lines *l, size_t max)
{
	*l = (struct lines){.max = max};
	/* What bounds the buffer is lines_room. */
	buf_init(&l->buf, SIZE_MAX);
}

void lines_done(struct lines *l)
{
	if (!l)
		return;
	buf_done(&l->buf);
	l->start = l->scanned = 0;
}

size_t lines_pending(const struct lines *l)
{
	return l->buf.len - l->start;
}

int lines_room(struct lines *l, size_t n, char **ret_p)
{
	size_t pending = lines_pending(l);
	int r;

	/* A line of `max` bytes may have a CR behind it. */
	if (pending > l->max + 1)
		return -EMSGSIZE;
	/*
	 * Handed out bytes are dropped when they are at least as many as those that move, so that
	 * each byte moves once at most on average.
	 */
	if (l->start && l->start >= pending) {
		buf_consume(&l->buf, l->start);
		l->scanned -= l->start;
		l->start = 0;
	}
	r = buf_room(&l->buf, n);
	if (r < 0)
		return r;
	*ret_p = l->buf.p + l->buf.len;
	return 0;
}

void lines_added(struct lines *l, size_t n)
{
	buf_added(&l->buf, n);
}

/* The bytes from start up to `end`, if they are not too many for a line; `next` comes after. */
static int hand_out(struct lines *l, size_t end, size_t next, char **ret_p, size_t *ret_n)
{
	size_t n = end - l->start;
	char *p = l->buf.p + l->start;

	if (n && p[n - 1] == '\r')
		n--;
	if (n > l->max)
		return -EMSGSIZE;
	p[n] = '\0';
	l->start = l->scanned = next;
	*ret_p = p;
	*ret_n = n;
	return 1;
}

int lines_next(struct lines *l, char **ret_p, size_t *ret_n)
{
	size_t left = l->buf.len - l->scanned, pending;
	char *end = left ? memchr(l->buf.p + l->scanned, '\n', left) : NULL;

	if (end) {
		l->scanned = (size_t)(end - l->buf.p);
		return hand_out(l, l->scanned, l->scanned + 1, ret_p, ret_n);
	}
	l->scanned = l->buf.len;
	pending = lines_pending(l);
	if (pending > l->max && (pending > l->max + 1 || l->buf.p[l->buf.len - 1] != '\r'))
		return -EMSGSIZE;
	return 0;
}

int lines_last(struct lines *l, char **ret_p, size_t *ret_n)
{
	int r = lines_next(l, ret_p, ret_n);

	if (r != 0 || lines_pending(l) == 0)
		return r;
	return hand_out(l, l->buf.len, l->buf.len, ret_p, ret_n);
}
