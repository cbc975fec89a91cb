/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/self.h"

#include "agentd/procfs.h"
#include "agentd/root.h"

#include <errno.h>
#include <time.h>

static int64_t seconds_of(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return now.tv_sec;
}

static int read_stat(
	const struct procfs *fs, struct procfs_proc *proc, struct buf *b, struct self *ret)
{
	struct procfs_status status;
	struct procfs_stat stat;
	int r = procfs_read(proc, "status", b);

	if (r == 0)
		r = procfs_status_parse((struct span){b->p, b->len}, &status);
	if (r == 0)
		r = procfs_read(proc, "stat", b);
	if (r == 0)
		r = procfs_stat_parse((struct span){b->p, b->len}, &stat);
	if (r < 0)
		return r;
	ret->resident = (int64_t)status.rss;
	ret->uptime = seconds_of(CLOCK_BOOTTIME) - procfs_ms(fs, stat.start) / 1000;
	ret->start_time = seconds_of(CLOCK_REALTIME) - ret->uptime;
	return 0;
}

int self_read(struct self *ret)
{
	struct root *live = root_new("/", NULL);
	struct procfs_proc proc = {.fd = -1};
	struct procfs fs = {0};
	int r = live ? procfs_init(&fs, live) : -ENOMEM;
	struct buf b;

	buf_init(&b, PROCFS_FILE_MAX);
	if (r == 0)
		r = procfs_open_self(&fs, &proc);
	if (r == 0)
		r = read_stat(&fs, &proc, &b, ret);
	procfs_close(&proc);
	procfs_done(&fs);
	root_free(live);
	buf_done(&b);
	return r;
}
