/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/linescan.h"

#define STAT_FILE "/proc/stat"

enum { CORE, USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, GUEST, GUEST_NICE, COLUMNS };

static const struct column columns[] = {
	[CORE] = {"core", COL_INTEGER, 0, "Number of the processor"},
	[USER] = {"user", COL_BIGINT, 0,
		"Time in user mode; this and all others in ticks, of which there are mostly 100 "
		"in a second"},
	[NICE] = {"nice", COL_BIGINT, 0, "Time in user mode of processes with a nice value"},
	[SYSTEM] = {"system", COL_BIGINT, 0, "Time in the kernel"},
	[IDLE] = {"idle", COL_BIGINT, 0, "Time with nothing to do"},
	[IOWAIT] = {"iowait", COL_BIGINT, 0, "Time with nothing to do but to wait for the disk"},
	[IRQ] = {"irq", COL_BIGINT, 0, "Time in interrupts"},
	[SOFTIRQ] = {"softirq", COL_BIGINT, 0, "Time in soft interrupts"},
	[STEAL] = {"steal", COL_BIGINT, 0, "Time that the hypervisor gave to other machines"},
	[GUEST] = {"guest", COL_BIGINT, 0, "Time in virtual machines, counted in user as well"},
	[GUEST_NICE] = {"guest_nice", COL_BIGINT, 0,
		"Time in virtual machines with a nice value, counted in nice as well"},
	COL_END,
};

static int cpu_time_open(struct scan *s)
{
	return linescan_open(scan_state(s), s, STAT_FILE);
}

/* "cpu3 12 0 …": old kernels show fewer numbers. The line "cpu" is the sum of all. */
static void put_cpu(struct scan *s, struct span line)
{
	struct span word;
	uint64_t n;

	if (!span_word(&line, &word) || !span_skip(&word, "cpu") ||
		parse_span(word, 10, INT32_MAX, &n) < 0)
		return;
	row_begin(s);
	row_int(s, CORE, (int64_t)n);
	for (unsigned col = USER; col < COLUMNS; col++) {
		bool there = span_word(&line, &word);

		if (!there)
			row_int(s, col, 0);
		else if (parse_span(word, 10, INT64_MAX, &n) == 0)
			row_int(s, col, (int64_t)n);
	}
	row_end(s);
}

static int cpu_time_step(struct scan *s)
{
	struct linescan *l = scan_state(s);
	struct span line;
	enum linescan_got got = linescan_next(l, s, &line);

	if (got == LINESCAN_LINE)
		put_cpu(s, line);
	return got != LINESCAN_END;
}

static void cpu_time_close(struct scan *s)
{
	struct linescan *l = scan_state(s);

	/* The line of interrupts can be very long; it is none of ours. */
	if (l->open)
		l->file.overlong = 0;
	linescan_close(l, s);
}

const struct table table_cpu_time = {
	.name = "cpu_time",
	.doc = "What each processor spent its time on since the machine was started.",
	.columns = columns,
	.open = cpu_time_open,
	.step = cpu_time_step,
	.close = cpu_time_close,
	.state_size = sizeof(struct linescan),
};
