/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum { NAME, KEY, VALUE };

static const struct column columns[] = {
	{"name", COL_TEXT, COL_INDEX | COL_REQUIRED, "Name of the instance"},
	{"key", COL_TEXT, 0, "Name of the setting"},
	{"value", COL_TEXT, 0, "Its value"},
	COL_END,
};

static const struct api_spec spec = {
	.sockets = api_lxd,
	.urls = true,
	.items = "metadata",
	.answer = "metadata",
	.detail = "/1.0/instances/%s",
	.id = NAME,
	.inner = "config",
	.put = api_put_pair,
};

const struct table table_lxd_instance_config = {
	.name = "lxd_instance_config",
	.doc = "Settings of an instance of LXD's.",
	.columns = columns,
	API_TABLE(spec),
};
