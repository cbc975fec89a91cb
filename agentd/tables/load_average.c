/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"

#define LOADAVG	 "/proc/loadavg"
#define LOAD_MAX 1e9

enum { PERIOD, AVERAGE };

static const struct column columns[] = {
	{"period", COL_TEXT, 0, "Averaged over: 1m, 5m or 15m"},
	{"average", COL_TEXT, 0, "Number of processes that ran or waited for the disk"},
	COL_END,
};

static void put_average(struct scan *s, const char *period, struct span word)
{
	char text[32];
	double load;

	if (word.n >= sizeof(text))
		return;
	memcpy(text, word.p, word.n);
	text[word.n] = '\0';
	if (parse_real(text, 0, LOAD_MAX, &load) < 0)
		return;
	row_begin(s);
	row_text(s, PERIOD, period);
	row_printf(s, AVERAGE, "%f", load);
	row_end(s);
}

static int load_average_step(struct scan *s)
{
	static const char *const periods[] = {"1m", "5m", "15m"};
	struct span rest, word;
	struct buf b;

	buf_init(&b, ATTR_MAX);
	attr_read(s, &b, &rest, LOADAVG);
	for (size_t i = 0; i < ARRAY_LEN(periods) && span_word(&rest, &word); i++)
		put_average(s, periods[i], word);
	buf_done(&b);
	return 0;
}

const struct table table_load_average = {
	.name = "load_average",
	.doc = "How busy the machine was lately.",
	.columns = columns,
	.step = load_average_step,
};
