/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/since.h"

#include "common/str.h"

#include <time.h>

#define SECOND_US INT64_C(1000000)
#define COUNT_MAX 1000000

static int64_t seconds_of(char unit)
{
	switch (unit) {
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 7 * 86400;
	default:
		return 0;
	}
}

enum edge { DAY_BEGIN, DAY_END };

/* Of the day that is `days` after the one of `tm`. */
static int64_t day_edge(struct tm tm, int days, enum edge edge)
{
	tm.tm_mday += days + (edge == DAY_END);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm) * SECOND_US - (edge == DAY_END);
}

/* False where it is neither a date nor one with a time. With a Z it is in UTC, as runs are shown.
 */
static bool read_date(const char *text, enum edge edge, int64_t *ret_us)
{
	static const char *const formats[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
		"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"};

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct tm tm = {.tm_isdst = -1};
		const char *end = strptime(text, formats[i], &tm);
		bool utc = end && i > 0 && str_eq(end, "Z");

		if (!end || (*end && !utc))
			continue;
		tm.tm_isdst = -1;
		if (i == 0)
			*ret_us = day_edge(tm, 0, edge);
		else
			*ret_us = (int64_t)(utc ? timegm(&tm) : mktime(&tm)) * SECOND_US;
		return true;
	}
	return false;
}

static int read_when(
	const char *text, int64_t now_us, enum edge edge, int64_t *ret_us, struct err *err)
{
	size_t n = strlen(text);
	time_t now = (time_t)(now_us / SECOND_US);
	struct tm tm = {0};
	uint64_t count;

	if (str_eq(text, "yesterday") && localtime_r(&now, &tm)) {
		*ret_us = day_edge(tm, -1, edge);
		return 0;
	}
	if (n > 1 && seconds_of(text[n - 1]) &&
		parse_span((struct span){text, n - 1}, 10, COUNT_MAX, &count) == 0) {
		*ret_us = now_us - (int64_t)count * seconds_of(text[n - 1]) * SECOND_US;
		return 0;
	}
	if (read_date(text, edge, ret_us))
		return 0;
	return err_set(err, EINVAL,
		"`%s` is no time: yesterday, 12h, 3d, 2026-11-21 or '2026-11-21 14:00'", text);
}

int since_read(const char *text, int64_t now_us, int64_t *ret_us, struct err *err)
{
	return read_when(text, now_us, DAY_END, ret_us, err);
}

int since_begin(const char *text, int64_t now_us, int64_t *ret_us, struct err *err)
{
	return read_when(text, now_us, DAY_BEGIN, ret_us, err);
}
