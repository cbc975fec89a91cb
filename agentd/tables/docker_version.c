/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

enum {
	VERSION,
	API_VERSION,
	MIN_API_VERSION,
	GIT_COMMIT,
	GO_VERSION,
	OS,
	ARCH,
	KERNEL_VERSION,
	BUILD_TIME,
};

static const struct column columns[] = {
	{"version", COL_TEXT, 0, "Version of Docker"},
	{"api_version", COL_TEXT, 0, "Version of its interface"},
	{"min_api_version", COL_TEXT, 0, "Oldest version of the interface that it speaks"},
	{"git_commit", COL_TEXT, 0, "Commit it was built from"},
	{"go_version", COL_TEXT, 0, "Version of Go it was built with"},
	{"os", COL_TEXT, 0, "Operating system"},
	{"arch", COL_TEXT, 0, "Architecture"},
	{"kernel_version", COL_TEXT, 0, "Version of the kernel"},
	{"build_time", COL_TEXT, 0, "When it was built"},
	COL_END,
};

static const struct api_field fields[] = {
	{VERSION, API_TEXT, "Version"},
	{API_VERSION, API_TEXT, "ApiVersion"},
	{MIN_API_VERSION, API_TEXT, "MinAPIVersion"},
	{GIT_COMMIT, API_TEXT, "GitCommit"},
	{GO_VERSION, API_TEXT, "GoVersion"},
	{OS, API_TEXT, "Os"},
	{ARCH, API_TEXT, "Arch"},
	{KERNEL_VERSION, API_TEXT, "KernelVersion"},
	{BUILD_TIME, API_TEXT, "BuildTime"},
	API_END,
};

static const struct api_spec spec = {
	.sockets = api_docker,
	.list = "/version",
	.id = API_NO_COLUMN,
	.fields = fields,
};

const struct table table_docker_version = {
	.name = "docker_version",
	.doc = "What Docker's service is.",
	.columns = columns,
	API_TABLE(spec),
};
