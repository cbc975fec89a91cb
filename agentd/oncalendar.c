/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/oncalendar.h"

#include "agentd/words.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Items of one list. */
#define ITEMS_MAX 240
/* Days that are looked at: what comes only on a 29th of February that is a Monday comes by then. */
#define DAYS_MAX (366 * 41)

static const struct {
	const char *word, *meaning;
} words[] = {
	{"minutely", "*-*-* *:*:00"},
	{"hourly", "*-*-* *:00:00"},
	{"daily", "*-*-* 00:00:00"},
	{"weekly", "Mon *-*-* 00:00:00"},
	{"monthly", "*-*-01 00:00:00"},
	{"quarterly", "*-01,04,07,10-01 00:00:00"},
	{"semiannually", "*-01,07-01 00:00:00"},
	{"semi-annually", "*-01,07-01 00:00:00"},
	{"biannually", "*-01,07-01 00:00:00"},
	{"bi-annually", "*-01,07-01 00:00:00"},
	{"yearly", "*-01-01 00:00:00"},
	{"annually", "*-01-01 00:00:00"},
};

static bool same_word(struct span s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* ---- Reading ---- */

/* The part before ".." and in *ret_rest what is behind; its p is NULL without. */
static struct span before_dots(struct span s, struct span *ret_rest)
{
	char *dots = memmem(s.p, s.n, "..", 2);
	size_t n = dots ? (size_t)(dots - s.p) : s.n;

	*ret_rest = dots ? (struct span){dots + 2, s.n - n - 2} : (struct span){NULL, 0};
	return (struct span){s.p, n};
}

static int read_weekday(struct span s)
{
	static const char *const names[] = {
		"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

	for (int i = 0; i < (int)ARRAY_LEN(names); i++)
		if (same_word(s, names[i]) || (s.n == 3 && strncasecmp(s.p, names[i], 3) == 0))
			return i;
	return -EBADMSG;
}

static int read_weekdays(struct span list, uint64_t *ret)
{
	struct span item, last;

	*ret = 0;
	while (span_split(&list, ',', &item)) {
		int from, to;

		if (!item.n && !list.p)
			break;
		item = before_dots(item, &last);
		from = read_weekday(item);
		to = last.p ? read_weekday(last) : from;
		if (from < 0 || to < 0)
			return -EBADMSG;
		/* "Sat..Tue" goes over the end of the week. */
		for (int day = from;; day = (day + 1) % 7) {
			*ret |= UINT64_C(1) << day;
			if (day == to)
				break;
		}
	}
	return *ret ? 0 : -EBADMSG;
}

static int read_value(struct span s, unsigned min, unsigned max, unsigned *ret)
{
	uint64_t v;

	if (memchr(s.p, '.', s.n))
		return -EOPNOTSUPP;
	if (parse_span(s, 10, UINT32_MAX, &v) < 0)
		return -EBADMSG;
	/* Years of two digits. */
	if (min == ONCALENDAR_YEAR_MIN && v < 100)
		v += v < 70 ? 2000 : 1900;
	if (v < min || v > max)
		return -EBADMSG;
	*ret = (unsigned)v;
	return 0;
}

static void mark(uint64_t *bits, unsigned i)
{
	bits[i / 64] |= UINT64_C(1) << i % 64;
}

/* "*", "5", "1..5", "*\/15", "3/2": sets the bits of the values, the first for `base`. */
static int read_item(
	struct span item, unsigned min, unsigned max, unsigned base, bool down, uint64_t *bits)
{
	struct span step, last;
	unsigned from = min, to = max, by = 1;
	int r = 0;

	item = word_before(item, '/', &step);
	item = before_dots(item, &last);
	if (step.p)
		r = read_value(step, 1, UINT16_MAX, &by);
	if (!r && !span_eq(item, "*")) {
		r = read_value(item, min, max, &from);
		to = step.p ? max : from;
	}
	if (!r && last.p)
		r = read_value(last, min, max, &to);
	if (r < 0 || (!last.p && to < from) || (last.p && (to < from || span_eq(item, "*"))))
		return r < 0 ? r : -EBADMSG;
	/* From the end of the month on the numbers go down. */
	for (unsigned v = from; down && step.p; v -= by) {
		mark(bits, v - base);
		if (v < min + by)
			return 0;
	}
	for (unsigned v = from; v <= to; v += by)
		mark(bits, v - base);
	return 0;
}

static int read_list(
	struct span list, unsigned min, unsigned max, unsigned base, bool down, uint64_t *bits)
{
	struct span item;
	unsigned n = 0;
	int r = 0;

	while (!r && span_split(&list, ',', &item))
		r = ++n > ITEMS_MAX ? -EBADMSG : read_item(item, min, max, base, down, bits);
	return r;
}

static int read_date(struct span s, struct oncalendar *c)
{
	struct span parts[3] = {{"*", 1}}, rest = s, tail;
	char *tilde = memchr(s.p, '~', s.n);
	size_t n = 0;
	int r;

	if (tilde) {
		rest = (struct span){s.p, (size_t)(tilde - s.p)};
		tail = (struct span){tilde + 1, s.n - rest.n - 1};
	}
	while (n < 3 && span_split(&rest, '-', &parts[n]))
		n++;
	if (rest.p)
		return -EBADMSG;
	if (tilde && n < 3)
		parts[n++] = tail;
	else if (tilde)
		return -EBADMSG;
	if (n == 2) {
		parts[2] = parts[1];
		parts[1] = parts[0];
		parts[0] = (struct span){"*", 1};
	} else if (n != 3) {
		return -EBADMSG;
	}
	c->from_end = tilde != NULL;
	r = read_list(parts[0], ONCALENDAR_YEAR_MIN, ONCALENDAR_YEAR_MAX, ONCALENDAR_YEAR_MIN,
		false, c->years);
	if (!r)
		r = read_list(parts[1], 1, 12, 0, false, &c->months);
	if (!r)
		r = read_list(parts[2], 1, 31, 0, c->from_end, &c->days);
	return r;
}

static int read_clock(struct span s, struct oncalendar *c)
{
	struct span parts[3], rest = s;
	size_t n = 0;
	int r;

	while (n < 3 && span_split(&rest, ':', &parts[n]))
		n++;
	if (rest.p || n < 2)
		return -EBADMSG;
	if (n == 2)
		parts[2] = (struct span){"0", 1};
	r = read_list(parts[0], 0, 23, 0, false, &c->hours);
	if (!r)
		r = read_list(parts[1], 0, 59, 0, false, &c->minutes);
	if (!r)
		r = read_list(parts[2], 0, 59, 0, false, &c->seconds);
	return r;
}

static bool is_alpha(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

int oncalendar_read(struct span text, struct oncalendar *ret)
{
	struct oncalendar c = {.weekdays = 0x7f};
	bool date = false, clock = false, any = false;
	struct span w;
	int r = 0;

	text = span_trim(text);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (same_word(text, words[i].word))
			text = span_str(words[i].meaning);
	if (text.n && text.p[0] == '@')
		return -EOPNOTSUPP;
	while (!r && (w = word_next(&text)).n) {
		if (is_alpha(w.p[0]) && any) {
			c.utc = same_word(w, "UTC");
			r = c.utc && !text.n ? 0 : -EOPNOTSUPP;
		} else if (is_alpha(w.p[0])) {
			r = read_weekdays(w, &c.weekdays);
		} else if (memchr(w.p, ':', w.n)) {
			r = clock ? -EBADMSG : read_clock(w, &c);
			clock = true;
		} else {
			r = date || clock ? -EBADMSG : read_date(w, &c);
			date = true;
		}
		any = true;
	}
	if (!r && any && !date)
		r = read_date(span_str("*-*-*"), &c);
	if (!r && any && !clock)
		r = read_clock(span_str("00:00:00"), &c);
	if (r < 0 || !any)
		return r < 0 ? r : -EBADMSG;
	*ret = c;
	return 0;
}

/* ---- When it comes ---- */

static bool is_set(const uint64_t *bits, int i)
{
	return bits[i / 64] >> i % 64 & 1;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month] + (month == 1 && leap);
}

/* `tm` has its date and weekday set. */
static bool day_matches(const struct oncalendar *c, const struct tm *tm)
{
	int year = tm->tm_year + 1900, day = tm->tm_mday;

	if (c->from_end)
		day = days_in_month(year, tm->tm_mon) - day + 1;
	return is_set(c->years, year - ONCALENDAR_YEAR_MIN) && is_set(&c->months, tm->tm_mon + 1) &&
	       is_set(&c->days, day) && is_set(&c->weekdays, (tm->tm_wday + 6) % 7);
}

static int64_t make_time(const struct oncalendar *c, const struct tm *day, int h, int m, int s)
{
	struct tm tm = *day;

	tm.tm_hour = h;
	tm.tm_min = m;
	tm.tm_sec = s;
	tm.tm_isdst = -1;
	return c->utc ? timegm(&tm) : mktime(&tm);
}

/* The first time of that day after `now`. */
static bool next_in_day(const struct oncalendar *c, const struct tm *day, int64_t now, int64_t *ret)
{
	for (int h = 0; h < 24; h++) {
		/* A whole hour in one look, with an hour to spare for a change of the clock. */
		if (!is_set(&c->hours, h) || make_time(c, day, h, 59, 59) + 3600 <= now)
			continue;
		for (int at = 0; at < 3600; at++) {
			int64_t t;

			if (!is_set(&c->minutes, at / 60) || !is_set(&c->seconds, at % 60))
				continue;
			t = make_time(c, day, h, at / 60, at % 60);
			if (t > now) {
				*ret = t;
				return true;
			}
		}
	}
	return false;
}

int oncalendar_next(const struct oncalendar *c, int64_t now, int64_t *ret)
{
	time_t t = (time_t)now;
	struct tm tm;

	if (!(c->utc ? gmtime_r(&t, &tm) : localtime_r(&t, &tm)))
		return -ENOENT;
	for (int i = 0; i < DAYS_MAX && tm.tm_year + 1900 <= ONCALENDAR_YEAR_MAX; i++) {
		if (tm.tm_year + 1900 >= ONCALENDAR_YEAR_MIN && day_matches(c, &tm) &&
			next_in_day(c, &tm, now, ret))
			return 0;
		tm.tm_wday = (tm.tm_wday + 1) % 7;
		if (++tm.tm_mday <= days_in_month(tm.tm_year + 1900, tm.tm_mon))
			continue;
		tm.tm_mday = 1;
		if (++tm.tm_mon == 12) {
			tm.tm_mon = 0;
			tm.tm_year++;
		}
	}
	return -ENOENT;
}
