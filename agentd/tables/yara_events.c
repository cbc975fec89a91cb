/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"target_path", COL_TEXT, 0, "The file"},
	{"category", COL_TEXT, 0, "Group of watched paths that it belongs to"},
	{"action", COL_TEXT, 0, "What happened to the file"},
	{"matches", COL_TEXT, 0, "Names of the rules that match, separated by commas"},
	{"count", COL_INTEGER, 0, "How many rules match"},
	{"strings", COL_TEXT, 0, "Strings that match"},
	{"tags", COL_TEXT, 0, "Tags of those rules"},
	{"time", COL_BIGINT, 0, "Unix time of the event"},
	{"eid", COL_TEXT, COL_HIDDEN, "Number of the event"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(yara_events, nosource_events, "Matches of YARA rules in files that changed.");
