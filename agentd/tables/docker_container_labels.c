/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum { ID, KEY, VALUE };

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX, "Id of the container"},
	{"key", COL_TEXT, COL_INDEX, "Name of the label"},
	{"value", COL_TEXT, 0, "Its value"},
	COL_END,
};

static const struct api_spec spec = {
	API_DOCKER_CONTAINERS(ID),
	.inner = "Labels",
	.put = api_put_pair,
};

const struct table table_docker_container_labels = {
	.name = "docker_container_labels",
	.doc = "Labels of Docker's containers, also of those that do not run.",
	.columns = columns,
	API_TABLE(spec),
};
