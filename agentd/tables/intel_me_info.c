/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"

/* One "PLATFORM:MAJOR.MINOR.MILESTONE.BUILD" a line for up to three parts; the first is its own. */
#define MEI_DIR "/sys/class/mei"

enum { VERSION };

static const struct column columns[] = {
	{"version", COL_TEXT, 0, "Version of its firmware"},
	COL_END,
};

static void put_engine(struct scan *s, struct buf *b, const char *name)
{
	struct span text, line, platform;

	if (!attr_read(s, b, &text, MEI_DIR "/%s/fw_ver", name) || !span_split(&text, '\n', &line))
		return;
	if (!span_split(&line, ':', &platform) || !line.p || !line.n)
		return;
	row_begin(s);
	row_bytes(s, VERSION, line.p, line.n);
	row_end(s);
}

static int engine_step(struct scan *s)
{
	DIR *dir = attr_opendir(s, MEI_DIR);
	const char *name;
	struct buf b;

	buf_init(&b, ATTR_MAX);
	while ((name = attr_next(dir)) && !scan_stop(s))
		put_engine(s, &b, name);
	attr_closedir(dir);
	buf_done(&b);
	return 0;
}

const struct table table_intel_me_info = {
	.name = "intel_me_info",
	.doc = "The management engine of Intel's chip sets, where the kernel has its driver "
	       "(mei_me).",
	.columns = columns,
	.step = engine_step,
};
