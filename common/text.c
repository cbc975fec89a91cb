/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/text.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* Every byte of a word has its top bit clear: eight ASCII characters. */
#define HIGH_BITS 0x8080808080808080u

size_t utf8_decode(const char *p, size_t n, uint32_t *ret)
{
	const unsigned char *s = (const unsigned char *)p;
	uint32_t cp, min;
	size_t len;

	if (n == 0)
		return 0;
	if (s[0] < 0x80) {
		*ret = s[0];
		return 1;
	}
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	cp = s[0] & (0xffu >> (len + 1));
	min = len == 2 ? 0x80 : len == 3 ? 0x800 : 0x10000;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (s[i] & 0x3f);
	}
	if (cp < min || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*ret = cp;
	return len;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

bool utf8_valid(const char *p, size_t n)
{
	uint32_t cp;
	uint64_t word;

	while (n) {
		size_t len;

		if (n >= sizeof(word)) {
			memcpy(&word, p, sizeof(word));
			if (!(word & HIGH_BITS)) {
				p += sizeof(word);
				n -= sizeof(word);
				continue;
			}
		}
		len = utf8_decode(p, n, &cp);
		if (!len)
			return false;
		p += len;
		n -= len;
	}
	return true;
}

int utf8_width(uint32_t cp)
{
	int w;

	if (cp >= 0x20 && cp < 0x7f)
		return 1;
	w = wcwidth((wchar_t)cp);
	return w < 0 ? 1 : w;
}

/* Ranges of characters that act on a terminal or hide: first, last. Sorted. */
static const uint32_t unprintable[][2] = {
	{0x00, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, /* soft hyphen */
	{0x61c, 0x61c},				  /* Arabic letter mark */
	{0x180e, 0x180e},			  /* Mongolian vowel separator */
	{0x200b, 0x200f}, /* zero width, left-to-right and right-to-left marks */
	{0x2028, 0x202e}, /* line and paragraph separator, embeddings, overrides */
	{0x2060, 0x206f}, /* word joiner, invisible operators, isolates */
	{0xfdd0, 0xfdef}, /* non-characters */
	{0xfe00, 0xfe0f}, /* variation selectors: change the width of what stands before */
	{0xfeff, 0xfeff}, {0xfff0, 0xfffb}, /* interlinear annotation */
	{0xe0000, 0xe0fff},		    /* tags, more variation selectors */
};

bool text_printable(uint32_t cp)
{
	if (cp >= 0x20 && cp < 0x7f)
		return true;
	if ((cp & 0xfffe) == 0xfffe)
		return false;
	for (size_t i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++) {
		if (cp < unprintable[i][0])
			return true;
		if (cp <= unprintable[i][1])
			return false;
	}
	return true;
}

/* Longest visible form of one character: \u{10ffff}. */
#define VISIBLE_MAX 12

struct glyph {
	char text[VISIBLE_MAX];
	size_t len;  /* bytes of text */
	size_t used; /* bytes of the input it stands for */
	size_t width;
};

static void glyph_hex(struct glyph *g, uint32_t v)
{
	int n = v < 0x100 ? snprintf(g->text, sizeof(g->text), "\\x%02x", v)
			  : snprintf(g->text, sizeof(g->text), "\\u{%x}", v);

	g->len = g->width = (size_t)n;
}

/* The visible form of what `p` begins with; n > 0. */
static void glyph_read(struct glyph *g, const char *p, size_t n)
{
	uint32_t cp;

	g->used = utf8_decode(p, n, &cp);
	if (!g->used) {
		g->used = 1;
		glyph_hex(g, (unsigned char)*p);
	} else if (text_printable(cp)) {
		memcpy(g->text, p, g->used);
		g->len = g->used;
		g->width = (size_t)utf8_width(cp);
	} else if (cp == '\n' || cp == '\t' || cp == '\r') {
		g->text[0] = '\\';
		g->text[1] = cp == '\n' ? 'n' : cp == '\t' ? 't' : 'r';
		g->len = g->width = 2;
	} else {
		glyph_hex(g, cp);
	}
}

/* How many bytes at the front are plain ASCII, one column each. */
static size_t plain_run(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] >= 0x20 && p[i] < 0x7f)
		i++;
	return i;
}

int text_escape(struct buf *out, const char *p, size_t n)
{
	size_t before = out->len;
	struct glyph g;

	while (n) {
		size_t run = plain_run(p, n);
		int r;

		if (run) {
			r = buf_add(out, p, run);
			g.used = run;
		} else {
			glyph_read(&g, p, n);
			r = buf_add(out, g.text, g.len);
		}
		if (r < 0) {
			buf_cut(out, before);
			return r;
		}
		p += g.used;
		n -= g.used;
	}
	return 0;
}

size_t text_width(const char *p, size_t n)
{
	struct glyph g;
	size_t width = 0;

	while (n) {
		size_t run = plain_run(p, n);

		if (run) {
			g.used = g.width = run;
		} else {
			glyph_read(&g, p, n);
		}
		width += g.width;
		p += g.used;
		n -= g.used;
	}
	return width;
}

/* As many whole glyphs as fit into `width` columns; returns the bytes of input they took. */
static int put_fitting(
	struct buf *out, const char *p, size_t n, size_t width, size_t *ret_used, size_t *ret_width)
{
	size_t used = 0, columns = 0;
	struct glyph g;

	while (used < n) {
		int r;

		glyph_read(&g, p + used, n - used);
		if (columns + g.width > width)
			break;
		r = buf_add(out, g.text, g.len);
		if (r < 0)
			return r;
		used += g.used;
		columns += g.width;
	}
	*ret_used = used;
	*ret_width = columns;
	return 0;
}

int text_escape_cut(struct buf *out, const char *p, size_t n, size_t width, size_t *ret_width)
{
	size_t before = out->len, used, columns;
	int r = put_fitting(out, p, n, width, &used, &columns);

	if (r == 0 && used < n && width > 0) {
		/* Once more with a column less, for the ellipsis. */
		buf_cut(out, before);
		r = put_fitting(out, p, n, width - 1, &used, &columns);
		if (r == 0)
			r = buf_puts(out, "\xe2\x80\xa6");
		columns++;
	}
	if (r < 0) {
		buf_cut(out, before);
		return r;
	}
	if (ret_width)
		*ret_width = columns;
	return 0;
}
