/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	ID,
	NAME,
	NETWORK_ID,
	ENDPOINT_ID,
	GATEWAY,
	IP_ADDRESS,
	IP_PREFIX_LEN,
	IPV6_GATEWAY,
	IPV6_ADDRESS,
	IPV6_PREFIX_LEN,
	MAC_ADDRESS,
};

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX, "Id of the container"},
	{"name", COL_TEXT, COL_INDEX, "Name of the network"},
	{"network_id", COL_TEXT, 0, "Id of the network"},
	{"endpoint_id", COL_TEXT, 0, "Id of the container's end"},
	{"gateway", COL_TEXT, 0, "Gateway"},
	{"ip_address", COL_TEXT, 0, "IPv4 address"},
	{"ip_prefix_len", COL_INTEGER, 0, "Length of the network's prefix"},
	{"ipv6_gateway", COL_TEXT, 0, "Gateway for IPv6"},
	{"ipv6_address", COL_TEXT, 0, "IPv6 address"},
	{"ipv6_prefix_len", COL_INTEGER, 0, "Length of the prefix for IPv6"},
	{"mac_address", COL_TEXT, 0, "Hardware address"},
	COL_END,
};

static const struct api_field fields[] = {
	{NETWORK_ID, API_TEXT, "NetworkID"},
	{ENDPOINT_ID, API_TEXT, "EndpointID"},
	{GATEWAY, API_TEXT, "Gateway"},
	{IP_ADDRESS, API_TEXT, "IPAddress"},
	{IP_PREFIX_LEN, API_NUMBER, "IPPrefixLen"},
	{IPV6_GATEWAY, API_TEXT, "IPv6Gateway"},
	{IPV6_ADDRESS, API_TEXT, "GlobalIPv6Address"},
	{IPV6_PREFIX_LEN, API_NUMBER, "GlobalIPv6PrefixLen"},
	{MAC_ADDRESS, API_TEXT, "MacAddress"},
	API_END,
};

static void put_name(struct api *a, const char *key, const json_t *value)
{
	(void)value;
	row_text(a->s, NAME, key);
}

static const struct api_spec spec = {
	API_DOCKER_CONTAINERS(ID),
	.inner = "NetworkSettings.Networks",
	.put = put_name,
	.fields = fields,
};

const struct table table_docker_container_networks = {
	.name = "docker_container_networks",
	.doc = "Networks that Docker's containers are in.",
	.columns = columns,
	API_TABLE(spec),
};
