/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* First allocation, bytes. */
#define BUF_FIRST 64

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max < SIZE_MAX / 4 ? max : SIZE_MAX / 4};
}

void buf_done(struct buf *b)
{
	if (!b)
		return;
	free(b->p);
	b->p = NULL;
	b->len = b->cap = 0;
}

void buf_reset(struct buf *b)
{
	buf_cut(b, 0);
}

int buf_grow(struct buf *b, size_t n)
{
	size_t cap;
	char *p;

	if (n > b->max - b->len)
		return -EMSGSIZE;
	/* One more byte than the content, for the NUL. */
	if (b->len + n < b->cap)
		return 0;
	cap = b->cap + b->cap / 2;
	if (cap < BUF_FIRST)
		cap = BUF_FIRST;
	if (cap < b->len + n + 1)
		cap = b->len + n + 1;
	p = realloc(b->p, cap);
	if (!p)
		return -ENOMEM;
	b->p = p;
	b->cap = cap;
	b->p[b->len] = '\0';
	return 0;
}

int buf_fill(struct buf *b, char c, size_t n)
{
	int r = buf_room(b, n);

	if (r < 0)
		return r;
	memset(b->p + b->len, c, n);
	buf_added(b, n);
	return 0;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = buf_vprintf(b, fmt, ap);
	va_end(ap);
	return r;
}

int buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n, r;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return -EINVAL;
	r = buf_room(b, (size_t)n);
	if (r < 0)
		return r;
	vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
	buf_added(b, (size_t)n);
	return 0;
}

void buf_consume(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->len - n);
	buf_cut(b, b->len - n);
}

char *buf_steal(struct buf *b)
{
	char *p;

	if (!b->p && buf_room(b, 0) < 0)
		return NULL;
	p = b->p;
	b->p = NULL;
	b->len = b->cap = 0;
	return p;
}

const char *buf_str(const struct buf *b)
{
	return b->p ? b->p : "";
}
