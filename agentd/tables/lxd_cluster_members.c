/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	SERVER_NAME,
	URL,
	DATABASE,
	STATUS,
	MESSAGE,
};

static const struct column columns[] = {
	{"server_name", COL_TEXT, 0, "Name of the machine in the cluster"},
	{"url", COL_TEXT, 0, "Where it is reached"},
	{"database", COL_INTEGER, 0, "1 when it holds a copy of the database"},
	{"status", COL_TEXT, 0, "State"},
	{"message", COL_TEXT, 0, "State in words"},
	COL_END,
};

static const struct api_field fields[] = {
	{SERVER_NAME, API_TEXT, "server_name"},
	{URL, API_TEXT, "url"},
	{DATABASE, API_NUMBER, "database"},
	{STATUS, API_TEXT, "status"},
	{MESSAGE, API_TEXT, "message"},
	API_END,
};

static const struct api_spec spec = {
	.sockets = api_lxd,
	.urls = true,
	.items = "metadata",
	.answer = "metadata",
	.list = "/1.0/cluster/members",
	.id = API_NO_COLUMN,
	.fields = fields,
};

const struct table table_lxd_cluster_members = {
	.name = "lxd_cluster_members",
	.doc = "Machines in the cluster of LXD's.",
	.columns = columns,
	API_TABLE(spec),
};
