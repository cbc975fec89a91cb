/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to JSON's readers and writers: runs of bytes that stand in a string as they are. */
#ifndef COMMON_JSON_SCAN_H
#define COMMON_JSON_SCAN_H

#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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
#ifdef __SSE2__
	const __m128i space = _mm_set1_epi8(0x20), quote = _mm_set1_epi8('"'),
		      backslash = _mm_set1_epi8('\\');

	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		/* Signed: bytes from 0x80 up are below the space, too. */
		__m128i odd = _mm_or_si128(_mm_cmplt_epi8(v, space),
			_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)));
		int bits = _mm_movemask_epi8(odd);

		if (bits)
			return p + __builtin_ctz((unsigned)bits);
	}
#endif
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
