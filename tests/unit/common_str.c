/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/str.h"

#include <errno.h>

TEST(spans)
{
	struct span s = span_str("  \t\r\n\v\fa b \n");

	s = span_trim(s);
	CHECK(span_eq(s, "a b"));
	CHECK(!span_eq(s, "a b "));
	CHECK(!span_eq(s, "a"));
	CHECK_INT(span_trim(span_str(" \t ")).n, 0);
	CHECK_INT(span_trim(span_str("")).n, 0);
	CHECK(span_eq(span_trim((struct span){"\0 x", 2}), "") == false);
}

static int count_parts(const char *text, char sep)
{
	struct span rest = span_str(text), part;
	int n = 0;

	while (span_split(&rest, sep, &part))
		n++;
	CHECK(!rest.p);
	return n;
}

TEST(split)
{
	struct span rest = span_str("a,,bc"), part;

	CHECK(span_split(&rest, ',', &part) && span_eq(part, "a"));
	CHECK(span_split(&rest, ',', &part) && span_eq(part, ""));
	CHECK(span_split(&rest, ',', &part) && span_eq(part, "bc"));
	CHECK(!span_split(&rest, ',', &part));
	CHECK(!span_split(&rest, ',', &part));
	CHECK_INT(count_parts("", ','), 1);
	CHECK_INT(count_parts(",", ','), 2);
	CHECK_INT(count_parts("a,", ','), 2);
}

TEST(copies)
{
	char four[4] = "zzz", *p;

	CHECK_INT(str_copy(four, sizeof(four), "abc"), 0);
	CHECK_STR(four, "abc");
	CHECK_INT(str_copy(four, sizeof(four), "abcd"), -ENAMETOOLONG);
	CHECK_STR(four, "");
	CHECK_INT(str_copy(four, 0, ""), -ENAMETOOLONG);
	CHECK_INT(str_copy(four, 1, ""), 0);
	p = span_dup((struct span){"a\0b", 3});
	CHECK(memcmp(p, "a\0b", 4) == 0);
	free(p);
	p = str_printf("%s-%d", "x", 5);
	CHECK_STR(p, "x-5");
	free(p);
	failalloc_countdown = 1;
	CHECK(!span_dup(span_str("x")));
	failalloc_countdown = 1;
	CHECK(!str_printf("x"));
}

TEST(beginnings_and_ends)
{
	CHECK(str_eq("a", "a") && !str_eq("a", "b"));
	CHECK(str_starts("abc", "ab") && str_starts("abc", "") && !str_starts("ab", "abc"));
	CHECK(str_ends("abc", "bc") && str_ends("abc", "") && !str_ends("bc", "abc"));
}

TEST(unsigned_numbers)
{
	static const char *const bad[] = {
		"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "1e3", "a", "\xd9\xa1"};
	uint64_t v = 77;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (parse_uint(bad[i], 0, UINT64_MAX, &v) != -EINVAL || v != 77)
			FAIL("\"%s\" was taken", bad[i]);
	CHECK_INT(parse_uint("18446744073709551615", 0, UINT64_MAX, &v), 0);
	CHECK(v == UINT64_MAX);
	CHECK_INT(parse_uint("18446744073709551616", 0, UINT64_MAX, &v), -ERANGE);
	CHECK_INT(parse_uint("99999999999999999999999999", 0, UINT64_MAX, &v), -ERANGE);
	CHECK_INT(parse_uint("9", 10, 20, &v), -ERANGE);
	CHECK_INT(parse_uint("21", 10, 20, &v), -ERANGE);
	CHECK(v == UINT64_MAX);
	CHECK_INT(parse_uint("10", 10, 20, &v), 0);
	CHECK_INT(parse_uint("20", 10, 20, &v), 0);
	CHECK_INT(parse_uint("0000000000000000000000000000020", 10, 20, &v), 0);
	CHECK_INT(v, 20);
}

TEST(signed_numbers)
{
	int64_t v = 77;

	CHECK_INT(parse_int("-9223372036854775808", INT64_MIN, INT64_MAX, &v), 0);
	CHECK(v == INT64_MIN);
	CHECK_INT(parse_int("9223372036854775807", INT64_MIN, INT64_MAX, &v), 0);
	CHECK(v == INT64_MAX);
	CHECK_INT(parse_int("-9223372036854775809", INT64_MIN, INT64_MAX, &v), -ERANGE);
	CHECK_INT(parse_int("9223372036854775808", INT64_MIN, INT64_MAX, &v), -ERANGE);
	CHECK_INT(parse_int("-0", -1, 1, &v), 0);
	CHECK_INT(v, 0);
	CHECK_INT(parse_int("-2", -1, 1, &v), -ERANGE);
	CHECK_INT(parse_int("-", -1, 1, &v), -EINVAL);
	CHECK_INT(parse_int("--1", -1, 1, &v), -EINVAL);
	CHECK_INT(parse_int("", -1, 1, &v), -EINVAL);
	CHECK_INT(v, 0);
}

TEST(bases)
{
	uint64_t v = 77;

	CHECK_INT(parse_span(span_str("ffFF"), 16, UINT64_MAX, &v), 0);
	CHECK_INT(v, 0xffff);
	CHECK_INT(parse_span(span_str("777"), 8, UINT64_MAX, &v), 0);
	CHECK_INT(v, 0777);
	CHECK_INT(parse_span(span_str("8"), 8, UINT64_MAX, &v), -EINVAL);
	CHECK_INT(parse_span(span_str("g"), 16, UINT64_MAX, &v), -EINVAL);
	CHECK_INT(parse_span((struct span){"123x", 3}, 10, UINT64_MAX, &v), 0);
	CHECK_INT(v, 123);
	CHECK_INT(parse_span((struct span){NULL, 0}, 10, UINT64_MAX, &v), -EINVAL);
	CHECK_INT(parse_span(span_str("10000000000000000"), 16, UINT64_MAX, &v), -ERANGE);
}

TEST(real_numbers)
{
	static const char *const bad[] = {
		"", " 1", "1 ", "+1", "inf", "nan", "0x1p3", "1e", "-", ".", "1,5", "1.2.3"};
	double v = 77;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (parse_real(bad[i], -1e9, 1e9, &v) != -EINVAL || v != 77)
			FAIL("\"%s\" was taken", bad[i]);
	CHECK_INT(parse_real("0.5", 0, 1, &v), 0);
	CHECK(v == 0.5);
	CHECK_INT(parse_real("1e3", 0, 1000, &v), 0);
	CHECK_INT(parse_real("1.0000001e3", 0, 1000, &v), -ERANGE);
	CHECK_INT(parse_real("-0.1", 0, 1000, &v), -ERANGE);
	CHECK_INT(parse_real("1e999", 0, 1e300, &v), -ERANGE);
	CHECK(v == 1000);
}

TEST(arrays)
{
	uint16_t *p = NULL;
	size_t cap = 0, before;

	CHECK_INT(array_grow(&p, &cap, 0, sizeof(*p), 10), 0);
	CHECK(!p);
	for (size_t i = 0; i < 10; i++) {
		CHECK_INT(array_grow(&p, &cap, i + 1, sizeof(*p), 10), 0);
		p[i] = (uint16_t)i;
	}
	CHECK_INT(cap, 10);
	CHECK_INT(p[9], 9);
	CHECK_INT(array_grow(&p, &cap, 11, sizeof(*p), 10), -E2BIG);
	before = cap;
	failalloc_countdown = 1;
	CHECK_INT(array_grow(&p, &cap, 11, sizeof(*p), 100), -ENOMEM);
	CHECK_INT(cap, before);
	CHECK_INT(p[9], 9);
	CHECK_INT(array_grow(&p, &cap, 11, SIZE_MAX / 16, 100), -E2BIG);
	CHECK_INT(array_grow(&p, &cap, SIZE_MAX, sizeof(*p), SIZE_MAX), -E2BIG);
	free(p);
}

TEST(nearest_name)
{
	static const char *const names[] = {"processes", "process_envs", "users", "x", NULL};
	char longest[80];

	CHECK_STR(str_nearest("proceses", names), "processes");
	CHECK_STR(str_nearest("user", names), "users");
	/* What it begins, the shortest first; but one wrong letter is likelier. */
	CHECK_STR(str_nearest("process", names), "processes");
	CHECK_STR(str_nearest("process_", names), "process_envs");
	CHECK_STR(str_nearest("pro", names), "processes");
	CHECK_STR(str_nearest("use", (const char *const[]){"used_files", "uses", "ase", NULL}),
		"uses");
	CHECK(!str_nearest("pr", names));
	CHECK(!str_nearest("groups", names));
	CHECK(!str_nearest("", names));
	CHECK(!str_nearest("y", names));
	memset(longest, 'a', sizeof(longest));
	longest[79] = '\0';
	CHECK(!str_nearest(longest, names));
}

TEST(span_words)
{
	struct span rest = span_str("  one\ttwo  "), word;

	CHECK(span_word(&rest, &word) && span_eq(word, "one"));
	CHECK(span_eq(rest, "\ttwo  "));
	CHECK(span_word(&rest, &word) && span_eq(word, "two"));
	CHECK(!span_word(&rest, &word) && word.n == 0 && rest.n == 0);
	rest = (struct span){NULL, 0};
	CHECK(!span_word(&rest, &word) && !rest.p);
}

TEST(span_skipping)
{
	struct span s = span_str("key: value");

	CHECK(!span_skip(&s, "keys") && span_eq(s, "key: value"));
	CHECK(span_skip(&s, "key: ") && span_eq(s, "value"));
	CHECK(!span_skip(&s, "value and more"));
	CHECK(span_skip(&s, "value") && s.n == 0);
}

TEST_MAIN(&span_words, &span_skipping, &spans, &split, &copies, &beginnings_and_ends,
	&unsigned_numbers, &signed_numbers, &bases, &real_numbers, &arrays, &nearest_name)
