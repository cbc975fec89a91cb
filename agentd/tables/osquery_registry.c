/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/table.h"

enum { REGISTRY, NAME, OWNER_UUID, INTERNAL, ACTIVE };

static const struct column columns[] = {
	[REGISTRY] = {"registry", COL_TEXT, 0, "Kind of thing: always table"},
	[NAME] = {"name", COL_TEXT, 0, "Name of the table"},
	[OWNER_UUID] = {"owner_uuid", COL_INTEGER, 0, "Always 0: the agent's own"},
	[INTERNAL] = {"internal", COL_INTEGER, 0, "Always 0"},
	[ACTIVE] = {"active", COL_INTEGER, 0, "Always 1"},
	COL_END,
};

static int osquery_registry_step(struct scan *s)
{
	for (const struct table *const *t = tables_all; *t; t++) {
		row_begin(s);
		row_text(s, REGISTRY, "table");
		row_text(s, NAME, (*t)->name);
		row_int(s, OWNER_UUID, 0);
		row_int(s, INTERNAL, 0);
		row_int(s, ACTIVE, 1);
		row_end(s);
	}
	return 0;
}

const struct table table_osquery_registry = {
	.name = "osquery_registry",
	.doc = "The tables of the agent, as published packs ask whether there is one.",
	.columns = columns,
	.step = osquery_registry_step,
};
