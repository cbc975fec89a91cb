/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sentences in lines of 80 columns. */
#include "tests/unit/test.h"

#include "common/fill.h"

#include <errno.h>

#define W9 "ninebytes"
#define W8 "eightbyt"

static const char *words(const char *text, size_t indent)
{
	static struct buf b;

	buf_done(&b);
	buf_init(&b, 4096);
	CHECK_INT(fill_words(&b, span_str(text), indent), 0);
	return buf_str(&b);
}

static const char *paragraphs(const char *text)
{
	static struct buf b;

	buf_done(&b);
	buf_init(&b, 4096);
	CHECK_INT(fill_paragraphs(&b, text), 0);
	return buf_str(&b);
}

TEST(words_in_lines)
{
	CHECK_STR(words("", 5), "\n");
	CHECK_STR(words("a  b\nc", 5), "a b c\n");
	/* 8 * 9 + 7 blanks are 79; one column more fits, two do not. */
	CHECK_STR(words(W9 " " W9 " " W9 " " W9 " " W9 " " W9 " " W9 " " W9 "x b", 0),
		W9 " " W9 " " W9 " " W9 " " W9 " " W9 " " W9 " " W9 "x\nb\n");
	CHECK_STR(words(W9 " " W9 " " W9 " " W9 " " W9 " " W9 " " W9 " " W9 "xx b", 0),
		W9 " " W9 " " W9 " " W9 " " W9 " " W9 " " W9 "\n" W9 "xx b\n");
	CHECK_STR(words("one two " W9, 70), "one two\n"
					    "                                                      "
					    "                " W9 "\n");
	/* Columns, not bytes. */
	CHECK_STR(words("…… …… …… ……", 69), "…… …… …… ……\n");
	/* What fits nowhere. */
	CHECK_STR(words("a " W9 " b", 78),
		"a\n"
		"                                                        "
		"                      " W9 "\n"
		"                                                        "
		"                      b\n");
}

TEST(paragraphs_and_examples)
{
	CHECK_STR(paragraphs("one\ntwo\n\nthree\n  as  it\n  is"),
		"one two\n\nthree\n  as  it\n  is\n");
	CHECK_STR(paragraphs("  as it is\n\nlast"), "  as it is\n\nlast\n");
}

TEST(bounds)
{
	struct buf b;

	buf_init(&b, 4);
	CHECK_INT(fill_words(&b, span_str("four 4"), 0), -EMSGSIZE);
	buf_reset(&b);
	CHECK_INT(fill_paragraphs(&b, "four\n\n4"), -EMSGSIZE);
	buf_done(&b);
}

TEST_MAIN(&words_in_lines, &paragraphs_and_examples, &bounds)
