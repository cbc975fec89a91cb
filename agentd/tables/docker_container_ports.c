/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	ID,
	TYPE,
	PORT,
	HOST_IP,
	HOST_PORT,
};

static const struct column columns[] = {
	{"id", COL_TEXT, COL_ADDITIONAL, "Id of the container"},
	{"type", COL_TEXT, 0, "tcp, udp or sctp"},
	{"port", COL_INTEGER, 0, "Port in the container"},
	{"host_ip", COL_TEXT, 0, "Address on the machine that leads to it"},
	{"host_port", COL_INTEGER, 0, "Port on the machine that leads to it; 0 for none"},
	COL_END,
};

static const struct api_field fields[] = {
	{TYPE, API_TEXT, "Type"},
	{PORT, API_NUMBER, "PrivatePort"},
	{HOST_IP, API_TEXT, "IP"},
	{HOST_PORT, API_NUMBER, "PublicPort"},
	API_END,
};

static const struct api_spec spec = {
	API_DOCKER_CONTAINERS(ID),
	.inner = "Ports",
	.fields = fields,
};

const struct table table_docker_container_ports = {
	.name = "docker_container_ports",
	.doc = "Ports of Docker's containers.",
	.columns = columns,
	API_TABLE(spec),
};
