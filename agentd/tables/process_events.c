/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"pid", COL_BIGINT, 0, "Process id"},
	{"path", COL_TEXT, 0, "Path of the program's file"},
	{"mode", COL_TEXT, 0, "Permissions of the file"},
	{"cmdline", COL_TEXT, 0, "Command line"},
	{"cmdline_size", COL_BIGINT, COL_HIDDEN, "Bytes of the command line"},
	{"env", COL_TEXT, COL_HIDDEN, "Environment"},
	{"env_count", COL_BIGINT, COL_HIDDEN, "How many variables it has"},
	{"env_size", COL_BIGINT, COL_HIDDEN, "Bytes of the environment"},
	{"cwd", COL_TEXT, 0, "Current directory"},
	{"auid", COL_BIGINT, 0, "User id at login"},
	{"uid", COL_BIGINT, 0, "User id"},
	{"euid", COL_BIGINT, 0, "Effective user id"},
	{"gid", COL_BIGINT, 0, "Group id"},
	{"egid", COL_BIGINT, 0, "Effective group id"},
	{"owner_uid", COL_BIGINT, 0, "Owner of the program's file"},
	{"owner_gid", COL_BIGINT, 0, "Group of the program's file"},
	{"atime", COL_BIGINT, 0, "Unix time of the last access"},
	{"mtime", COL_BIGINT, 0, "Unix time of the last change of content"},
	{"ctime", COL_BIGINT, 0, "Unix time of the last change of attributes"},
	{"btime", COL_BIGINT, 0, "Unix time of the file's creation"},
	{"overflows", COL_TEXT, COL_HIDDEN, "Fields that were cut"},
	{"parent", COL_BIGINT, 0, "Process id of the parent"},
	{"time", COL_BIGINT, COL_ADDITIONAL, "Unix time of the event"},
	{"uptime", COL_BIGINT, 0, "Seconds since boot at the event"},
	{"eid", COL_TEXT, COL_HIDDEN, "Number of the event"},
	{"fsuid", COL_BIGINT, 0, "User id for file access"},
	{"suid", COL_BIGINT, 0, "Saved user id"},
	{"fsgid", COL_BIGINT, 0, "Group id for file access"},
	{"sgid", COL_BIGINT, 0, "Saved group id"},
	{"syscall", COL_TEXT, 0, "Name of the call"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(process_events, nosource_events, "Programs that were started.");
