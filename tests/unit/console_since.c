/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moments in the past, as people give them. */
#include "tests/unit/test.h"

#include "console/since.h"

#include <errno.h>
#include <time.h>

#define US  INT64_C(1000000)
#define DAY (86400 * US)
/* 2026-11-22T12:30:45Z. */
#define NOW (INT64_C(1795350645) * US + 123456)
/* The beginning of that day in UTC. */
#define TODAY (INT64_C(1795305600) * US)

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static int64_t until(const char *text)
{
	int64_t us = -1;
	struct err err;

	CHECK_INT(since_read(text, NOW, &us, &err), 0);
	return us;
}

static int64_t from(const char *text)
{
	int64_t us = -1;
	struct err err;

	CHECK_INT(since_begin(text, NOW, &us, &err), 0);
	return us;
}

TEST(days)
{
	zone("UTC");
	CHECK_INT(until("yesterday"), TODAY - 1);
	CHECK_INT(from("yesterday"), TODAY - DAY);
	CHECK_INT(until("2026-11-21"), TODAY - 1);
	CHECK_INT(from("2026-11-21"), TODAY - DAY);
	CHECK_INT(until("2026-11-22"), TODAY + DAY - 1);
	/* Days are those of the place where one is. */
	zone("XXX-9");
	CHECK_INT(until("yesterday"), TODAY - 9 * 3600 * US - 1);
	CHECK_INT(from("2026-11-21"), TODAY - DAY - 9 * 3600 * US);
	/* There it is tomorrow already. */
	zone("XXX-14");
	CHECK_INT(until("yesterday"), TODAY + DAY - 14 * 3600 * US - 1);
}

TEST(moments)
{
	zone("XXX-9");
	CHECK_INT(until("2026-11-22 14:00"), TODAY + 5 * 3600 * US);
	CHECK_INT(from("2026-11-22T14:00"), TODAY + 5 * 3600 * US);
	CHECK_INT(until("2026-11-22 14:00:30"), TODAY + (5 * 3600 + 30) * US);
	/* As history shows them. */
	CHECK_INT(until("2026-11-22T05:00:30Z"), TODAY + (5 * 3600 + 30) * US);
	CHECK_INT(from("2026-11-22 05:00Z"), TODAY + 5 * 3600 * US);
}

TEST(how_long_ago)
{
	CHECK_INT(until("90m"), NOW - 5400 * US);
	CHECK_INT(from("12h"), NOW - 12 * 3600 * US);
	CHECK_INT(until("3d"), NOW - 3 * DAY);
	CHECK_INT(until("2w"), NOW - 14 * DAY);
	CHECK_INT(until("0h"), NOW);
}

TEST(no_times)
{
	static const char *const texts[] = {"", "d", "x", "tomorrow", "-1d", "1y", "1.5h", "3 d",
		"1000001d", "2026-11", "2026-11-21Z", "2026-13-01", "2026-11-21 25:00",
		"2026-11-21 14:00Y", "2026-11-21T14:00:30Zz"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		int64_t us = 7;
		struct err err;

		if (since_read(texts[i], NOW, &us, &err) != -EINVAL || us != 7)
			FAIL("`%s` is taken for a time", texts[i]);
	}
}

TEST_MAIN(&days, &moments, &how_long_ago, &no_times)
