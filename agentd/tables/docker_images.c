/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	ID,
	CREATED,
	SIZE_BYTES,
	TAGS,
};

static const struct column columns[] = {
	{"id", COL_TEXT, 0, "Id of the image"},
	{"created", COL_BIGINT, 0, "Unix time of its making"},
	{"size_bytes", COL_BIGINT, 0, "Bytes"},
	{"tags", COL_TEXT, 0, "Its tags, separated by commas"},
	COL_END,
};

static const struct api_field fields[] = {
	{ID, API_ID, "Id"},
	{CREATED, API_NUMBER, "Created"},
	{SIZE_BYTES, API_NUMBER, "Size"},
	{TAGS, API_COMMA, "RepoTags"},
	API_END,
};

static const struct api_spec spec = {
	.sockets = api_docker,
	.list = "/images/json",
	.id = API_NO_COLUMN,
	.fields = fields,
};

const struct table table_docker_images = {
	.name = "docker_images",
	.doc = "Images that Docker has.",
	.columns = columns,
	API_TABLE(spec),
};
