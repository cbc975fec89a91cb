/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/procguard.h"

#include <unistd.h>

static int read_stat(const struct procfs *fs, int32_t pid, struct procfs_stat *ret)
{
	struct procfs_proc p;
	struct buf text;
	int r = procfs_open(fs, pid, &p);

	if (r < 0)
		return r;
	buf_init(&text, PROCFS_FILE_MAX);
	r = procfs_read(&p, "stat", &text);
	if (r == 0)
		r = procfs_stat_parse((struct span){text.p, text.len}, ret);
	ret->comm = (struct span){0};
	buf_done(&text);
	procfs_close(&p);
	return r;
}

static void keep_chain(struct procguard *g, int32_t pid, bool session)
{
	struct procfs_stat st;

	for (unsigned i = 0; i < PROCGUARD_DEPTH_MAX && pid > 1; i++) {
		if (read_stat(g->fs, pid, &st) < 0)
			return;
		g->kept[g->n].pid = pid;
		g->kept[g->n].start = st.start;
		g->kept[g->n++].session = session;
		pid = (int32_t)st.ppid;
	}
}

static bool exe_of(const struct procfs_proc *p, struct stat *ret)
{
	return fstatat(p->fd, "exe", ret, 0) == 0;
}

void procguard_init(struct procguard *g, const struct procfs *fs, int32_t session)
{
	struct procfs_proc self;
	struct stat st;

	*g = (struct procguard){.fs = fs, .daemon = getppid()};
	keep_chain(g, getpid(), false);
	keep_chain(g, session, true);
	if (procfs_open_self(fs, &self) < 0)
		return;
	if (exe_of(&self, &st)) {
		g->exe_dev = st.st_dev;
		g->exe_ino = st.st_ino;
	}
	procfs_close(&self);
}

static bool is_below(const struct procguard *g, const struct procfs_stat *st)
{
	struct procfs_stat up = *st;

	for (unsigned i = 0; i < PROCGUARD_DEPTH_MAX && up.ppid > 1; i++) {
		if (up.ppid == g->daemon)
			return true;
		if (read_stat(g->fs, (int32_t)up.ppid, &up) < 0)
			return false;
	}
	return false;
}

/* Anybody may run the agent's program: only the daemon's own children belong to it. */
static bool is_agent(
	const struct procguard *g, const struct pidref *p, const struct procfs_stat *st)
{
	struct stat exe;

	return g->exe_ino && exe_of(&p->proc, &exe) && exe.st_dev == g->exe_dev &&
	       exe.st_ino == g->exe_ino && is_below(g, st);
}

const char *procguard_why(
	const struct procguard *g, const struct pidref *p, const struct procfs_stat *st)
{
	if (p->pid == 1)
		return "is the first process of the machine";
	if (st->flags & PROCFS_PF_KTHREAD)
		return "is a thread of the kernel";
	for (size_t i = 0; i < g->n; i++)
		if (g->kept[i].pid == p->pid && g->kept[i].start == p->start)
			return g->kept[i].session ? "carries the session that asks"
						  : "is the agent, or carries it";
	return is_agent(g, p, st) ? "is a part of the agent" : NULL;
}
