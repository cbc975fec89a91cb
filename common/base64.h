/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64 with padding (RFC 4648 section 4). */
#ifndef COMMON_BASE64_H
#define COMMON_BASE64_H

#include "common/buf.h"

#include <stddef.h>
#include <sys/types.h>

/* Appends the encoding of `n` bytes; returns as buf_add does. */
int base64_encode(struct buf *out, const void *p, size_t n);
/*
 * Strict: length a multiple of four, no blanks, padding only at the end, unused bits zero.
 * Writes at most n / 4 * 3 bytes to `out`, which may be `p` itself. Returns the number of bytes
 * written or -EBADMSG.
 */
ssize_t base64_decode(char *out, const char *p, size_t n);
/* Likewise, appending it. 0, -EBADMSG, or as buf_add does. */
int base64_decode_add(struct buf *out, const char *p, size_t n);

#endif
