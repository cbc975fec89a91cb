/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/root.h"
#include "agentd/table.h"
#include "common/clock.h"

#include <time.h>

enum {
	WEEKDAY,
	YEAR,
	MONTH,
	DAY,
	HOUR,
	MINUTES,
	SECONDS,
	TIMEZONE,
	LOCAL_TIMEZONE,
	UNIX_TIME,
	TIMESTAMP,
	DATETIME,
	ISO_8601,
};

/* Whatever the locale, these are the words. */
static const char *const weekdays[] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char *const months[] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Abbreviation of the zone this program runs in; of a mounted image nothing is known. */
static void put_local_timezone(struct scan *s, time_t now)
{
	struct tm local;

	if (root_is_live(scan_root(s)) && localtime_r(&now, &local) && local.tm_zone)
		row_text(s, LOCAL_TIMEZONE, local.tm_zone);
}

static void put_formats(struct scan *s, const struct tm *utc)
{
	char iso[32];

	row_printf(s, TIMESTAMP, "%.3s %s %2d %02d:%02d:%02d %d UTC", weekdays[utc->tm_wday],
		months[utc->tm_mon], utc->tm_mday, utc->tm_hour, utc->tm_min, utc->tm_sec,
		utc->tm_year + 1900);
	strftime(iso, sizeof(iso), "%Y-%m-%dT%H:%M:%SZ", utc);
	row_text(s, DATETIME, iso);
	row_text(s, ISO_8601, iso);
}

static int step(struct scan *s)
{
	time_t now = (time_t)(clock_real_us() / 1000000);
	struct tm utc;

	if (!gmtime_r(&now, &utc))
		return scan_error(s, ERANGE, "the clock tells no date");
	row_begin(s);
	row_text(s, WEEKDAY, weekdays[utc.tm_wday]);
	row_int(s, YEAR, utc.tm_year + 1900);
	row_int(s, MONTH, utc.tm_mon + 1);
	row_int(s, DAY, utc.tm_mday);
	row_int(s, HOUR, utc.tm_hour);
	row_int(s, MINUTES, utc.tm_min);
	row_int(s, SECONDS, utc.tm_sec);
	row_text(s, TIMEZONE, "UTC");
	if (scan_wants(s, LOCAL_TIMEZONE))
		put_local_timezone(s, now);
	row_int(s, UNIX_TIME, now);
	put_formats(s, &utc);
	row_end(s);
	return 0;
}

static const struct column columns[] = {
	[WEEKDAY] = {"weekday", COL_TEXT, 0, "Day of the week in UTC, English"},
	[YEAR] = {"year", COL_INTEGER, 0, "Year in UTC"},
	[MONTH] = {"month", COL_INTEGER, 0, "Month in UTC, 1 to 12"},
	[DAY] = {"day", COL_INTEGER, 0, "Day of the month in UTC"},
	[HOUR] = {"hour", COL_INTEGER, 0, "Hour in UTC"},
	[MINUTES] = {"minutes", COL_INTEGER, 0, "Minutes of the hour"},
	[SECONDS] = {"seconds", COL_INTEGER, 0, "Seconds of the minute"},
	[TIMEZONE] = {"timezone", COL_TEXT, 0, "Zone of the columns here: always UTC"},
	[LOCAL_TIMEZONE] = {"local_timezone", COL_TEXT, 0, "Abbreviation of the host's own zone"},
	[UNIX_TIME] = {"unix_time", COL_INTEGER, 0, "Seconds since 1970-01-01 UTC"},
	[TIMESTAMP] = {"timestamp", COL_TEXT, 0, "As in logs: Tue Sep  5 14:03:00 2023 UTC"},
	[DATETIME] = {"datetime", COL_TEXT, 0, "ISO 8601: 2023-09-05T14:03:00Z"},
	[ISO_8601] = {"iso_8601", COL_TEXT, 0, "The same as datetime"},
	COL_END,
};

const struct table table_time = {
	.name = "time",
	.doc = "The host's clock, in UTC.",
	.columns = columns,
	.step = step,
};
