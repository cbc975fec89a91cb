/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/linescan.h"

#define IOMEM "/proc/iomem"

enum { NAME, START, END };

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "What is there"},
	{"start", COL_TEXT, 0, "First address, hexadecimal; zero for those who may not know"},
	{"end", COL_TEXT, 0, "Last address, hexadecimal"},
	COL_END,
};

static int memory_map_open(struct scan *s)
{
	return linescan_open(scan_state(s), s, IOMEM);
}

/* "  000f0000-000fffff : System ROM", further to the right within the region above it. */
static bool put_region(struct scan *s, struct span line)
{
	struct span word, start;
	uint64_t n;

	if (!span_word(&line, &word) || !span_split(&word, '-', &start) || !word.p ||
		!span_skip(&line, " : ") || parse_span(start, 16, UINT64_MAX, &n) < 0 ||
		parse_span(word, 16, UINT64_MAX, &n) < 0)
		return false;
	row_begin(s);
	row_bytes(s, NAME, line.p, line.n);
	row_printf(s, START, "0x%.*s", (int)start.n, start.p);
	row_printf(s, END, "0x%.*s", (int)word.n, word.p);
	row_end(s);
	return true;
}

static int memory_map_step(struct scan *s)
{
	struct linescan *l = scan_state(s);
	struct span line;
	enum linescan_got got = linescan_next(l, s, &line);

	if (got == LINESCAN_LINE)
		l->bad += !put_region(s, line);
	return got != LINESCAN_END;
}

static void memory_map_close(struct scan *s)
{
	linescan_close(scan_state(s), s);
}

const struct table table_memory_map = {
	.name = "memory_map",
	.doc = "What the physical addresses of the machine belong to.",
	.columns = columns,
	.open = memory_map_open,
	.step = memory_map_step,
	.close = memory_map_close,
	.state_size = sizeof(struct linescan),
};
