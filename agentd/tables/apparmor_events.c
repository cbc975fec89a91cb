/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"type", COL_TEXT, 0, "Kind of event"},
	{"message", COL_TEXT, 0, "The raw record"},
	{"time", COL_BIGINT, COL_ADDITIONAL, "Unix time of the event"},
	{"uptime", COL_BIGINT, 0, "Seconds since boot at the event"},
	{"eid", COL_TEXT, COL_HIDDEN, "Number of the event"},
	{"apparmor", COL_TEXT, 0, "ALLOWED, DENIED, AUDIT or STATUS"},
	{"operation", COL_TEXT, 0, "What was attempted"},
	{"parent", COL_UNSIGNED_BIGINT, 0, "Process id of the parent"},
	{"profile", COL_TEXT, 0, "Profile it was judged by"},
	{"name", COL_TEXT, 0, "What was accessed"},
	{"pid", COL_UNSIGNED_BIGINT, 0, "Process id"},
	{"comm", COL_TEXT, 0, "Name of the process"},
	{"denied_mask", COL_TEXT, 0, "Access that was denied"},
	{"capname", COL_TEXT, 0, "Capability asked for"},
	{"fsuid", COL_UNSIGNED_BIGINT, 0, "User id for file access"},
	{"ouid", COL_UNSIGNED_BIGINT, 0, "Owner of what was accessed"},
	{"capability", COL_BIGINT, 0, "Number of the capability"},
	{"requested_mask", COL_TEXT, 0, "Access that was asked for"},
	{"info", COL_TEXT, 0, "More about it"},
	{"error", COL_TEXT, 0, "Number of the error"},
	{"namespace", COL_TEXT, 0, "AppArmor namespace"},
	{"label", COL_TEXT, 0, "AppArmor label"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(
	apparmor_events, nosource_events, "Decisions of AppArmor, from the audit log.");
