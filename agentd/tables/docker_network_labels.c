/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum { ID, KEY, VALUE };

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX, "Id of the network"},
	{"key", COL_TEXT, 0, "Name of the label"},
	{"value", COL_TEXT, 0, "Its value"},
	COL_END,
};

static const struct api_spec spec = {
	.sockets = api_docker,
	.list = "/networks",
	.filter = "/networks?filters=%7B%22id%22%3A%7B%22%s%22%3Atrue%7D%7D",
	.id = ID,
	.id_path = "Id",
	.prefix = true,
	.inner = "Labels",
	.put = api_put_pair,
};

const struct table table_docker_network_labels = {
	.name = "docker_network_labels",
	.doc = "Labels of Docker's networks.",
	.columns = columns,
	API_TABLE(spec),
};
