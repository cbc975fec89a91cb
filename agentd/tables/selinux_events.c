/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"type", COL_TEXT, 0, "Kind of event"},
	{"message", COL_TEXT, 0, "The event's text"},
	{"time", COL_BIGINT, COL_ADDITIONAL, "Unix time of the event"},
	{"uptime", COL_BIGINT, 0, "Seconds since boot at the event"},
	{"eid", COL_TEXT, COL_HIDDEN, "Number of the event"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(selinux_events, nosource_events, "Records of SELinux, from the audit log.");
