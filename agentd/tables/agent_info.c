/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/proctable.h"
#include "agentd/root.h"
#include "common/version.h"

#include <time.h>
#include <unistd.h>

enum { VERSION, PID, PRIVILEGED, ROOT, UPTIME, RESIDENT_SIZE };

static const struct column columns[] = {
	{"version", COL_TEXT, 0, "Version of the agent"},
	{"pid", COL_BIGINT, 0, "Its process id"},
	{"privileged", COL_INTEGER, 0, "1: it reads with the rights of root"},
	{"root", COL_TEXT, 0, "Directory that it takes for the host's root"},
	{"uptime", COL_BIGINT, 0, "Seconds since it was started"},
	{"resident_size", COL_BIGINT, 0, "Bytes of memory that it uses"},
	COL_END,
};

static int64_t seconds_since_boot(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

/* Both from the agent's own /proc, whatever root is asked about. */
static void put_process(struct scan *s)
{
	struct procfs_status status;
	struct procfs_stat stat;
	struct procfs_proc self = {.fd = -1};
	struct root *live = root_new("/", NULL);
	struct procfs fs = {0};
	struct buf b;

	buf_init(&b, PROCFS_FILE_MAX);
	if (live && procfs_init(&fs, live) == 0 && procfs_open_self(&fs, &self) == 0) {
		if (procfs_read(&self, "status", &b) == 0 &&
			procfs_status_parse((struct span){b.p, b.len}, &status) == 0)
			row_int(s, RESIDENT_SIZE, (int64_t)status.rss);
		if (procfs_read(&self, "stat", &b) == 0 &&
			procfs_stat_parse((struct span){b.p, b.len}, &stat) == 0)
			row_int(s, UPTIME,
				seconds_since_boot() - procfs_ms(&fs, stat.start) / 1000);
	}
	procfs_close(&self);
	procfs_done(&fs);
	root_free(live);
	buf_done(&b);
}

static int agent_info_step(struct scan *s)
{
	const char *root = root_prefix(scan_root(s));

	row_begin(s);
	row_text(s, VERSION, TOCSIN_VERSION);
	row_int(s, PID, getpid());
	row_int(s, PRIVILEGED, geteuid() == 0);
	row_text(s, ROOT, root[0] ? root : "/");
	if (scan_wants(s, UPTIME) || scan_wants(s, RESIDENT_SIZE))
		put_process(s);
	row_end(s);
	return 0;
}

const struct table table_agent_info = {
	.name = "agent_info",
	.doc = "The agent that answers.",
	.columns = columns,
	.step = agent_info_step,
};
