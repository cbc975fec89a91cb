/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to JSON's readers and writers: runs of bytes that stand in a string as they are. */
#ifndef COMMON_JSON_SCAN_H
#define COMMON_JSON_SCAN_H

#include <stdint.h>
#include <string.h>

/* Plain: ASCII, no control character, neither quote nor backslash. */
static inline int json_is_plain(char c)
{
	return c >= 0x20 && (signed char)c > 0 && c != '"' && c != '\\';
}

#define SCAN_ONES  0x0101010101010101u
#define SCAN_HIGHS 0x8080808080808080u

/* Non-zero when any of eight bytes is not plain; which one is for the caller to find. */
static inline uint64_t json_scan_word(const char *p)
{
	uint64_t v, quote, backslash;

	memcpy(&v, p, sizeof(v));
	quote = v ^ SCAN_ONES * '"';
	backslash = v ^ SCAN_ONES * '\\';
	return (v | (v - SCAN_ONES * 0x20) | (quote - SCAN_ONES) | (backslash - SCAN_ONES)) &
	       SCAN_HIGHS;
}

/* The first byte of [p, end) that is not plain, or end. Reads nothing outside. */
static inline const char *json_scan_plain(const char *p, const char *end)
{
	while (end - p >= 8 && !json_scan_word(p))
		p += 8;
	while (p < end && json_is_plain(*p))
		p++;
	return p;
}

/*
 * The byte after a string's closing quote, or `end`; `p` stands behind the opening one. Looks for
 * nothing but the end: what it passes need not be well-formed.
 */
static inline const char *json_string_end(const char *p, const char *end)
{
	while (p < end && *p != '"')
		p += *p == '\\' && end - p > 1 ? 2 : 1;
	return p < end ? p + 1 : end;
}

#endif
