/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"
#include "agentd/root.h"
#include "common/str.h"

#include <string.h>

enum {
	ID,
	NAME,
	IMAGE,
	IMAGE_ID,
	COMMAND,
	CREATED,
	STATE,
	STATUS,
	PID,
	PATH,
	CONFIG_ENTRYPOINT,
	STARTED_AT,
	FINISHED_AT,
	PRIVILEGED,
	SECURITY_OPTIONS,
	ENV_VARIABLES,
	READONLY_ROOTFS,
	CGROUP_NAMESPACE,
	IPC_NAMESPACE,
	MNT_NAMESPACE,
	NET_NAMESPACE,
	PID_NAMESPACE,
	USER_NAMESPACE,
	UTS_NAMESPACE,
};

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX, "Id of the container"},
	{"name", COL_TEXT, COL_INDEX, "Name of the container, with a slash in front"},
	{"image", COL_TEXT, 0, "Image, as it was named when the container was made"},
	{"image_id", COL_TEXT, 0, "Id of the image"},
	{"command", COL_TEXT, 0, "Command"},
	{"created", COL_BIGINT, 0, "Unix time of its making"},
	{"state", COL_TEXT, 0, "created, running, paused, exited …"},
	{"status", COL_TEXT, 0, "State in words, with times"},
	{"pid", COL_BIGINT, 0,
		"Process id of its first process on the machine; 0 when it does not run"},
	{"path", COL_TEXT, 0, "Program of its first process"},
	{"config_entrypoint", COL_TEXT, 0, "What it is started through, separated by commas"},
	{"started_at", COL_TEXT, 0, "When it was started"},
	{"finished_at", COL_TEXT, 0, "When it ended; empty while it runs"},
	{"privileged", COL_INTEGER, 0, "1 when it has all the rights of the machine's root"},
	{"security_options", COL_TEXT, 0, "Security options, separated by commas"},
	{"env_variables", COL_TEXT, 0, "Environment variables, separated by commas"},
	{"readonly_rootfs", COL_INTEGER, 0, "1 when its root file system cannot be written"},
	{"cgroup_namespace", COL_TEXT, 0, "Number of its cgroup namespace"},
	{"ipc_namespace", COL_TEXT, 0, "Number of its IPC namespace"},
	{"mnt_namespace", COL_TEXT, 0, "Number of its mount namespace"},
	{"net_namespace", COL_TEXT, 0, "Number of its network namespace"},
	{"pid_namespace", COL_TEXT, 0, "Number of its PID namespace"},
	{"user_namespace", COL_TEXT, 0, "Number of its user namespace"},
	{"uts_namespace", COL_TEXT, 0, "Number of its UTS namespace"},
	COL_END,
};

static const struct api_field fields[] = {
	{IMAGE, API_TEXT, "Image"},
	{IMAGE_ID, API_ID, "ImageID"},
	{COMMAND, API_TEXT, "Command"},
	{CREATED, API_NUMBER, "Created"},
	{STATE, API_TEXT, "State"},
	{STATUS, API_TEXT, "Status"},
	API_END,
};

static const struct api_field details[] = {
	{PID, API_NUMBER, "State.Pid"},
	{STARTED_AT, API_TEXT, "State.StartedAt"},
	{PATH, API_TEXT, "Path"},
	{CONFIG_ENTRYPOINT, API_LIST, "Config.Entrypoint"},
	{PRIVILEGED, API_NUMBER, "HostConfig.Privileged"},
	{SECURITY_OPTIONS, API_LIST, "HostConfig.SecurityOpt"},
	{ENV_VARIABLES, API_LIST, "Config.Env"},
	{READONLY_ROOTFS, API_NUMBER, "HostConfig.ReadonlyRootfs"},
	API_END,
};

/* "mnt:[4026531841]" -> "4026531841" */
static void put_namespaces(struct scan *s, int64_t pid)
{
	static const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};
	char path[64], number[24];
	struct buf link;

	buf_init(&link, sizeof(path));
	for (unsigned i = 0; pid > 0 && i < ARRAY_LEN(names); i++) {
		if (!scan_wants(s, CGROUP_NAMESPACE + i))
			continue;
		snprintf(path, sizeof(path), "/proc/%lld/ns/%s", (long long)pid, names[i]);
		buf_reset(&link);
		if (root_readlink(scan_root(s), path, &link) == 0 &&
			sscanf(buf_str(&link), "%*[a-z]:[%23[0-9]]", number) == 1)
			row_text(s, CGROUP_NAMESPACE + i, number);
	}
	buf_done(&link);
}

static bool wants_details(const struct scan *s)
{
	for (unsigned col = PID; col <= UTS_NAMESPACE; col++)
		if (scan_wants(s, col))
			return true;
	return false;
}

static void put_rest(struct api *a, const char *key, const json_t *value)
{
	const char *id = json_text_at(value, "Id"), *state = json_text_at(value, "State");
	char target[256];
	json_t *j;

	(void)key;
	row_json(a->s, NAME, json_array_get(json_at(value, "Names"), 0));
	if (!id || !wants_details(a->s))
		return;
	snprintf(target, sizeof(target), "/containers/%s/json", id);
	j = api_get(a, target);
	if (!j)
		return;
	api_put(a->s, details, j);
	row_text(a->s, FINISHED_AT, "");
	if (!state || !str_eq(state, "running"))
		row_json(a->s, FINISHED_AT, json_at(j, "State.FinishedAt"));
	put_namespaces(a->s, json_integer_value(json_at(j, "State.Pid")));
	json_decref(j);
}

static const struct api_spec spec = {
	API_DOCKER_CONTAINERS(ID),
	.put = put_rest,
	.fields = fields,
};

const struct table table_docker_containers = {
	.name = "docker_containers",
	.doc = "Docker's containers, also those that do not run.",
	.columns = columns,
	API_TABLE(spec),
};
