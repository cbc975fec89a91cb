/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	ID,
	TYPE,
	NAME,
	SOURCE,
	DESTINATION,
	DRIVER,
	MODE,
	RW,
	PROPAGATION,
};

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX, "Id of the container"},
	{"type", COL_TEXT, 0, "bind, volume, tmpfs …"},
	{"name", COL_TEXT, COL_INDEX, "Name of the volume"},
	{"source", COL_TEXT, 0, "Where it is on the machine"},
	{"destination", COL_TEXT, 0, "Where it is in the container"},
	{"driver", COL_TEXT, 0, "Driver of the volume"},
	{"mode", COL_TEXT, 0, "Options"},
	{"rw", COL_INTEGER, 0, "1 when it can be written"},
	{"propagation", COL_TEXT, 0, "How mounts in it spread"},
	COL_END,
};

static const struct api_field fields[] = {
	{TYPE, API_TEXT, "Type"},
	{NAME, API_TEXT, "Name"},
	{SOURCE, API_TEXT, "Source"},
	{DESTINATION, API_TEXT, "Destination"},
	{DRIVER, API_TEXT, "Driver"},
	{MODE, API_TEXT, "Mode"},
	{RW, API_NUMBER, "RW"},
	{PROPAGATION, API_TEXT, "Propagation"},
	API_END,
};

static const struct api_spec spec = {
	API_DOCKER_CONTAINERS(ID),
	.inner = "Mounts",
	.fields = fields,
};

const struct table table_docker_container_mounts = {
	.name = "docker_container_mounts",
	.doc = "What is mounted into Docker's containers.",
	.columns = columns,
	API_TABLE(spec),
};
