/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/api.h"
#include "common/str.h"

#include <time.h>

#define PS_COLUMNS                                                                                 \
	"pid,state,uid,gid,euid,egid,suid,sgid,rss,vsz,etimes,ppid,pgrp,nlwp,nice,user,time,pcpu," \
	"pmem,comm,cmd"

enum {
	ID,
	PID,
	NAME,
	CMDLINE,
	STATE,
	UID,
	GID,
	EUID,
	EGID,
	SUID,
	SGID,
	WIRED_SIZE,
	RESIDENT_SIZE,
	TOTAL_SIZE,
	START_TIME,
	PARENT,
	PGROUP,
	THREADS,
	NICE,
	USER,
	TIME,
	CPU,
	MEM,
};

static const struct column columns[] = {
	{"id", COL_TEXT, COL_INDEX | COL_REQUIRED, "Id of the container"},
	{"pid", COL_BIGINT, COL_INDEX, "Process id on the machine"},
	{"name", COL_TEXT, 0, "Name of the process"},
	{"cmdline", COL_TEXT, 0, "Command line"},
	{"state", COL_TEXT, 0, "State as ps shows it"},
	{"uid", COL_BIGINT, 0, "User id"},
	{"gid", COL_BIGINT, 0, "Group id"},
	{"euid", COL_BIGINT, 0, "Effective user id"},
	{"egid", COL_BIGINT, 0, "Effective group id"},
	{"suid", COL_BIGINT, 0, "Saved user id"},
	{"sgid", COL_BIGINT, 0, "Saved group id"},
	{"wired_size", COL_BIGINT, 0, "Always 0 on Linux"},
	{"resident_size", COL_BIGINT, 0, "Bytes of memory that it holds"},
	{"total_size", COL_BIGINT, 0, "Bytes of address space"},
	{"start_time", COL_BIGINT, 0, "Unix time of its start"},
	{"parent", COL_BIGINT, 0, "Process id of the parent"},
	{"pgroup", COL_BIGINT, 0, "Process group"},
	{"threads", COL_INTEGER, 0, "Threads"},
	{"nice", COL_INTEGER, 0, "Nice level"},
	{"user", COL_TEXT, 0, "Name of the user"},
	{"time", COL_TEXT, 0, "Processor time, [days-]hours:minutes:seconds"},
	{"cpu", COL_DOUBLE, 0, "Processor time in percent of its life"},
	{"mem", COL_DOUBLE, 0, "Memory in percent of the machine's"},
	COL_END,
};

/* In the order of PS_COLUMNS; those from `texts` on are no whole numbers. */
static const unsigned order[] = {PID, STATE, UID, GID, EUID, EGID, SUID, SGID, RESIDENT_SIZE,
	TOTAL_SIZE, START_TIME, PARENT, PGROUP, THREADS, NICE, USER, TIME, CPU, MEM, NAME, CMDLINE};

static void put_value(struct scan *s, unsigned col, const char *text)
{
	int64_t number;
	double real;

	if (col == STATE || col == USER || col == TIME || col == NAME || col == CMDLINE)
		row_text(s, col, text);
	else if ((col == CPU || col == MEM) && parse_real(text, 0, 1e9, &real) == 0)
		row_real(s, col, real);
	else if (parse_int(text, INT64_MIN / 1024, INT64_MAX / 1024, &number) < 0)
		return;
	else if (col == RESIDENT_SIZE || col == TOTAL_SIZE)
		row_int(s, col, number * 1024);
	else if (col == START_TIME)
		row_int(s, col, (int64_t)time(NULL) - number);
	else
		row_int(s, col, number);
}

static void put_process(struct api *a, const char *key, const json_t *value)
{
	(void)key;
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		const char *text = json_string_value(json_array_get(value, i));

		if (text)
			put_value(a->s, order[i], text);
	}
	row_int(a->s, WIRED_SIZE, 0);
}

static const struct api_spec spec = {
	.sockets = api_docker,
	.id = ID,
	.detail = "/containers/%s/top?ps_args=axwwo%20" PS_COLUMNS,
	.inner = "Processes",
	.put = put_process,
};

const struct table table_docker_container_processes = {
	.name = "docker_container_processes",
	.doc = "Processes within a container, as the machine sees them.",
	.columns = columns,
	API_TABLE(spec),
};
