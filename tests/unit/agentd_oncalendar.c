/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/oncalendar.h"

#include "tests/unit/test.h"

#include <errno.h>
#include <time.h>

/* Sat 2026-11-21 22:24:30 UTC */
#define NOW 1795299870

/* As systemd-analyze calendar tells them, with TZ=UTC. */
static const struct {
	const char *text, *next;
} known[] = {
	{"minutely", "2026-11-21 22:25:00"},
	{"hourly", "2026-11-21 23:00:00"},
	{"Daily", "2026-11-22 00:00:00"},
	{"weekly", "2026-11-23 00:00:00"},
	{"monthly", "2026-12-01 00:00:00"},
	{"quarterly", "2027-01-01 00:00:00"},
	{"yearly", "2027-01-01 00:00:00"},
	{"Mon..Fri *-*-* 10:00", "2026-11-23 10:00:00"},
	{"Sat..Sun 22:24:31", "2026-11-21 22:24:31"},
	{"Sun,Saturday 22:24:30", "2026-11-22 22:24:30"},
	{"*-*-* 06,18:00", "2026-11-22 06:00:00"},
	{"*:0/15", "2026-11-21 22:30:00"},
	{"*-*-* *:5..10/2:00", "2026-11-21 23:05:00"},
	{"*-*~01", "2026-11-30 00:00:00"},
	{"Mon *-05~07/1", "2027-05-31 00:00:00"},
	{"2027-03-01 12:00", "2027-03-01 12:00:00"},
	{"02-29", "2028-02-29 00:00:00"},
	{"Mon 02-29", "2044-02-29 00:00:00"},
	{"*-*-* 03:10:00 UTC", "2026-11-22 03:10:00"},
	{"27-1..3-5 1:2:3", "2027-01-05 01:02:03"},
	{"*-*-1/10", "2026-12-01 00:00:00"},
};

TEST(next)
{
	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct oncalendar c;
		char text[32];
		int64_t t;
		time_t at;
		struct tm tm;

		if (oncalendar_read(span_str(known[i].text), &c) != 0)
			FAIL("%s is not read", known[i].text);
		if (oncalendar_next(&c, NOW, &t) != 0)
			FAIL("%s never comes", known[i].text);
		at = t;
		gmtime_r(&at, &tm);
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
		if (strcmp(text, known[i].next) != 0)
			FAIL("%s: %s, not %s", known[i].text, text, known[i].next);
	}
}

TEST(never)
{
	static const char *const past[] = {"2020-01-01", "*-02-30", "2026-11-21 22:24:30"};
	struct oncalendar c;
	int64_t t;

	for (size_t i = 0; i < ARRAY_LEN(past); i++) {
		CHECK(oncalendar_read(span_str(past[i]), &c) == 0);
		CHECK(oncalendar_next(&c, NOW, &t) == -ENOENT);
	}
}

TEST(refused)
{
	static const char *const bad[] = {"", " ", "Xyz", "1:2:3:4", "25:00", "*-13-01",
		"*-*-* 5..3:00", "1-2-3-4", "12:00 *-*-*", "Mon..", ",", "*/0:00", "*~*~1", "-",
		"1999-01-01~02", "*..3:00"};
	static const char *const other[] = {
		"@1700000000", "*-*-* 00:00 Europe/Berlin", "*:*:0.5", "daily UTC x"};
	struct oncalendar c;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (oncalendar_read(span_str(bad[i]), &c) != -EBADMSG && strcmp(bad[i], "*-*") != 0)
			FAIL("'%s' is read", bad[i]);
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		if (oncalendar_read(span_str(other[i]), &c) >= 0)
			FAIL("'%s' is read", other[i]);
}

TEST_MAIN(&next, &never, &refused)
