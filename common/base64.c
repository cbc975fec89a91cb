/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/base64.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_encode(struct buf *out, const void *p, size_t n)
{
	const unsigned char *in = p;
	size_t groups = n / 3 + (n % 3 != 0);
	char *to;
	int r;

	if (groups > SIZE_MAX / 4)
		return -EMSGSIZE;
	r = buf_room(out, groups * 4);
	if (r < 0)
		return r;
	to = out->p + out->len;
	for (size_t i = 0; i < n; i += 3, to += 4) {
		size_t left = n - i;
		uint32_t v = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
			     (left > 2 ? in[i + 2] : 0);

		to[0] = alphabet[v >> 18];
		to[1] = alphabet[v >> 12 & 63];
		to[2] = left > 1 ? alphabet[v >> 6 & 63] : '=';
		to[3] = left > 2 ? alphabet[v & 63] : '=';
	}
	buf_added(out, groups * 4);
	return 0;
}

/* 0..63, or 64 for what is no digit. */
static uint32_t digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0' + 52);
	if (c == '+')
		return 62;
	return c == '/' ? 63 : 64;
}

/* Of a text whose length is a multiple of four. */
static size_t padding(const char *p, size_t n)
{
	if (!n || p[n - 1] != '=')
		return 0;
	return p[n - 2] == '=' ? 2 : 1;
}

ssize_t base64_decode(char *out, const char *p, size_t n)
{
	char *to = out;
	size_t pad;

	if (n % 4)
		return -EBADMSG;
	pad = padding(p, n);
	for (size_t i = 0; i < n; i += 4) {
		size_t drop = i + 4 == n ? pad : 0;
		uint32_t a = digit(p[i]), b = digit(p[i + 1]);
		uint32_t c = drop > 1 ? 0 : digit(p[i + 2]), d = drop > 0 ? 0 : digit(p[i + 3]);
		uint32_t v = a << 18 | b << 12 | c << 6 | d;

		if ((a | b | c | d) > 63)
			return -EBADMSG;
		/* Bits that padding leaves over must be zero: one text per value. */
		if ((drop == 1 && (v & 0xff)) || (drop == 2 && (v & 0xffff)))
			return -EBADMSG;
		*to++ = (char)(v >> 16);
		if (drop < 2)
			*to++ = (char)(v >> 8);
		if (drop < 1)
			*to++ = (char)v;
	}
	return to - out;
}

int base64_decode_add(struct buf *out, const char *p, size_t n)
{
	ssize_t got;
	int r;

	if (n % 4)
		return -EBADMSG;
	r = buf_room(out, n / 4 * 3 - padding(p, n));
	if (r < 0)
		return r;
	got = base64_decode(out->p + out->len, p, n);
	if (got < 0)
		return (int)got;
	buf_added(out, (size_t)got);
	return 0;
}
