/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum { NAME, KEY, VALUE };

static const struct column columns[] = {
	{"name", COL_TEXT, COL_INDEX, "Name of the volume"},
	{"key", COL_TEXT, COL_INDEX, "Name of the label"},
	{"value", COL_TEXT, 0, "Its value"},
	COL_END,
};

static const struct api_spec spec = {
	.sockets = api_docker,
	.list = "/volumes",
	.items = "Volumes",
	.id = NAME,
	.id_path = "Name",
	.inner = "Labels",
	.put = api_put_pair,
};

const struct table table_docker_volume_labels = {
	.name = "docker_volume_labels",
	.doc = "Labels of Docker's volumes.",
	.columns = columns,
	API_TABLE(spec),
};
