/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	ID,
	PATH,
	CHANGE_TYPE,
};

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX | COL_REQUIRED, "Id of the container"},
	{"path", COL_TEXT, 0, "The file or directory"},
	{"change_type", COL_TEXT, 0, "C changed, A added, D deleted"},
	COL_END,
};

static const struct api_field fields[] = {
	{PATH, API_TEXT, "Path"},
	API_END,
};

static void put_kind(struct api *a, const char *key, const json_t *value)
{
	static const char *const kinds[] = {"C", "A", "D"};
	json_int_t kind = json_integer_value(json_at(value, "Kind"));

	(void)key;
	if (kind >= 0 && kind <= 2)
		row_text(a->s, CHANGE_TYPE, kinds[kind]);
}

static const struct api_spec spec = {
	.sockets = api_docker,
	.id = ID,
	.detail = "/containers/%s/changes",
	.inner = "",
	.put = put_kind,
	.fields = fields,
};

const struct table table_docker_container_fs_changes = {
	.name = "docker_container_fs_changes",
	.doc = "Files that a container has changed against its image.",
	.columns = columns,
	API_TABLE(spec),
};
