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
void buf_cut(struct buf *b, size_t len);

/* Makes room for `n` more bytes: b->p + b->len may then be written; buf_added tells how many were.
 */
int buf_room(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);

int buf_add(struct buf *b, const void *p, size_t n);
int buf_puts(struct buf *b, const char *s);
int buf_putc(struct buf *b, char c);
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
