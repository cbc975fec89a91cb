/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/table.h"
#include "common/version.h"

enum { UUID, NAME, VERSION, SDK_VERSION, PATH, TYPE };

static const struct column columns[] = {
	[UUID] = {"uuid", COL_BIGINT, 0, "Always 0: the agent itself"},
	[NAME] = {"name", COL_TEXT, 0, "Always core"},
	[VERSION] = {"version", COL_TEXT, 0, "Version of the agent"},
	[SDK_VERSION] = {"sdk_version", COL_TEXT, 0, "Always empty"},
	[PATH] = {"path", COL_TEXT, 0, "Always empty"},
	[TYPE] = {"type", COL_TEXT, 0, "Always core"},
	COL_END,
};

static int osquery_extensions_step(struct scan *s)
{
	row_begin(s);
	row_int(s, UUID, 0);
	row_text(s, NAME, "core");
	row_text(s, VERSION, TOCSIN_VERSION);
	row_text(s, SDK_VERSION, "");
	row_text(s, PATH, "");
	row_text(s, TYPE, "core");
	row_end(s);
	return 0;
}

const struct table table_osquery_extensions = {
	.name = "osquery_extensions",
	.doc = "One row, the agent itself: it takes no extensions.",
	.columns = columns,
	.step = osquery_extensions_step,
};
