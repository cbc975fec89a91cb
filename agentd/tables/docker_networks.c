/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	ID,
	NAME,
	DRIVER,
	CREATED,
	ENABLE_IPV6,
	SUBNET,
	GATEWAY,
};

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX, "Id of the network"},
	{"name", COL_TEXT, 0, "Name of the network"},
	{"driver", COL_TEXT, 0, "Its driver"},
	{"created", COL_BIGINT, 0, "Unix time of its making"},
	{"enable_ipv6", COL_INTEGER, 0, "1 when it has IPv6"},
	{"subnet", COL_TEXT, 0, "Its network with the prefix's length"},
	{"gateway", COL_TEXT, 0, "Its gateway"},
	COL_END,
};

static const struct api_field fields[] = {
	{NAME, API_TEXT, "Name"},
	{DRIVER, API_TEXT, "Driver"},
	{CREATED, API_TIME, "Created"},
	{ENABLE_IPV6, API_NUMBER, "EnableIPv6"},
	API_END,
};

static void put_first_network(struct api *a, const char *key, const json_t *value)
{
	const json_t *first = json_array_get(json_at(value, "IPAM.Config"), 0);

	(void)key;
	row_json(a->s, SUBNET, json_at(first, "Subnet"));
	row_json(a->s, GATEWAY, json_at(first, "Gateway"));
}

static const struct api_spec spec = {
	.sockets = api_docker,
	.list = "/networks",
	.filter = "/networks?filters=%7B%22id%22%3A%7B%22%s%22%3Atrue%7D%7D",
	.id = ID,
	.id_path = "Id",
	.prefix = true,
	.put = put_first_network,
	.fields = fields,
};

const struct table table_docker_networks = {
	.name = "docker_networks",
	.doc = "Networks that Docker has.",
	.columns = columns,
	API_TABLE(spec),
};
