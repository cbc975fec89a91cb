/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/linescan.h"

#define MODULES "/proc/modules"
#define FIELDS	6

enum { NAME, SIZE, USED_BY, STATUS, ADDRESS };

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the module"},
	{"size", COL_BIGINT, 0, "Bytes of memory that it takes"},
	{"used_by", COL_TEXT, 0, "Modules that need it, separated by commas; - for none"},
	{"status", COL_TEXT, 0, "Live, Loading or Unloading"},
	{"address", COL_TEXT, 0, "Where it is loaded; zeros for those who may not know"},
	COL_END,
};

static int modules_open(struct scan *s)
{
	return linescan_open(scan_state(s), s, MODULES);
}

/* "name size references users, status address (taints)" */
static bool put_module(struct scan *s, struct span line)
{
	struct span f[FIELDS];
	uint64_t size;

	for (unsigned i = 0; i < FIELDS; i++)
		if (!span_word(&line, &f[i]))
			return false;
	if (parse_span(f[1], 10, INT64_MAX, &size) < 0)
		return false;
	if (f[3].n > 1 && f[3].p[f[3].n - 1] == ',')
		f[3].n--;
	row_begin(s);
	row_bytes(s, NAME, f[0].p, f[0].n);
	row_int(s, SIZE, (int64_t)size);
	row_bytes(s, USED_BY, f[3].p, f[3].n);
	row_bytes(s, STATUS, f[4].p, f[4].n);
	row_bytes(s, ADDRESS, f[5].p, f[5].n);
	row_end(s);
	return true;
}

static int modules_step(struct scan *s)
{
	struct linescan *l = scan_state(s);
	struct span line;
	enum linescan_got got = linescan_next(l, s, &line);

	if (got == LINESCAN_LINE)
		l->bad += !put_module(s, line);
	return got != LINESCAN_END;
}

static void modules_close(struct scan *s)
{
	linescan_close(scan_state(s), s);
}

const struct table table_kernel_modules = {
	.name = "kernel_modules",
	.doc = "Modules that are loaded into the kernel.",
	.columns = columns,
	.open = modules_open,
	.step = modules_step,
	.close = modules_close,
	.state_size = sizeof(struct linescan),
};
