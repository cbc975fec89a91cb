/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"uid", COL_BIGINT, 0, "User id"},
	{"auid", COL_BIGINT, 0, "User id at login"},
	{"pid", COL_BIGINT, 0, "Process id"},
	{"message", COL_TEXT, 0, "The record's text"},
	{"type", COL_INTEGER, 0, "Kind of record"},
	{"path", COL_TEXT, 0, "Program that reported it"},
	{"address", COL_TEXT, 0, "Address it came from"},
	{"terminal", COL_TEXT, 0, "Terminal"},
	{"time", COL_BIGINT, COL_ADDITIONAL, "Unix time of the event"},
	{"uptime", COL_BIGINT, 0, "Seconds since boot at the event"},
	{"eid", COL_TEXT, COL_HIDDEN, "Number of the event"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(user_events, nosource_events,
	"Logins, sessions and changes of accounts, from the audit log.");
