/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"

#define MEMINFO "/proc/meminfo"

enum {
	MEMORY_TOTAL,
	MEMORY_FREE,
	MEMORY_AVAILABLE,
	BUFFERS,
	CACHED,
	SWAP_CACHED,
	ACTIVE,
	INACTIVE,
	SWAP_TOTAL,
	SWAP_FREE,
};

static const struct column columns[] = {
	{"memory_total", COL_BIGINT, 0, "Bytes of memory that the kernel can use"},
	{"memory_free", COL_BIGINT, 0, "Bytes that are used for nothing"},
	{"memory_available", COL_BIGINT, 0, "Bytes that programs can get without swapping"},
	{"buffers", COL_BIGINT, 0, "Bytes of buffers of block devices"},
	{"cached", COL_BIGINT, 0, "Bytes of files kept in memory"},
	{"swap_cached", COL_BIGINT, 0, "Bytes that are both in swap and in memory"},
	{"active", COL_BIGINT, 0, "Bytes used lately"},
	{"inactive", COL_BIGINT, 0, "Bytes not used for a while"},
	{"swap_total", COL_BIGINT, 0, "Bytes of swap"},
	{"swap_free", COL_BIGINT, 0, "Bytes of swap that are free"},
	COL_END,
};

/* "MemTotal:    16384 kB" */
static void put_line(struct scan *s, struct span line)
{
	static const char *const names[] = {
		[MEMORY_TOTAL] = "MemTotal:",
		[MEMORY_FREE] = "MemFree:",
		[MEMORY_AVAILABLE] = "MemAvailable:",
		[BUFFERS] = "Buffers:",
		[CACHED] = "Cached:",
		[SWAP_CACHED] = "SwapCached:",
		[ACTIVE] = "Active:",
		[INACTIVE] = "Inactive:",
		[SWAP_TOTAL] = "SwapTotal:",
		[SWAP_FREE] = "SwapFree:",
	};
	struct span word, number;
	uint64_t kb;

	if (!span_word(&line, &word) || !span_word(&line, &number) ||
		parse_span(number, 10, INT64_MAX / 1024, &kb) < 0)
		return;
	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (span_eq(word, names[i]))
			row_int(s, i, (int64_t)kb * 1024);
}

static int memory_info_step(struct scan *s)
{
	struct span rest, line;
	struct buf b;

	buf_init(&b, ATTR_MAX);
	if (attr_read(s, &b, &rest, MEMINFO)) {
		row_begin(s);
		while (span_split(&rest, '\n', &line))
			put_line(s, line);
		row_end(s);
	}
	buf_done(&b);
	return 0;
}

const struct table table_memory_info = {
	.name = "memory_info",
	.doc = "What the memory is used for.",
	.columns = columns,
	.step = memory_info_step,
};
