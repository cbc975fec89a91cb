/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A growing byte buffer with a stated maximum. The struct may be embedded; its bytes belong to it
 * until buf_steal. Every function that adds returns 0, -EMSGSIZE when the maximum would be passed
 * or -ENOMEM; on failure nothing was added.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct buf {
	char *p;    /* NUL-terminated whenever it is not NULL; the NUL is not counted */
	size_t len; /* bytes in use */
	size_t cap; /* bytes allocated */
	size_t max; /* len never passes this */
};

/* `max` in bytes, at most SIZE_MAX / 4. Allocates nothing. */
void buf_init(struct buf *b, size_t max);
/* Frees the bytes; accepts NULL and a zeroed struct. The buffer can be used again afterwards. */
void buf_done(struct buf *b);
/* Forgets the content, keeps the memory. */
void buf_reset(struct buf *b);
/* Cuts the content to `len` bytes; `len` must not be more than there are. */
static inline void buf_cut(struct buf *b, size_t len)
{
	b->len = len;
	if (b->p)
		b->p[len] = '\0';
}

/* Makes room for `n` more bytes: b->p + b->len may then be written; buf_added tells how many were.
 */
int buf_grow(struct buf *b, size_t n);
static inline int buf_room(struct buf *b, size_t n)
{
	/* There is one byte more than the content, for the NUL. */
	return n <= b->max - b->len && b->len + n < b->cap ? 0 : buf_grow(b, n);
}
static inline void buf_added(struct buf *b, size_t n)
{
	buf_cut(b, b->len + n);
}

static inline int buf_add(struct buf *b, const void *p, size_t n)
{
	int r = buf_room(b, n);

	if (r < 0)
		return r;
	if (n)
		memcpy(b->p + b->len, p, n);
	buf_added(b, n);
	return 0;
}
static inline int buf_puts(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}
static inline int buf_putc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}
int buf_fill(struct buf *b, char c, size_t n);
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* Drops the first `n` bytes (n <= len), moving the rest down. */
void buf_consume(struct buf *b, size_t n);
/* Hands the bytes to the caller (free() them); never NULL on success, NULL on -ENOMEM. */
char *buf_steal(struct buf *b);
/* The content as a C string: "" when empty. */
const char *buf_str(const struct buf *b);

#endif
