/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	NAME,
	DRIVER,
	SOURCE,
	SIZE,
	SPACE_USED,
	SPACE_TOTAL,
	INODES_USED,
	INODES_TOTAL,
};

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the pool"},
	{"driver", COL_TEXT, 0, "How it stores"},
	{"source", COL_TEXT, 0, "What it stores on"},
	{"size", COL_TEXT, 0, "Size, as it was set"},
	{"space_used", COL_BIGINT, 0, "Bytes in use"},
	{"space_total", COL_BIGINT, 0, "Bytes in all"},
	{"inodes_used", COL_BIGINT, 0, "Inodes in use"},
	{"inodes_total", COL_BIGINT, 0, "Inodes in all"},
	COL_END,
};

static const struct api_field fields[] = {
	{NAME, API_TEXT, "name"},
	{DRIVER, API_TEXT, "driver"},
	{SOURCE, API_TEXT, "config.source"},
	{SIZE, API_TEXT, "config.size"},
	API_END,
};

static const struct api_field resources[] = {
	{SPACE_USED, API_NUMBER, "metadata.space.used"},
	{SPACE_TOTAL, API_NUMBER, "metadata.space.total"},
	{INODES_USED, API_NUMBER, "metadata.inodes.used"},
	{INODES_TOTAL, API_NUMBER, "metadata.inodes.total"},
	API_END,
};

static void put_rest(struct api *a, const char *key, const json_t *value)
{
	const char *name = json_text_at(value, "name");
	char target[256];
	json_t *j;

	(void)key;
	if (!name)
		return;
	snprintf(target, sizeof(target), "/1.0/storage-pools/%s/resources", name);
	j = api_get(a, target);
	if (j)
		api_put(a->s, resources, j);
	json_decref(j);
}

static const struct api_spec spec = {
	.sockets = api_lxd,
	.urls = true,
	.items = "metadata",
	.answer = "metadata",
	.list = "/1.0/storage-pools",
	.id = API_NO_COLUMN,
	.put = put_rest,
	.fields = fields,
};

const struct table table_lxd_storage_pools = {
	.name = "lxd_storage_pools",
	.doc = "Where LXD stores its instances.",
	.columns = columns,
	API_TABLE(spec),
};
