/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/proctable.h"

#include <errno.h>
#include <inttypes.h>

enum { PID, FIRST_NAMESPACE };

static const struct column columns[] = {
	{"pid", COL_INTEGER, COL_INDEX, "Process id"},
	{"cgroup_namespace", COL_TEXT, 0, "Number of its namespace of control groups"},
	{"ipc_namespace", COL_TEXT, 0, "Number of its namespace of System V IPC"},
	{"mnt_namespace", COL_TEXT, 0, "Number of its mount namespace"},
	{"net_namespace", COL_TEXT, 0, "Number of its network namespace"},
	{"pid_namespace", COL_TEXT, 0, "Number of its namespace of process ids"},
	{"user_namespace", COL_TEXT, 0, "Number of its user namespace"},
	{"uts_namespace", COL_TEXT, 0, "Number of its namespace of host names"},
	COL_END,
};
static const char *const kinds[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};

static int namespaces_open(struct scan *s)
{
	return proc_walk_open(scan_state(s), s, PID);
}

/* 0, or -errno of the first that could not be read. */
static int put_namespaces(struct scan *s, const struct procfs_proc *p)
{
	int first = 0;

	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
		uint64_t n;
		int r;

		if (!scan_wants(s, FIRST_NAMESPACE + i))
			continue;
		r = procfs_namespace(p, kinds[i], &n);
		if (r == 0 && n)
			row_printf(s, FIRST_NAMESPACE + i, "%" PRIu64, n);
		if (!first)
			first = r;
	}
	return first;
}

static int namespaces_step(struct scan *s)
{
	struct proc_walk *w = scan_state(s);
	struct procfs_proc p;
	int32_t pid;
	int r = proc_walk_next(w, &pid);

	if (r <= 0)
		return r;
	r = proc_walk_process(w, s, pid, &p);
	if (r < 0)
		return r == -ENOMEM ? r : 1;
	row_begin(s);
	row_int(s, PID, pid);
	r = put_namespaces(s, &p);
	/* A zombie has given up some of its namespaces, and is still a process. */
	if (!procfs_gone(&p)) {
		proc_skipped(s, "namespaces", r);
		row_end(s);
	}
	procfs_close(&p);
	return r == -ENOMEM ? r : 1;
}

static void namespaces_close(struct scan *s)
{
	proc_walk_close(scan_state(s));
}

const struct table table_process_namespaces = {
	.name = "process_namespaces",
	.doc = "The namespaces that processes are in.",
	.columns = columns,
	.open = namespaces_open,
	.step = namespaces_step,
	.close = namespaces_close,
	.state_size = sizeof(struct proc_walk),
};
