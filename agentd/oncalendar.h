/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calendar expressions of systemd.time(7), "Mon..Fri *-*-* 06,18:00", and when they come next. */
#ifndef AGENTD_ONCALENDAR_H
#define AGENTD_ONCALENDAR_H

#include "common/str.h"

#include <stdint.h>

#define ONCALENDAR_YEAR_MIN 1970
#define ONCALENDAR_YEAR_MAX 2199

struct oncalendar {
	/* A bit per value that matches; weekdays from Monday on. */
	uint64_t weekdays, months, hours, minutes, seconds;
	uint64_t days;	   /* of the month; counted from its end when from_end is set, 1 the last */
	uint64_t years[4]; /* from ONCALENDAR_YEAR_MIN on */
	bool from_end, utc; /* utc: it says so, else the time is local */
};

/* 0, -EBADMSG for what is none, -EOPNOTSUPP for time zones by name, parts of seconds, "@TIME". */
int oncalendar_read(struct span text, struct oncalendar *ret);
/*
 * The first time after `now`, in seconds since 1970; local time is that of this process. -ENOENT
 * when there is none any more.
 */
int oncalendar_next(const struct oncalendar *c, int64_t now, int64_t *ret);

#endif
