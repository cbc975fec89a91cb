/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"operation", COL_TEXT, 0, "What was attempted"},
	{"pid", COL_BIGINT, 0, "Process id"},
	{"ppid", COL_BIGINT, 0, "Process id of the parent"},
	{"time", COL_BIGINT, COL_ADDITIONAL, "Unix time of the event"},
	{"executable", COL_TEXT, 0, "Path of the program"},
	{"partial", COL_TEXT, 0, "1 when the event misses something"},
	{"cwd", COL_TEXT, 0, "Current directory"},
	{"path", COL_TEXT, 0, "Path of the file"},
	{"dest_path", COL_TEXT, 0, "Where a rename or link leads"},
	{"uid", COL_TEXT, 0, "User id"},
	{"gid", COL_TEXT, 0, "Group id"},
	{"auid", COL_TEXT, 0, "User id at login"},
	{"euid", COL_TEXT, 0, "Effective user id"},
	{"egid", COL_TEXT, 0, "Effective group id"},
	{"fsuid", COL_TEXT, 0, "User id for file access"},
	{"fsgid", COL_TEXT, 0, "Group id for file access"},
	{"suid", COL_TEXT, 0, "Saved user id"},
	{"sgid", COL_TEXT, 0, "Saved group id"},
	{"uptime", COL_BIGINT, 0, "Seconds since boot at the event"},
	{"eid", COL_TEXT, COL_HIDDEN, "Number of the event"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(
	process_file_events, nosource_events, "Files that processes opened, changed or removed.");
