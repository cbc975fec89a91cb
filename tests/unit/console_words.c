/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A typed line as words. */
#include "tests/unit/test.h"

#include "console/words.h"

#include <errno.h>

/* The words between bars; "-CODE@PLACE" of a line that is wrong. */
static const char *split(const char *line)
{
	static char out[1024];
	struct words w;
	struct err err;
	size_t at = 0;
	int r = words_split(line, &w, &at, &err);
	size_t n = 0;

	out[0] = '\0';
	if (r < 0) {
		snprintf(out, sizeof(out), "%d@%zu", r, at);
		return out;
	}
	for (int i = 0; i < w.n; i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s", i ? "|" : "", w.of[i]);
	CHECK(!w.of[w.n]);
	words_done(&w);
	return out;
}

TEST(blanks_part_words)
{
	CHECK_STR(split(""), "");
	CHECK_STR(split(" \t\n "), "");
	CHECK_STR(split("a"), "a");
	CHECK_STR(split("  a\tb\n c  "), "a|b|c");
}

TEST(quotes_keep_them_together)
{
	CHECK_STR(split("a 'b c' d"), "a|b c|d");
	CHECK_STR(split("a \"b 'c' d\""), "a|b 'c' d");
	CHECK_STR(split("x'y z'w"), "xy zw");
	CHECK_STR(split("'' \"\""), "|");
	CHECK_STR(split("a\\ b"), "a b");
	CHECK_STR(split("\"a\\\"b\""), "a\"b");
	CHECK_STR(split("'a\\b'"), "a\\b");
	/* Nothing stands behind it. */
	CHECK_STR(split("a\\"), "a\\");
}

TEST(open_quotes_are_told)
{
	char want[32];

	snprintf(want, sizeof(want), "%d@4", -EINVAL);
	CHECK_STR(split("abc 'd e"), want);
	CHECK_STR(split("abc \"d e"), want);
	CHECK_STR(split("abc x\"d e"), want);
}

TEST(places)
{
	struct words w;

	CHECK_INT(words_split(" ab  'c d' e", &w, NULL, NULL), 0);
	CHECK_INT(w.n, 3);
	CHECK_INT(w.at[0], 1);
	CHECK_INT(w.at[1], 5);
	CHECK_INT(w.at[2], 11);
	words_done(&w);
	words_done(&w);
	words_done(NULL);
}

TEST(too_many)
{
	char line[2 * WORDS_MAX + 3];
	struct words w;
	struct err err;

	for (size_t i = 0; i < sizeof(line) - 1; i++)
		line[i] = i % 2 ? ' ' : 'a';
	line[2 * WORDS_MAX] = '\0';
	CHECK_INT(words_split(line, &w, NULL, &err), 0);
	CHECK_INT(w.n, WORDS_MAX);
	CHECK(!w.of[WORDS_MAX]);
	words_done(&w);
	line[2 * WORDS_MAX] = 'a';
	line[2 * WORDS_MAX + 1] = '\0';
	CHECK_INT(words_split(line, &w, NULL, &err), -E2BIG);
}

TEST(joined_as_they_stand)
{
	static const char line[] = "query -t web select 'a  b',  \"c\" --yes -v ";
	struct words w;

	CHECK_INT(words_split(line, &w, NULL, NULL), 0);
	CHECK_INT(w.n, 8);
	words_join(&w, line, 3, 6);
	CHECK_INT(w.n, 6);
	CHECK_STR(w.of[2], "web");
	CHECK_STR(w.of[3], "--yes");
	CHECK_STR(w.of[4], "-v");
	CHECK_STR(w.of[5], "select 'a  b',  \"c\"");
	CHECK_INT(w.at[5], 13);
	CHECK(!w.of[6]);
	words_done(&w);
	/* Up to the end, all of it. */
	CHECK_INT(words_split("\"a\" \"b\" ", &w, NULL, NULL), 0);
	words_join(&w, "\"a\" \"b\" ", 0, 2);
	CHECK_INT(w.n, 1);
	CHECK_STR(w.of[0], "\"a\" \"b\"");
	words_done(&w);
}

TEST(out_of_memory)
{
	struct words w;
	struct err err;

	failalloc_countdown = 1;
	CHECK_INT(words_split("a b", &w, NULL, &err), -ENOMEM);
	failalloc_countdown = 0;
}

TEST_MAIN(&blanks_part_words, &quotes_keep_them_together, &open_quotes_are_told, &places, &too_many,
	&joined_as_they_stand, &out_of_memory)
