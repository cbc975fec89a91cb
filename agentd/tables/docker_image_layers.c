/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"
#include "common/str.h"

#include <string.h>

enum {
	ID,
	LAYER_ID,
	LAYER_ORDER,
};

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX, "Id of the image"},
	{"layer_id", COL_TEXT, 0, "Id of the layer"},
	{"layer_order", COL_INTEGER, 0, "Its place, 1 for the lowest"},
	COL_END,
};

static void put_layer(struct api *a, const char *key, const json_t *value)
{
	const char *id = json_string_value(value);

	(void)key;
	if (id && str_starts(id, "sha256:"))
		id += strlen("sha256:");
	row_text(a->s, LAYER_ID, id);
	row_int(a->s, LAYER_ORDER, (int64_t)a->inner_at);
}

static const struct api_spec spec = {
	.sockets = api_docker,
	.list = "/images/json",
	.id = ID,
	.id_path = "Id",
	.prefix = true,
	.detail = "/images/%s/json",
	.inner = "RootFS.Layers",
	.put = put_layer,
};

const struct table table_docker_image_layers = {
	.name = "docker_image_layers",
	.doc = "Layers that Docker's images are made of.",
	.columns = columns,
	API_TABLE(spec),
};
