/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the pack"},
	{"platform", COL_TEXT, 0, "Systems it is for"},
	{"version", COL_TEXT, 0, "Oldest version it is for"},
	{"shard", COL_INTEGER, 0, "Share of hosts it is for, in percent; 0: all"},
	{"discovery_cache_hits", COL_INTEGER, 0, "How often a kept answer told whether it applies"},
	{"discovery_executions", COL_INTEGER, 0, "How often it was asked whether it applies"},
	{"active", COL_INTEGER, 0, "1: its queries are asked"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(osquery_packs, NULL,
	"Packs that the agent asks by itself: always empty, the console asks.");
