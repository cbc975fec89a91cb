/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"time", COL_BIGINT, COL_ADDITIONAL, "Unix time of the event"},
	{"datetime", COL_TEXT, 0, "Time as the sender wrote it"},
	{"host", COL_TEXT, 0, "Host it is from"},
	{"severity", COL_INTEGER, 0, "Severity, 0 to 7"},
	{"facility", COL_TEXT, 0, "Facility"},
	{"tag", COL_TEXT, 0, "Program it is from"},
	{"message", COL_TEXT, 0, "The text"},
	{"eid", COL_TEXT, COL_HIDDEN, "Number of the event"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(syslog_events, nosource_events, "Messages received from syslog.");
