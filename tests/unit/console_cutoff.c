/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/cutoff.h"

#include "tests/unit/test.h"

static const char *words(const char *id, int64_t until, bool confirmed)
{
	static char out[CUTOFF_WORDS_MAX];
	const struct wire_quarantine q = {.id = id, .until = until, .confirmed = confirmed};

	return cutoff_words(&q, out);
}

TEST(cutoff)
{
	CHECK_STR(words(NULL, 5, true), "");
	CHECK_STR(words("", 5, true), "");
	CHECK_STR(words("q", 0, true), "until released");
	CHECK_STR(words("q", 1790000000, true), "until 2026-09-21T14:13:20Z");
	CHECK_STR(words("q", 1790000000, false), "not confirmed");
	/* What a hostile host may say. */
	CHECK_STR(words("q", INT64_MAX, true), "until released");
	CHECK_STR(words("q", INT64_MIN, true), "until released");
	CHECK_STR(words("q", 67767976233532799, true), "until 2147483647-12-31T23:59:59Z");
}

TEST_MAIN(&cutoff)
