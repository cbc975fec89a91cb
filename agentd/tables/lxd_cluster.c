/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	SERVER_NAME,
	ENABLED,
	MEMBER_CONFIG_ENTITY,
	MEMBER_CONFIG_NAME,
	MEMBER_CONFIG_KEY,
	MEMBER_CONFIG_VALUE,
	MEMBER_CONFIG_DESCRIPTION,
};

static const struct column columns[] = {
	{"server_name", COL_TEXT, 0, "Name of the machine in the cluster"},
	{"enabled", COL_INTEGER, 0, "1 when it is in one"},
	{"member_config_entity", COL_TEXT, 0, "Kind of a setting for members"},
	{"member_config_name", COL_TEXT, 0, "Name of that kind"},
	{"member_config_key", COL_TEXT, 0, "Name of the setting"},
	{"member_config_value", COL_TEXT, 0, "Its value"},
	{"member_config_description", COL_TEXT, 0, "What it is, in words"},
	COL_END,
};

static const struct api_field fields[] = {
	{SERVER_NAME, API_TEXT, "server_name"},
	{ENABLED, API_NUMBER, "enabled"},
	API_END,
};

static const struct api_field member_fields[] = {
	{MEMBER_CONFIG_ENTITY, API_TEXT, "entity"},
	{MEMBER_CONFIG_NAME, API_TEXT, "name"},
	{MEMBER_CONFIG_KEY, API_TEXT, "key"},
	{MEMBER_CONFIG_VALUE, API_TEXT, "value"},
	{MEMBER_CONFIG_DESCRIPTION, API_TEXT, "description"},
	API_END,
};

/* A row for each setting, one without where there are none. */
static void put_rows(struct api *a, const char *key, const json_t *value)
{
	const json_t *settings = json_at(value, "member_config");
	size_t n = json_array_size(settings);

	(void)key;
	for (size_t i = 0; i == 0 || i < n; i++) {
		row_begin(a->s);
		api_put(a->s, fields, value);
		if (n)
			api_put(a->s, member_fields, json_array_get(settings, i));
		row_end(a->s);
	}
}

static const struct api_spec spec = {
	.sockets = api_lxd,
	.list = "/1.0/cluster",
	.items = "metadata",
	.id = API_NO_COLUMN,
	.put = put_rows,
	.rows_by_put = true,
	.fields = fields,
};

const struct table table_lxd_cluster = {
	.name = "lxd_cluster",
	.doc = "How this machine stands in a cluster of LXD's.",
	.columns = columns,
	API_TABLE(spec),
};
