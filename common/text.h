/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hostile bytes on their way to a terminal. Text from a host is bytes until it is escaped here, at
 * the moment of drawing or writing.
 */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include "common/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes one UTF-8 character (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
 * Returns its length 1..4 and sets *ret, or 0 when `n` is 0 or the bytes are not UTF-8.
 */
size_t utf8_decode(const char *p, size_t n, uint32_t *ret);
/* Encodes a scalar value; returns 1..4 bytes written to `out`. */
size_t utf8_encode(uint32_t cp, char out[4]);
bool utf8_valid(const char *p, size_t n);
/* Columns of a character on a terminal: 0 combining, 1, 2 wide; 1 for what the locale does not
 * know. */
int utf8_width(uint32_t cp);

/*
 * May this character go to a terminal as it is? Not: C0, DEL, C1, line and paragraph separators,
 * bidirectional controls (U+061C, U+200E..F, U+202A..E, U+2066..9), tags and other invisible
 * format characters, non-characters.
 */
bool text_printable(uint32_t cp);

/*
 * Appends `p` with everything a terminal could act on made visible: newline as \n, tab as \t,
 * carriage return as \r, other controls and bytes that are not UTF-8 as \xHH, other unprintable
 * characters as \u{HEX}, the backslash itself as it is. Returns as buf_add does.
 */
int text_escape(struct buf *out, const char *p, size_t n);
/* Columns that text_escape's output takes on a terminal. */
size_t text_width(const char *p, size_t n);
/*
 * As text_escape, cut to at most `width` columns; when something was cut the last column is "…"
 * (U+2026). *ret_width (may be NULL): the columns used.
 */
int text_escape_cut(struct buf *out, const char *p, size_t n, size_t width, size_t *ret_width);

#endif
