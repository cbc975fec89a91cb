/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/nosource.h"

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Name of the query"},
	{"query", COL_TEXT, 0, "Its SQL"},
	{"interval", COL_INTEGER, 0, "Seconds from one run to the next"},
	{"executions", COL_BIGINT, 0, "How often it was run"},
	{"last_executed", COL_BIGINT, 0, "Unix time of the last run"},
	{"denylisted", COL_INTEGER, 0, "1: it is not run any more"},
	{"output_size", COL_BIGINT, 0, "Bytes of all its rows"},
	{"wall_time", COL_BIGINT, 0, "Seconds it took, all in all"},
	{"wall_time_ms", COL_BIGINT, 0, "Milliseconds it took, all in all"},
	{"last_wall_time_ms", COL_BIGINT, 0, "Milliseconds the last run took"},
	{"user_time", COL_BIGINT, 0, "Milliseconds of CPU time outside of the kernel, all in all"},
	{"last_user_time", COL_BIGINT, 0, "Likewise of the last run"},
	{"system_time", COL_BIGINT, 0, "Milliseconds of CPU time in the kernel, all in all"},
	{"last_system_time", COL_BIGINT, 0, "Likewise of the last run"},
	{"average_memory", COL_BIGINT, 0, "Bytes of memory that runs left behind, on average"},
	{"last_memory", COL_BIGINT, 0, "Likewise of the last run"},
	COL_END,
};

TABLE_WITHOUT_SOURCE(osquery_schedule, NULL,
	"Queries that the agent asks by itself: always empty, the console asks.");
