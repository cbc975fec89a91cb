/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plain scalars that are a date with a time of day, "2001-12-14 21:59:43.1 +1". Ansible shows them
 * as ISO 8601 has them.
 */
#include "console/fleet/ytree.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct moment {
	unsigned year, month, day, hour, minute, second, micro;
	bool zoned, west;
	unsigned zone_hours, zone_minutes;
};

static bool take(struct span *s, const char *chars)
{
	if (!s->n || !strchr(chars, *s->p) || !*s->p)
		return false;
	s->p++;
	s->n--;
	return true;
}

/* From `min` to `max` digits, all of them that are there. */
static bool take_digits(struct span *s, unsigned min, unsigned max, unsigned *ret)
{
	unsigned n = 0, value = 0;

	for (; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++) {
		if (n == max)
			return false;
		value = value * 10 + (unsigned)(s->p[n] - '0');
	}
	s->p += n;
	s->n -= n;
	*ret = value;
	return n >= min;
}

static void take_blanks(struct span *s)
{
	while (take(s, " \t"))
		;
}

/* Six digits of it count. */
static void take_fraction(struct span *s, unsigned *ret)
{
	unsigned unit = 100000;

	for (*ret = 0; s->n && *s->p >= '0' && *s->p <= '9'; s->p++, s->n--, unit /= 10)
		*ret += (unsigned)(*s->p - '0') * unit;
}

static bool take_zone(struct span *s, struct moment *m)
{
	take_blanks(s);
	m->zoned = s->n > 0;
	if (!m->zoned || take(s, "Z"))
		return true;
	m->west = *s->p == '-';
	return take(s, "+-") && take_digits(s, 1, 2, &m->zone_hours) &&
	       (!take(s, ":") || take_digits(s, 2, 2, &m->zone_minutes));
}

static bool take_moment(struct span *s, struct moment *m)
{
	if (!take_digits(s, 4, 4, &m->year) || !take(s, "-") || !take_digits(s, 1, 2, &m->month) ||
		!take(s, "-") || !take_digits(s, 1, 2, &m->day))
		return false;
	if (!take(s, "Tt")) {
		if (!take(s, " \t"))
			return false;
		take_blanks(s);
	}
	if (!take_digits(s, 1, 2, &m->hour) || !take(s, ":") || !take_digits(s, 2, 2, &m->minute) ||
		!take(s, ":") || !take_digits(s, 2, 2, &m->second))
		return false;
	if (take(s, "."))
		take_fraction(s, &m->micro);
	return take_zone(s, m);
}

/* The calendar has it. */
static bool exists(const struct moment *m)
{
	struct tm tm = {.tm_year = (int)m->year - 1900,
		.tm_mon = (int)m->month - 1,
		.tm_mday = (int)m->day};

	if (m->year == 0 || m->hour > 23 || m->minute > 59 || m->second > 59 ||
		m->zone_hours > 23 || m->zone_minutes > 59)
		return false;
	timegm(&tm);
	return tm.tm_mon == (int)m->month - 1 && tm.tm_mday == (int)m->day;
}

size_t ytime_text(struct span text, char out[YTIME_MAX])
{
	struct moment m = {0};
	int n;

	if (!take_moment(&text, &m) || text.n || !exists(&m))
		return 0;
	n = snprintf(out, YTIME_MAX, "%04u-%02u-%02uT%02u:%02u:%02u", m.year, m.month, m.day,
		m.hour, m.minute, m.second);
	if (m.micro)
		n += snprintf(out + n, YTIME_MAX - (size_t)n, ".%06u", m.micro);
	if (m.zoned)
		n += snprintf(out + n, YTIME_MAX - (size_t)n, "%c%02u:%02u",
			m.west && m.zone_hours + m.zone_minutes ? '-' : '+', m.zone_hours,
			m.zone_minutes);
	return (size_t)n;
}
