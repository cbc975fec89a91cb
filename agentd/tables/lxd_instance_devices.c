/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"
#include "common/str.h"

enum {
	NAME,
	DEVICE,
	DEVICE_TYPE,
	KEY,
	VALUE,
};

static const struct column columns[] = {
	{"name", COL_TEXT, COL_INDEX | COL_REQUIRED, "Name of the instance"},
	{"device", COL_TEXT, 0, "Name of the device"},
	{"device_type", COL_TEXT, 0, "Kind of device"},
	{"key", COL_TEXT, 0, "Name of a setting"},
	{"value", COL_TEXT, 0, "Its value"},
	COL_END,
};

static void put_rows(struct api *a, const char *key, const json_t *value)
{
	const char *name;
	json_t *one;

	json_object_foreach ((json_t *)value, name, one) {
		if (str_eq(name, "type"))
			continue;
		row_begin(a->s);
		row_text(a->s, NAME, a->id);
		row_text(a->s, DEVICE, key);
		row_json(a->s, DEVICE_TYPE, json_at(value, "type"));
		row_text(a->s, KEY, name);
		row_json(a->s, VALUE, one);
		row_end(a->s);
	}
}

static const struct api_spec spec = {
	.sockets = api_lxd,
	.urls = true,
	.items = "metadata",
	.answer = "metadata",
	.detail = "/1.0/instances/%s",
	.id = NAME,
	.inner = "expanded_devices",
	.put = put_rows,
	.rows_by_put = true,
};

const struct table table_lxd_instance_devices = {
	.name = "lxd_instance_devices",
	.doc = "Devices of an instance of LXD's.",
	.columns = columns,
	API_TABLE(spec),
};
