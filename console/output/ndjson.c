/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One JSON object per line. */
#include "console/output/json.h"

static int row(struct format_state *f, const struct cell *cells)
{
	int r = format_json_object(f, cells);

	return r < 0 ? r : buf_putc(&f->line, '\n');
}

const struct format format_ndjson = {
	.name = "ndjson",
	.doc = "one JSON object per line, as the rows arrive",
	.suffix = "ndjson",
	.named = true,
	.lines = true,
	.row = row,
};
