/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	ID,
	CREATED,
	SIZE,
	CREATED_BY,
	TAGS,
	COMMENT,
};

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX, "Id of the image"},
	{"created", COL_BIGINT, 0, "Unix time of the step"},
	{"size", COL_BIGINT, 0, "Bytes that it added"},
	{"created_by", COL_TEXT, 0, "The command"},
	{"tags", COL_TEXT, 0, "Tags, separated by commas"},
	{"comment", COL_TEXT, 0, "Comment"},
	COL_END,
};

static const struct api_field fields[] = {
	{CREATED, API_NUMBER, "Created"},
	{SIZE, API_NUMBER, "Size"},
	{CREATED_BY, API_TEXT, "CreatedBy"},
	{TAGS, API_COMMA, "Tags"},
	{COMMENT, API_TEXT, "Comment"},
	API_END,
};

static const struct api_spec spec = {
	.sockets = api_docker,
	.list = "/images/json",
	.id = ID,
	.id_path = "Id",
	.prefix = true,
	.detail = "/images/%s/history",
	.inner = "",
	.fields = fields,
};

const struct table table_docker_image_history = {
	.name = "docker_image_history",
	.doc = "How Docker's images were made, step by step.",
	.columns = columns,
	API_TABLE(spec),
};
