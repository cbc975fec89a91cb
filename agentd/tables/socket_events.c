/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"action", COL_TEXT, 0, "bind, connect or accept"},
	{"pid", COL_BIGINT, 0, "Process id"},
	{"path", COL_TEXT, 0, "Path of the program's file"},
	{"fd", COL_TEXT, 0, "Number of the descriptor"},
	{"auid", COL_BIGINT, 0, "User id at login"},
	{"family", COL_INTEGER, 0, "Address family"},
	{"protocol", COL_INTEGER, COL_HIDDEN, "IP protocol"},
	{"local_address", COL_TEXT, 0, "Local address"},
	{"remote_address", COL_TEXT, 0, "Address of the peer"},
	{"local_port", COL_INTEGER, 0, "Local port"},
	{"remote_port", COL_INTEGER, 0, "Port of the peer"},
	{"socket", COL_TEXT, COL_HIDDEN, "Path of a unix socket"},
	{"time", COL_BIGINT, COL_ADDITIONAL, "Unix time of the event"},
	{"uptime", COL_BIGINT, 0, "Seconds since boot at the event"},
	{"eid", COL_TEXT, COL_HIDDEN, "Number of the event"},
	{"success", COL_INTEGER, COL_HIDDEN, "1 when it succeeded"},
	{"status", COL_TEXT, 0, "Outcome: succeeded, failed, in progress or no client"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(
	socket_events, nosource_events, "Sockets that were bound, connected or accepted.");
