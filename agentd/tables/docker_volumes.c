/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	NAME,
	DRIVER,
	MOUNT_POINT,
	TYPE,
};

static const struct column columns[] = {
	{"name", COL_TEXT, COL_INDEX, "Name of the volume"},
	{"driver", COL_TEXT, 0, "Its driver"},
	{"mount_point", COL_TEXT, 0, "Where its data is"},
	{"type", COL_TEXT, 0, "Kind of the volume"},
	COL_END,
};

static const struct api_field fields[] = {
	{DRIVER, API_TEXT, "Driver"},
	{MOUNT_POINT, API_TEXT, "Mountpoint"},
	{TYPE, API_TEXT, "Options.type"},
	API_END,
};

static const struct api_spec spec = {
	.sockets = api_docker,
	.list = "/volumes",
	.items = "Volumes",
	.id = NAME,
	.id_path = "Name",
	.fields = fields,
};

const struct table table_docker_volumes = {
	.name = "docker_volumes",
	.doc = "Volumes that Docker has.",
	.columns = columns,
	API_TABLE(spec),
};
