/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/root.h"
#include "agentd/table.h"
#include "common/str.h"

enum { DAYS, HOURS, MINUTES, SECONDS, TOTAL_SECONDS };

#define MINUTE INT64_C(60)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
/* "uptime idle\n", both in seconds with two decimals. */
#define UPTIME_MAX 128

static int step(struct scan *s)
{
	struct buf text;
	struct span whole;
	uint64_t up;
	int r;

	buf_init(&text, UPTIME_MAX);
	r = root_read(scan_root(s), "/proc/uptime", &text);
	whole = span_str(buf_str(&text));
	whole.n = strcspn(whole.p, ".");
	if (r < 0)
		scan_warn(s, "/proc/uptime: %s", strerror(-r));
	else if ((r = parse_span(whole, 10, INT64_MAX, &up)) < 0)
		scan_warn(s, "/proc/uptime holds no number of seconds");
	buf_done(&text);
	if (r < 0)
		return 0;
	row_begin(s);
	row_int(s, DAYS, (int64_t)up / DAY);
	row_int(s, HOURS, (int64_t)up % DAY / HOUR);
	row_int(s, MINUTES, (int64_t)up % HOUR / MINUTE);
	row_int(s, SECONDS, (int64_t)up % MINUTE);
	row_int(s, TOTAL_SECONDS, (int64_t)up);
	row_end(s);
	return 0;
}

static const struct column columns[] = {
	[DAYS] = {"days", COL_INTEGER, 0, "Whole days since the machine started"},
	[HOURS] = {"hours", COL_INTEGER, 0, "Hours beyond the days"},
	[MINUTES] = {"minutes", COL_INTEGER, 0, "Minutes beyond the hours"},
	[SECONDS] = {"seconds", COL_INTEGER, 0, "Seconds beyond the minutes"},
	[TOTAL_SECONDS] = {"total_seconds", COL_BIGINT, 0, "Seconds since the machine started"},
	COL_END,
};

const struct table table_uptime = {
	.name = "uptime",
	.doc = "How long the machine has been up.",
	.columns = columns,
	.step = step,
};
