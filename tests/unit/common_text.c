/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/str.h"
#include "common/text.h"

#include <errno.h>
#include <locale.h>

static const char *escaped(const char *p, size_t n)
{
	static struct buf b;

	buf_done(&b);
	buf_init(&b, 10000);
	CHECK_INT(text_escape(&b, p, n), 0);
	if (setlocale(LC_CTYPE, "C.UTF-8"))
		CHECK_INT(text_width(p, n), text_width(buf_str(&b), b.len));
	return buf_str(&b);
}
#define ESCAPED(literal) escaped(literal, sizeof(literal) - 1)

TEST(decode_at_the_edges)
{
	static const struct {
		const char *p;
		uint32_t cp;
	} good[] = {{"\x7f", 0x7f}, {"\xc2\x80", 0x80}, {"\xdf\xbf", 0x7ff},
		{"\xe0\xa0\x80", 0x800}, {"\xed\x9f\xbf", 0xd7ff}, {"\xee\x80\x80", 0xe000},
		{"\xef\xbf\xbf", 0xffff}, {"\xf0\x90\x80\x80", 0x10000},
		{"\xf4\x8f\xbf\xbf", 0x10ffff}};
	uint32_t cp;
	char back[4];

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		size_t n = strlen(good[i].p);

		CHECK_INT(utf8_decode(good[i].p, n, &cp), n);
		CHECK_INT(cp, good[i].cp);
		CHECK_INT(utf8_encode(cp, back), n);
		CHECK(memcmp(back, good[i].p, n) == 0);
		/* One byte short. */
		CHECK_INT(utf8_decode(good[i].p, n - 1, &cp), 0);
		CHECK(utf8_valid(good[i].p, n));
		CHECK(n == 1 || !utf8_valid(good[i].p, n - 1));
	}
	CHECK_INT(utf8_decode("", 0, &cp), 0);
	CHECK_INT(utf8_decode("\0", 1, &cp), 1);
	CHECK_INT(cp, 0);
}

TEST(decode_refuses)
{
	static const char *const bad[] = {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf",
		"\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "\xfe", "\xc2\x41",
		"\xe1\x80\x41", "\xf1\x80\x80\x41", "\xc2\xc2"};
	uint32_t cp;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (utf8_decode(bad[i], strlen(bad[i]), &cp) || utf8_valid(bad[i], strlen(bad[i])))
			FAIL("number %zu was taken", i);
}

TEST(validity_of_long_text)
{
	char text[64];

	/* The bad byte at every place of the words that are looked at together. */
	for (size_t i = 0; i < sizeof(text); i++) {
		memset(text, 'a', sizeof(text));
		CHECK(utf8_valid(text, sizeof(text)));
		text[i] = '\x80';
		CHECK(!utf8_valid(text, sizeof(text)));
	}
	CHECK(utf8_valid("1234567\xc3\xa4"
			 "90\0",
		12));
	CHECK(utf8_valid("", 0));
}

TEST(what_a_terminal_may_see)
{
	static const uint32_t no[] = {0, 7, 0x1b, 0x1f, 0x7f, 0x80, 0x9b, 0x9f, 0xad, 0x61c, 0x180e,
		0x200b, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066,
		0x2069, 0xfdd0, 0xfe0f, 0xfeff, 0xfffe, 0xffff, 0x1fffe, 0xe0001, 0xe0041,
		0x10ffff};
	static const uint32_t yes[] = {
		0x20, 0x7e, 0xa0, 0xac, 0xae, 0xe4, 0x301, 0x2010, 0x202f, 0x65e5, 0xfffd, 0x1f600};

	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		if (text_printable(no[i]))
			FAIL("U+%04X may pass", no[i]);
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		if (!text_printable(yes[i]))
			FAIL("U+%04X may not pass", yes[i]);
}

TEST(escapes)
{
	CHECK_STR(ESCAPED("plain text"), "plain text");
	CHECK_STR(ESCAPED(""), "");
	CHECK_STR(ESCAPED("a\nb\tc\rd"), "a\\nb\\tc\\rd");
	CHECK_STR(ESCAPED("\x1b[2J\0\x7f"), "\\x1b[2J\\x00\\x7f");
	CHECK_STR(ESCAPED("\xc2\x9b"
			  "31m"),
		"\\x9b31m");
	CHECK_STR(ESCAPED("\xff\xc3"), "\\xff\\xc3");
	CHECK_STR(ESCAPED("a\\b"), "a\\b");
	CHECK_STR(ESCAPED("exe\xe2\x80\xae"
			  "fdp"),
		"exe\\u{202e}fdp");
	CHECK_STR(ESCAPED("\xf3\xa0\x81\x81"), "\\u{e0041}");
	CHECK_STR(ESCAPED("\xf4\x8f\xbf\xbf"), "\\u{10ffff}");
	CHECK_STR(ESCAPED("日本語 ä"), "日本語 ä");
}

TEST(escape_or_nothing)
{
	struct buf b;

	buf_init(&b, 8);
	CHECK_INT(buf_puts(&b, "ab"), 0);
	CHECK_INT(text_escape(&b, "cde\x1b", 4), -EMSGSIZE);
	CHECK_STR(buf_str(&b), "ab");
	CHECK_INT(text_escape(&b, "cd\x1b", 3), 0);
	CHECK_STR(buf_str(&b), "abcd\\x1b");
	CHECK_INT(text_escape_cut(&b, "x", 1, 5, NULL), -EMSGSIZE);
	CHECK_STR(buf_str(&b), "abcd\\x1b");
	buf_done(&b);
	buf_init(&b, 100);
	failalloc_countdown = 1;
	CHECK_INT(text_escape(&b, "x", 1), -ENOMEM);
	failalloc_countdown = 1;
	CHECK_INT(text_escape_cut(&b, "x", 1, 1, NULL), -ENOMEM);
	buf_done(&b);
}

static void check_cut(const char *in, size_t width, const char *want, size_t want_width)
{
	struct buf b;
	size_t w = 999;

	buf_init(&b, 1000);
	CHECK_INT(text_escape_cut(&b, in, strlen(in), width, &w), 0);
	CHECK_STR(buf_str(&b), want);
	CHECK_INT(w, want_width);
	buf_done(&b);
}

TEST(cuts)
{
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		SKIP("no locale C.UTF-8");
	check_cut("abc", 3, "abc", 3);
	check_cut("abcd", 3, "ab…", 3);
	check_cut("abcd", 1, "…", 1);
	check_cut("abcd", 0, "", 0);
	check_cut("", 0, "", 0);
	check_cut("", 5, "", 0);
	/* A wide character that does not fit leaves a column free. */
	check_cut("日本語", 6, "日本語", 6);
	check_cut("日本語", 5, "日本…", 5);
	check_cut("日本語", 4, "日…", 3);
	check_cut("日本語", 2, "…", 1);
	/* An escape is never cut within. */
	check_cut("ab\x1b", 6, "ab\\x1b", 6);
	check_cut("ab\x1b", 5, "ab…", 3);
	/* What combines stays with what it combines with. */
	check_cut("e\xcc\x81xy", 2, "e\xcc\x81…", 2);
	check_cut("xe\xcc\x81", 2, "xe\xcc\x81", 2);
}

TEST(widths)
{
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		SKIP("no locale C.UTF-8");
	CHECK_INT(utf8_width('a'), 1);
	CHECK_INT(utf8_width(0x65e5), 2);
	CHECK_INT(utf8_width(0x301), 0);
	CHECK_INT(text_width("a日\n\x1b", strlen("a日\n\x1b")), 1 + 2 + 2 + 4);
}

TEST_MAIN(&decode_at_the_edges, &decode_refuses, &validity_of_long_text, &what_a_terminal_may_see,
	&escapes, &escape_or_nothing, &cuts, &widths)
