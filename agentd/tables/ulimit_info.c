/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/root.h"
#include "agentd/table.h"
#include "common/str.h"

#include <inttypes.h>
#include <sys/resource.h>

enum { TYPE, SOFT_LIMIT, HARD_LIMIT };

static const struct column columns[] = {
	{"type", COL_TEXT, 0, "What is limited, as in limits.conf(5)"},
	{"soft_limit", COL_TEXT, 0, "The limit in force, or unlimited"},
	{"hard_limit", COL_TEXT, 0, "How far a process may raise it, or unlimited"},
	COL_END,
};

static void put_limit(struct scan *s, unsigned col, rlim_t n)
{
	if (n == RLIM_INFINITY)
		row_text(s, col, "unlimited");
	else
		row_printf(s, col, "%" PRIu64, (uint64_t)n);
}

static int ulimit_info_step(struct scan *s)
{
	static const struct {
		const char *type;
		int resource;
	} limits[] = {
		{"as", RLIMIT_AS},
		{"core", RLIMIT_CORE},
		{"cpu", RLIMIT_CPU},
		{"data", RLIMIT_DATA},
		{"fsize", RLIMIT_FSIZE},
		{"locks", RLIMIT_LOCKS},
		{"memlock", RLIMIT_MEMLOCK},
		{"msgqueue", RLIMIT_MSGQUEUE},
		{"nice", RLIMIT_NICE},
		{"nofile", RLIMIT_NOFILE},
		{"nproc", RLIMIT_NPROC},
		{"rss", RLIMIT_RSS},
		{"rtprio", RLIMIT_RTPRIO},
		{"sigpending", RLIMIT_SIGPENDING},
		{"stack", RLIMIT_STACK},
	};
	struct rlimit limit;

	for (size_t i = 0; root_is_live(scan_root(s)) && i < ARRAY_LEN(limits); i++) {
		if (getrlimit(limits[i].resource, &limit) < 0)
			continue;
		row_begin(s);
		row_text(s, TYPE, limits[i].type);
		put_limit(s, SOFT_LIMIT, limit.rlim_cur);
		put_limit(s, HARD_LIMIT, limit.rlim_max);
		row_end(s);
	}
	return 0;
}

const struct table table_ulimit_info = {
	.name = "ulimit_info",
	.doc = "The resource limits of the agent, which it has from whoever started it.",
	.columns = columns,
	.step = ulimit_info_step,
};
