/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes in, lines out, with a bound on the line. Each byte is looked at once. */
#ifndef COMMON_LINES_H
#define COMMON_LINES_H

#include "common/buf.h"

#include <stddef.h>

struct lines {
	struct buf buf;
	size_t start;	/* first byte not handed out yet */
	size_t scanned; /* bytes of buf known to hold no newline after start */
	size_t max;
};

/* `max`: longest line in bytes, its newline not counted. */
void lines_init(struct lines *l, size_t max);
void lines_done(struct lines *l);

/*
 * Room for at least `n` bytes at *ret_p; call lines_added with what was read into it. May move
 * lines handed out before: be done with them. 0, -ENOMEM, or -EMSGSIZE while more bytes are held
 * than a line may have: take the lines out first.
 */
int lines_room(struct lines *l, size_t n, char **ret_p);
void lines_added(struct lines *l, size_t n);

/*
 * 1: a line without its newline (and without a CR before it), writable, valid until lines_room,
 * a NUL behind it. 0: no whole line yet. -EMSGSIZE: the line is over-long; stays so.
 */
int lines_next(struct lines *l, char **ret_p, size_t *ret_n);
/* After the end of input: the last line, when it had no newline. As lines_next. */
int lines_last(struct lines *l, char **ret_p, size_t *ret_n);
/* Bytes held that are not handed out. */
size_t lines_pending(const struct lines *l);

#endif
