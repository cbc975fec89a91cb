/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"target_path", COL_TEXT, 0, "The file"},
	{"category", COL_TEXT, 0, "Group of watched paths that it belongs to"},
	{"action", COL_TEXT, 0, "What happened"},
	{"transaction_id", COL_BIGINT, 0, "Ties the halves of a rename together"},
	{"inode", COL_BIGINT, 0, "Inode"},
	{"uid", COL_BIGINT, 0, "User id"},
	{"gid", COL_BIGINT, 0, "Group id"},
	{"mode", COL_TEXT, 0, "Permissions of the file"},
	{"size", COL_BIGINT, 0, "Bytes"},
	{"atime", COL_BIGINT, 0, "Unix time of the last access"},
	{"mtime", COL_BIGINT, 0, "Unix time of the last change of content"},
	{"ctime", COL_BIGINT, 0, "Unix time of the last change of attributes"},
	{"md5", COL_TEXT, 0, "MD5 of the content"},
	{"sha1", COL_TEXT, 0, "SHA-1 of the content"},
	{"sha256", COL_TEXT, 0, "SHA-256 of the content"},
	{"hashed", COL_INTEGER, 0, "1 when the digests are of the content, 0 or less when not"},
	{"time", COL_BIGINT, COL_ADDITIONAL, "Unix time of the event"},
	{"eid", COL_TEXT, COL_HIDDEN, "Number of the event"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(file_events, nosource_events, "Changes of watched files.");
