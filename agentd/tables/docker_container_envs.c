/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"
#include "common/str.h"

enum {
	ID,
	KEY,
	VALUE,
};

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX, "Id of the container"},
	{"key", COL_TEXT, 0, "Name of the variable"},
	{"value", COL_TEXT, 0, "Its value"},
	COL_END,
};

static void put_variable(struct api *a, const char *key, const json_t *value)
{
	struct span text = {json_string_value(value), json_string_length(value)}, name;

	(void)key;
	if (!text.p || !span_split(&text, '=', &name))
		return;
	row_bytes(a->s, KEY, name.p, name.n);
	row_bytes(a->s, VALUE, text.p ? text.p : "", text.n);
}

static const struct api_spec spec = {
	API_DOCKER_CONTAINERS(ID),
	.detail = "/containers/%s/json",
	.inner = "Config.Env",
	.put = put_variable,
};

const struct table table_docker_container_envs = {
	.name = "docker_container_envs",
	.doc = "Environment variables of Docker's containers.",
	.columns = columns,
	API_TABLE(spec),
};
