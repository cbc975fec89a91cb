/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"
#include "agentd/mdstat.h"

enum { NAME };

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "raid1, raid6, linear …"},
	COL_END,
};

/* "Personalities : [raid1] [raid6]" */
static int personalities_step(struct scan *s)
{
	struct span text, word;
	struct buf b;

	buf_init(&b, MDSTAT_MAX);
	attr_read(s, &b, &text, MDSTAT);
	text = mdstat_line(text, "Personalities :");
	while (span_word(&text, &word)) {
		if (word.n < 3 || word.p[0] != '[' || word.p[word.n - 1] != ']')
			continue;
		row_begin(s);
		row_bytes(s, NAME, word.p + 1, word.n - 2);
		row_end(s);
	}
	buf_done(&b);
	return 0;
}

const struct table table_md_personalities = {
	.name = "md_personalities",
	.doc = "Kinds of software RAID that the kernel is ready for.",
	.columns = columns,
	.step = personalities_step,
};
