/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/cell.h"
#include "common/str.h"

#include <float.h>
#include <locale.h>
#include <math.h>

static struct cell integer(int64_t i)
{
	return (struct cell){.type = CELL_INT, .i = i};
}

static struct cell real(double r)
{
	return (struct cell){.type = CELL_REAL, .r = r};
}

static struct cell bytes(enum cell_type type, const char *p, size_t n)
{
	return (struct cell){.type = type, .n = (uint32_t)n, .p = p};
}

static const char *real_text(double r)
{
	static char out[CELL_NUMBER_MAX];

	memset(out, 'x', sizeof(out));
	CHECK_INT(cell_real_text(r, out), strlen(out));
	return out;
}

TEST(integers_as_text)
{
	char out[CELL_NUMBER_MAX];

	CHECK_INT(cell_int_text(0, out), 1);
	CHECK_STR(out, "0");
	CHECK_INT(cell_int_text(-7, out), 2);
	CHECK_STR(out, "-7");
	cell_int_text(INT64_MAX, out);
	CHECK_STR(out, "9223372036854775807");
	cell_int_text(INT64_MIN, out);
	CHECK_STR(out, "-9223372036854775808");
}

TEST(integers_of_every_length)
{
	char out[CELL_NUMBER_MAX], want[CELL_NUMBER_MAX];

	for (int64_t i = 1; i < INT64_MAX / 10; i *= 10) {
		for (int64_t d = -1; d <= 1; d++) {
			snprintf(want, sizeof(want), "%" PRId64, -i - d);
			CHECK_INT(cell_int_text(-i - d, out), strlen(want));
			CHECK_STR(out, want);
			CHECK_INT(cell_int_text(i + d, out), strlen(want) - (want[0] == '-'));
			CHECK_STR(out, want + (want[0] == '-'));
		}
	}
}

TEST(reals_as_text)
{
	CHECK_STR(real_text(0.0), "0.0");
	CHECK_STR(real_text(-0.0), "-0.0");
	CHECK_STR(real_text(1.0), "1.0");
	CHECK_STR(real_text(-2.5), "-2.5");
	CHECK_STR(real_text(0.1), "0.1");
	CHECK_STR(real_text(1790000000.123), "1790000000.123");
	CHECK_STR(real_text(1e300), "1e+300");
	CHECK_STR(real_text(999999999999999.0), "999999999999999.0");
	CHECK_STR(real_text(1e15), "1e+15");
	CHECK_STR(real_text(1234567890123456.0), "1234567890123456.0");
	CHECK_STR(real_text(INFINITY), "Inf");
	CHECK_STR(real_text(-INFINITY), "-Inf");
	CHECK_STR(real_text((double)NAN), "NaN");
	/* The longest there is. */
	CHECK_STR(real_text(-2.2250738585072014e-308), "-2.2250738585072014e-308");
}

TEST(reals_read_back)
{
	const double all[] = {0.1, 1.0 / 3, DBL_MAX, DBL_MIN, DBL_TRUE_MIN, 0.1 + 0.2,
		9007199254740993.0, 123456.789e-30, -5e-324, 4.35, 2.0 / 3 * 1e20};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		const char *text = real_text(all[i]);

		CHECK(strtod(text, NULL) == all[i]);
		CHECK(strpbrk(text, ".e"));
	}
}

TEST(reals_do_not_follow_the_locale)
{
	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
		SKIP("no locale with a decimal comma here");
	char got[CELL_NUMBER_MAX];

	cell_real_text(1234.5678, got);
	setlocale(LC_NUMERIC, "C");
	CHECK_STR(got, "1234.5678");
}

/* Every cell comes before those that follow. */
TEST(order_is_that_of_sqlite)
{
	const struct cell sorted[] = {
		{.type = CELL_NULL},
		real(-INFINITY),
		real(-1e19),
		integer(INT64_MIN),
		real(-2.5),
		integer(-2),
		integer(0),
		real(0.5),
		integer(1),
		/* 2^53 + 1 is no double: compared as one it would be the same as 2^53. */
		real(9007199254740992.0),
		integer(9007199254740993),
		integer(INT64_MAX),
		real(9223372036854775808.0),
		real(INFINITY),
		bytes(CELL_TEXT, "", 0),
		bytes(CELL_TEXT, "A", 1),
		bytes(CELL_TEXT, "A\0", 2),
		bytes(CELL_TEXT, "a", 1),
		bytes(CELL_TEXT, "\xc3\xa9", 2),
		bytes(CELL_BLOB, NULL, 0),
		bytes(CELL_BLOB, "\0", 1),
		bytes(CELL_BLOB, "\xff", 1),
	};

	for (size_t i = 0; i < ARRAY_LEN(sorted); i++) {
		for (size_t j = 0; j < ARRAY_LEN(sorted); j++) {
			int d = cell_compare(&sorted[i], &sorted[j]);

			if ((d > 0) - (d < 0) != (i > j) - (i < j))
				FAIL("cells %zu and %zu compare as %d", i, j, d);
		}
	}
}

TEST(equal_numbers_of_two_types)
{
	struct cell i = integer(3), r = real(3.0), zero = real(-0.0), nil = {.type = CELL_NULL};
	struct cell nan = real((double)NAN), none = integer(0), min = integer(INT64_MIN);
	struct cell min_real = real(-9223372036854775808.0);

	CHECK_INT(cell_compare(&i, &r), 0);
	CHECK_INT(cell_compare(&r, &i), 0);
	CHECK_INT(cell_compare(&none, &zero), 0);
	CHECK_INT(cell_compare(&nan, &nil), 0);
	CHECK(cell_compare(&nan, &none) < 0);
	CHECK_INT(cell_compare(&min, &min_real), 0);
}

TEST_MAIN(&integers_as_text, &integers_of_every_length, &reals_as_text, &reals_read_back,
	&reals_do_not_follow_the_locale, &order_is_that_of_sqlite, &equal_numbers_of_two_types)
