/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	NAME,
	KEY,
	VALUE,
};

static const struct column columns[] = {
	{"name", COL_TEXT, COL_INDEX | COL_REQUIRED, "Name of the instance"},
	{"key", COL_TEXT, 0, "Name of the setting"},
	{"value", COL_TEXT, 0, "Its value"},
	COL_END,
};

static void put_label(struct api *a, const char *key, const json_t *value)
{
	row_text(a->s, KEY, key);
	row_json(a->s, VALUE, value);
}

static const struct api_spec spec = {
	.sockets = api_lxd,
	.urls = true,
	.items = "metadata",
	.answer = "metadata",
	.detail = "/1.0/instances/%s",
	.id = NAME,
	.inner = "config",
	.put = put_label,
};

API_TABLE(lxd_instance_config, spec, "Settings of an instance of LXD's.");
