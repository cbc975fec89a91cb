/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"

#include <strings.h>

enum {
	ID,
	NAME,
	PIDS,
	READ,
	PREREAD,
	INTERVAL,
	DISK_READ,
	DISK_WRITE,
	NUM_PROCS,
	CPU_TOTAL_USAGE,
	CPU_KERNELMODE_USAGE,
	CPU_USERMODE_USAGE,
	SYSTEM_CPU_USAGE,
	ONLINE_CPUS,
	PRE_CPU_TOTAL_USAGE,
	PRE_CPU_KERNELMODE_USAGE,
	PRE_CPU_USERMODE_USAGE,
	PRE_SYSTEM_CPU_USAGE,
	PRE_ONLINE_CPUS,
	MEMORY_USAGE,
	MEMORY_CACHED,
	MEMORY_INACTIVE_FILE,
	MEMORY_TOTAL_INACTIVE_FILE,
	MEMORY_MAX_USAGE,
	MEMORY_LIMIT,
	NETWORK_RX_BYTES,
	NETWORK_TX_BYTES,
};

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX | COL_REQUIRED, "Id of the container"},
	{"name", COL_TEXT, COL_INDEX, "Name of the container"},
	{"pids", COL_INTEGER, 0, "Processes and threads"},
	{"read", COL_BIGINT, 0, "Unix time of the measurement"},
	{"preread", COL_BIGINT, 0, "Unix time of the measurement before"},
	{"interval", COL_BIGINT, 0, "Nanoseconds between the two"},
	{"disk_read", COL_BIGINT, 0, "Bytes read from disks"},
	{"disk_write", COL_BIGINT, 0, "Bytes written to disks"},
	{"num_procs", COL_INTEGER, 0, "Processors"},
	{"cpu_total_usage", COL_BIGINT, 0, "Nanoseconds of processor time"},
	{"cpu_kernelmode_usage", COL_BIGINT, 0, "Of these, in the kernel"},
	{"cpu_usermode_usage", COL_BIGINT, 0, "Of these, in programs"},
	{"system_cpu_usage", COL_BIGINT, 0, "Nanoseconds of processor time of the whole machine"},
	{"online_cpus", COL_INTEGER, 0, "Processors in use"},
	{"pre_cpu_total_usage", COL_BIGINT, 0,
		"Nanoseconds of processor time, the measurement before"},
	{"pre_cpu_kernelmode_usage", COL_BIGINT, 0, "Of these, in the kernel"},
	{"pre_cpu_usermode_usage", COL_BIGINT, 0, "Of these, in programs"},
	{"pre_system_cpu_usage", COL_BIGINT, 0, "Of the whole machine, the measurement before"},
	{"pre_online_cpus", COL_INTEGER, 0, "Processors in use, the measurement before"},
	{"memory_usage", COL_BIGINT, 0, "Bytes of memory"},
	{"memory_cached", COL_BIGINT, 0, "Of these, cached files"},
	{"memory_inactive_file", COL_BIGINT, 0, "Of these, cached files not used lately"},
	{"memory_total_inactive_file", COL_BIGINT, 0, "Likewise, with all groups below"},
	{"memory_max_usage", COL_BIGINT, 0, "Most bytes of memory so far"},
	{"memory_limit", COL_BIGINT, 0, "Bytes of memory that it may have"},
	{"network_rx_bytes", COL_BIGINT, 0, "Bytes received"},
	{"network_tx_bytes", COL_BIGINT, 0, "Bytes sent"},
	COL_END,
};

static const struct api_field fields[] = {
	{NAME, API_TEXT, "name"},
	{PIDS, API_NUMBER, "pids_stats.current"},
	{NUM_PROCS, API_NUMBER, "num_procs"},
	{CPU_TOTAL_USAGE, API_NUMBER, "cpu_stats.cpu_usage.total_usage"},
	{CPU_KERNELMODE_USAGE, API_NUMBER, "cpu_stats.cpu_usage.usage_in_kernelmode"},
	{CPU_USERMODE_USAGE, API_NUMBER, "cpu_stats.cpu_usage.usage_in_usermode"},
	{SYSTEM_CPU_USAGE, API_NUMBER, "cpu_stats.system_cpu_usage"},
	{ONLINE_CPUS, API_NUMBER, "cpu_stats.online_cpus"},
	{PRE_CPU_TOTAL_USAGE, API_NUMBER, "precpu_stats.cpu_usage.total_usage"},
	{PRE_CPU_KERNELMODE_USAGE, API_NUMBER, "precpu_stats.cpu_usage.usage_in_kernelmode"},
	{PRE_CPU_USERMODE_USAGE, API_NUMBER, "precpu_stats.cpu_usage.usage_in_usermode"},
	{PRE_SYSTEM_CPU_USAGE, API_NUMBER, "precpu_stats.system_cpu_usage"},
	{PRE_ONLINE_CPUS, API_NUMBER, "precpu_stats.online_cpus"},
	{MEMORY_USAGE, API_NUMBER, "memory_stats.usage"},
	{MEMORY_CACHED, API_NUMBER, "memory_stats.stats.cache"},
	{MEMORY_INACTIVE_FILE, API_NUMBER, "memory_stats.stats.inactive_file"},
	{MEMORY_TOTAL_INACTIVE_FILE, API_NUMBER, "memory_stats.stats.total_inactive_file"},
	{MEMORY_MAX_USAGE, API_NUMBER, "memory_stats.max_usage"},
	{MEMORY_LIMIT, API_NUMBER, "memory_stats.limit"},
	API_END,
};

static void put_times(struct scan *s, const json_t *j)
{
	int64_t at = 0, at_ns = 0, before = 0, before_ns = 0;

	api_time(json_text_at(j, "read"), &at, &at_ns);
	api_time(json_text_at(j, "preread"), &before, &before_ns);
	row_int(s, READ, at);
	row_int(s, PREREAD, before);
	/* Years apart where there was none before: it need not fit. */
	row_int(s, INTERVAL,
		(int64_t)((uint64_t)(at - before) * 1000000000 + (uint64_t)at_ns -
			  (uint64_t)before_ns));
}

/* Of all entries, those with this `op` where one is given. */
static uint64_t sum(const json_t *list, const char *op, const char *member)
{
	uint64_t total = 0;
	const char *key;
	json_t *one;
	size_t i;

	json_array_foreach (list, i, one) {
		const char *its = json_text_at(one, "op");

		if (its && strcasecmp(its, op) == 0)
			total += (uint64_t)json_integer_value(json_at(one, member));
	}
	json_object_foreach ((json_t *)list, key, one)
		total += (uint64_t)json_integer_value(json_at(one, member));
	return total;
}

static void put_rest(struct api *a, const char *key, const json_t *value)
{
	const json_t *disks = json_at(value, "blkio_stats.io_service_bytes_recursive");
	const json_t *networks = json_at(value, "networks");

	(void)key;
	put_times(a->s, value);
	row_int(a->s, DISK_READ, (int64_t)sum(disks, "Read", "value"));
	row_int(a->s, DISK_WRITE, (int64_t)sum(disks, "Write", "value"));
	row_int(a->s, NETWORK_RX_BYTES, (int64_t)sum(networks, "", "rx_bytes"));
	row_int(a->s, NETWORK_TX_BYTES, (int64_t)sum(networks, "", "tx_bytes"));
}

static const struct api_spec spec = {
	.sockets = api_docker,
	.id = ID,
	.detail = "/containers/%s/stats?stream=false",
	.put = put_rest,
	.fields = fields,
};

const struct table table_docker_container_stats = {
	.name = "docker_container_stats",
	.doc = "What a container uses, measured over one interval: this takes a second or two.",
	.columns = columns,
	API_TABLE(spec),
};
