/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum { ID, KEY, VALUE };

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX, "Id of the image"},
	{"key", COL_TEXT, 0, "Name of the label"},
	{"value", COL_TEXT, 0, "Its value"},
	COL_END,
};

static const struct api_spec spec = {
	.sockets = api_docker,
	.list = "/images/json",
	.id = ID,
	.id_path = "Id",
	.prefix = true,
	.inner = "Labels",
	.put = api_put_pair,
};

const struct table table_docker_image_labels = {
	.name = "docker_image_labels",
	.doc = "Labels of images that Docker has.",
	.columns = columns,
	API_TABLE(spec),
};
