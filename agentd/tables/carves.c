/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"time", COL_BIGINT, 0, "Unix time of the request"},
	{"sha256", COL_TEXT, 0, "SHA-256 of the archive"},
	{"size", COL_BIGINT, 0, "Bytes of the archive"},
	{"path", COL_TEXT, COL_ADDITIONAL, "Path that was asked for"},
	{"status", COL_TEXT, 0, "How far it has come"},
	{"carve_guid", COL_TEXT, COL_INDEX, "Id of the carve"},
	{"request_id", COL_TEXT, 0, "Id of the request"},
	{"carve", COL_INTEGER, COL_ADDITIONAL, "1 to start one"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(carves, nosource_remote, "Files set aside as evidence.");
