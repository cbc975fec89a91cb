/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	NAME,
	STATUS,
	STATEFUL,
	EPHEMERAL,
	CREATED_AT,
	BASE_IMAGE,
	ARCHITECTURE,
	OS,
	DESCRIPTION,
	PID,
	PROCESSES,
};

static const struct column columns[] = {
	{"name", COL_TEXT, COL_INDEX, "Name of the instance"},
	{"status", COL_TEXT, 0, "Running, Stopped …"},
	{"stateful", COL_INTEGER, 0, "1 when its state was saved"},
	{"ephemeral", COL_INTEGER, 0, "1 when it goes once it stops"},
	{"created_at", COL_TEXT, 0, "When it was made"},
	{"base_image", COL_TEXT, 0, "SHA-256 of the image it was made from"},
	{"architecture", COL_TEXT, 0, "Architecture"},
	{"os", COL_TEXT, 0, "Operating system in it"},
	{"description", COL_TEXT, 0, "What it is, in words"},
	{"pid", COL_INTEGER, 0,
		"Process id of its first process on the machine; 0 when it does not run"},
	{"processes", COL_INTEGER, 0, "Processes in it"},
	COL_END,
};

static const struct api_field fields[] = {
	{NAME, API_TEXT, "name"},
	{STATUS, API_TEXT, "status"},
	{STATEFUL, API_NUMBER, "stateful"},
	{EPHEMERAL, API_NUMBER, "ephemeral"},
	{CREATED_AT, API_TEXT, "created_at"},
	{ARCHITECTURE, API_TEXT, "architecture"},
	API_END,
};

static void put_rest(struct api *a, const char *key, const json_t *value)
{
	const json_t *config = json_at(value, "config");
	const char *name = json_text_at(value, "name");
	char target[256];
	json_t *state = NULL;

	(void)key;
	row_json(a->s, BASE_IMAGE, json_object_get(config, "volatile.base_image"));
	row_json(a->s, OS, json_object_get(config, "image.os"));
	row_json(a->s, DESCRIPTION, json_object_get(config, "image.description"));
	if (!name || !(scan_wants(a->s, PID) || scan_wants(a->s, PROCESSES)))
		return;
	snprintf(target, sizeof(target), "/1.0/instances/%s/state", name);
	state = api_get(a, target);
	row_json(a->s, PID, json_at(state, "metadata.pid"));
	row_json(a->s, PROCESSES, json_at(state, "metadata.processes"));
	json_decref(state);
}

static const struct api_spec spec = {
	.sockets = api_lxd,
	.urls = true,
	.items = "metadata",
	.answer = "metadata",
	.list = "/1.0/instances",
	.detail = "/1.0/instances/%s",
	.id = NAME,
	.put = put_rest,
	.fields = fields,
};

const struct table table_lxd_instances = {
	.name = "lxd_instances",
	.doc = "Containers and virtual machines of LXD's.",
	.columns = columns,
	API_TABLE(spec),
};
