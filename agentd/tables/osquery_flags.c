/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the setting"},
	{"type", COL_TEXT, 0, "Type of its value"},
	{"description", COL_TEXT, 0, "What it does"},
	{"default_value", COL_TEXT, 0, "Value it has unless set"},
	{"value", COL_TEXT, 0, "Value it has"},
	{"shell_only", COL_INTEGER, 0, "1: of the shell only"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(
	osquery_flags, NULL, "Settings of osquery: always empty, the agent has none of them.");
