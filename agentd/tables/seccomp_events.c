/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"time", COL_BIGINT, COL_ADDITIONAL, "Unix time of the event"},
	{"uptime", COL_BIGINT, 0, "Seconds since boot at the event"},
	{"auid", COL_UNSIGNED_BIGINT, 0, "User id at login"},
	{"uid", COL_UNSIGNED_BIGINT, 0, "User id"},
	{"gid", COL_UNSIGNED_BIGINT, 0, "Group id"},
	{"ses", COL_UNSIGNED_BIGINT, 0, "Audit session"},
	{"pid", COL_UNSIGNED_BIGINT, 0, "Process id"},
	{"comm", COL_TEXT, 0, "Name of the process"},
	{"exe", COL_TEXT, 0, "Path of the program"},
	{"sig", COL_BIGINT, 0, "Signal that was sent"},
	{"arch", COL_TEXT, 0, "Architecture of the call"},
	{"syscall", COL_TEXT, 0, "Name of the call"},
	{"compat", COL_BIGINT, 0, "1 for the compatibility mode"},
	{"ip", COL_TEXT, 0, "Instruction pointer"},
	{"code", COL_TEXT, 0, "What the filter decided"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(
	seccomp_events, nosource_events, "System calls that a seccomp filter reported.");
