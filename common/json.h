/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON (RFC 8259) from and to the other side: reading is jansson's, behind bounds; writing goes
 * straight into a buffer. What is written never holds a raw newline.
 */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include "common/buf.h"
#include "common/cell.h"
#include "common/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Objects and arrays within each other. */
#define JSON_DEPTH_MAX 16

/*
 * Reads one object that fills all of the text. NULL with `err` (EBADMSG: not JSON, EMLINK: nested
 * deeper than JSON_DEPTH_MAX, EPROTO: not an object, ENOMEM). Strings may hold \u0000, names of
 * members may not; a member that stands twice is refused, so that nobody can be shown one and
 * obey the other.
 */
json_t *json_read_object(const char *p, size_t n, struct err *err);
/* As above for any JSON value and with a depth of one's own, for files of the user's (inventories).
 */
json_t *json_read_any(const char *p, size_t n, size_t max_depth, struct err *err);
/*
 * Likewise; `err` tells the line of `file`. Of a member that stands twice the last one counts, or
 * it is refused (EEXIST).
 */
json_t *json_read_lines(const char *file, const char *p, size_t n, size_t max_depth, bool twice_ok,
	struct err *err);

/* Bytes: a string where they are UTF-8, else {"b64":"…"}. NULL: no memory. */
json_t *json_bytes_new(const char *p, size_t n);
/*
 * Appends the bytes of such a value. 0, -EINVAL when it is neither of them, -EBADMSG when that is
 * no base64, or as buf_add.
 */
int json_bytes_add(struct buf *b, const json_t *v);

/*
 * As json_dumps (whose flags these are), with the fewest digits of a real that read back the same,
 * where jansson writes 0.10000000000000001. To be freed; NULL: no memory, or not a value.
 */
char *json_print(const json_t *v, size_t flags);

/* All return as buf_add does. */
/* A string; each byte that is not UTF-8 becomes U+FFFD. */
int json_put_string(struct buf *b, const char *p, size_t n);
int json_put_str(struct buf *b, const char *s);
/* As json_bytes_new. */
int json_put_bytes(struct buf *b, const char *p, size_t n);
int json_put_int(struct buf *b, int64_t i);
/* Infinities as the strings "Inf" and "-Inf", no number as null. */
int json_put_real(struct buf *b, double r);
int json_put_cell(struct buf *b, const struct cell *c);

#endif
