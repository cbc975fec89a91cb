/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"
#include "agentd/pathwalk.h"
#include "agentd/proctable.h"
#include "agentd/root.h"
#include "common/io.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PID_MAX_FILE "/proc/sys/kernel/pid_max"
#define CGROUPS	     "/sys/fs/cgroup/**"
/* The kernel's own limit. */
#define PIDS_MAX (4u << 20)
/* Numbers that one step tries. */
#define STEP_PIDS (32u << 10)
/* Names that are listed again for processes on which views differ: some seconds at worst. */
#define NAMES_MAX (4u << 20)

enum { PID, NAME, PATH, IN_PROC_LIST, IN_READDIR, IN_PROC, ANSWERS, IN_CGROUP };

static const struct column columns[] = {
	{"pid", COL_BIGINT, 0, "Process id"},
	{"name", COL_TEXT, 0, "Its name, where /proc/PID can be read nevertheless"},
	{"path", COL_TEXT, 0, "Its program file, likewise"},
	{"in_proc_list", COL_INTEGER, 0, "1: the kernel lists it in /proc"},
	{"in_readdir", COL_INTEGER, 0,
		"1: the C library lists it in /proc; 0 alone: a preloaded library hides it"},
	{"in_proc", COL_INTEGER, 0, "1: /proc/PID is there when asked for"},
	{"answers", COL_INTEGER, 0, "1: it is there for pidfd_open(2) or kill(2)"},
	{"in_cgroup", COL_INTEGER, 0, "1: some control group has it"},
	COL_END,
};

/* Sets of process ids, a bit each. */
enum set { LISTED, READDIR, ALIVE, CGROUP, SETS };
enum stage { LIST, SWEEP, GROUPS, LIST_AGAIN, COMPARE };

struct state {
	struct proc_shared *shared; /* NULL: no rows */
	unsigned char *sets[SETS];  /* heap */
	uint32_t pids;		    /* numbers below this one are looked at */
	enum stage stage;
	uint32_t at;
	unsigned names;	       /* that were listed so far */
	struct pathwalk *walk; /* of the control groups */
	struct buf b;
};

static bool has(const struct state *st, enum set set, uint32_t pid)
{
	return st->sets[set][pid / 8] >> pid % 8 & 1;
}

static void add(struct state *st, enum set set, int64_t pid)
{
	if (pid > 0 && pid < st->pids)
		st->sets[set][pid / 8] |= (unsigned char)(1 << pid % 8);
}

static void hidden_close(struct scan *s)
{
	struct state *st = scan_state(s);

	for (unsigned i = 0; i < SETS; i++)
		free(st->sets[i]);
	pathwalk_free(st->walk);
	buf_done(&st->b);
}

static int hidden_open(struct scan *s)
{
	struct state *st = scan_state(s);
	uint64_t pid_max;
	int r = 0;

	buf_init(&st->b, ATTR_MAX);
	if (!root_is_live(scan_root(s)))
		return 0;
	st->shared = proc_shared(s, &r);
	if (!st->shared)
		return r;
	if (!attr_uint(s, &st->b, &pid_max, PID_MAX_FILE) || pid_max > PIDS_MAX)
		pid_max = PIDS_MAX;
	st->pids = (uint32_t)pid_max + 1;
	for (unsigned i = 0; !r && i < SETS; i++) {
		st->sets[i] = calloc(st->pids / 8 + 1, 1);
		r = st->sets[i] ? 0 : -ENOMEM;
	}
	if (r < 0)
		hidden_close(s);
	return r;
}

/* ---- The views ---- */

/* Asks the kernel itself: a library that hides names has no part in it. */
static int list_kernel(struct state *st)
{
	struct procfs_list list;
	int32_t pid;
	int r = procfs_list_init(&list, &st->shared->fs);

	while (!r && (r = procfs_list_next(&list, &pid)) > 0) {
		add(st, LISTED, pid);
		st->names++;
		r = 0;
	}
	procfs_list_done(&list);
	return r;
}

static void list_library(struct scan *s, struct state *st)
{
	DIR *dir = attr_opendir(s, "/proc");
	const char *name;
	uint64_t pid;

	while ((name = attr_next(dir)))
		if (parse_uint(name, 1, INT32_MAX, &pid) == 0)
			add(st, READDIR, (int64_t)pid);
	attr_closedir(dir);
}

/* On kernels without pidfds; threads answer to a signal as well. */
static bool answers_signal(struct state *st, int32_t pid)
{
	struct procfs_proc p;

	if (kill(pid, 0) < 0 && errno != EPERM)
		return false;
	if (procfs_open(&st->shared->fs, pid, &p) < 0)
		return true;
	procfs_close(&p);
	if (procfs_open_process(&st->shared->fs, pid, &p) < 0)
		return false;
	procfs_close(&p);
	return true;
}

/* Is there a process with this number? Threads do not count. */
static bool answers(struct state *st, int32_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd >= 0)
		io_close(fd);
	else if (errno == ENOSYS || errno == EPERM)
		return answers_signal(st, pid);
	return fd >= 0;
}

static void sweep(struct state *st)
{
	uint32_t end = st->at + STEP_PIDS < st->pids ? st->at + STEP_PIDS : st->pids;

	for (; st->at < end; st->at++)
		if (st->at && answers(st, (int32_t)st->at))
			add(st, ALIVE, st->at);
}

/* Threaded groups refuse to tell. */
static void read_group(struct scan *s, struct state *st, const char *path)
{
	struct span rest, line;
	uint64_t pid;

	buf_reset(&st->b);
	if (root_read(scan_root(s), path, &st->b) < 0 && !st->b.len)
		return;
	rest = (struct span){buf_str(&st->b), st->b.len};
	while (span_split(&rest, '\n', &line))
		if (parse_span(line, 10, INT32_MAX, &pid) == 0)
			add(st, CGROUP, (int64_t)pid);
}

/* 1 while there are more. */
static int next_group(struct scan *s, struct state *st)
{
	static const struct pathwalk_hooks hooks;
	struct pathwalk_entry e;
	int r;

	if (!st->walk) {
		st->walk = pathwalk_new(scan_root(s), NULL, &hooks);
		if (!st->walk)
			return -ENOMEM;
		r = pathwalk_glob(st->walk, PATHGLOB_GLOB, CGROUPS, strlen(CGROUPS), false);
		if (r < 0)
			return r;
	}
	r = pathwalk_next(st->walk, &e);
	if (r == PATHWALK_ENTRY && e.name_len == strlen("cgroup.procs") &&
		memcmp(e.name, "cgroup.procs", e.name_len) == 0)
		read_group(s, st, e.path);
	return r < 0 ? r : r != PATHWALK_END;
}

/* ---- Comparing ---- */

static bool differs(const struct state *st, uint32_t pid)
{
	bool alive = has(st, ALIVE, pid), listed = has(st, LISTED, pid);

	return alive != listed || listed != has(st, READDIR, pid) ||
	       (has(st, CGROUP, pid) && !listed);
}

static void set_alive(struct state *st, uint32_t pid)
{
	st->sets[ALIVE][pid / 8] &= (unsigned char)~(1 << pid % 8);
	if (answers(st, (int32_t)pid))
		add(st, ALIVE, pid);
}

/*
 * Processes come and go while the views are taken: one that was born meanwhile answers now, one
 * that has ended is nowhere.
 */
static bool settled(struct state *st, uint32_t pid)
{
	struct procfs_proc p;

	set_alive(st, pid);
	if (has(st, ALIVE, pid))
		return !differs(st, pid);
	if (procfs_open(&st->shared->fs, (int32_t)pid, &p) < 0)
		return true;
	procfs_close(&p);
	return false;
}

/* All views but the groups once more, of this number. */
static int look_again(struct scan *s, struct state *st, uint32_t pid)
{
	int r;

	st->sets[LISTED][pid / 8] &= (unsigned char)~(1 << pid % 8);
	st->sets[READDIR][pid / 8] &= (unsigned char)~(1 << pid % 8);
	r = list_kernel(st);
	list_library(s, st);
	return r;
}

static void put_process(struct scan *s, struct state *st, uint32_t pid)
{
	struct procfs_stat stat;
	struct procfs_proc p;
	bool there = procfs_open(&st->shared->fs, (int32_t)pid, &p) == 0;

	row_begin(s);
	row_int(s, PID, pid);
	row_int(s, IN_PROC_LIST, has(st, LISTED, pid));
	row_int(s, IN_READDIR, has(st, READDIR, pid));
	row_int(s, IN_PROC, there);
	row_int(s, ANSWERS, has(st, ALIVE, pid));
	row_int(s, IN_CGROUP, has(st, CGROUP, pid));
	if (there) {
		if (procfs_read(&p, "stat", &st->b) == 0 &&
			procfs_stat_parse((struct span){st->b.p, st->b.len}, &stat) == 0)
			row_bytes(s, NAME, stat.comm.p, stat.comm.n);
		if (procfs_link(&p, "exe", &st->b) == 0)
			row_bytes(s, PATH, buf_str(&st->b), st->b.len);
		procfs_close(&p);
	}
	row_end(s);
}

static int compare(struct scan *s, struct state *st)
{
	int r;

	while (st->at < st->pids && !differs(st, st->at))
		st->at++;
	if (st->at >= st->pids)
		return 0;
	if (settled(st, st->at)) {
		st->at++;
		return 1;
	}
	if (st->names > NAMES_MAX) {
		scan_warn(s,
			"the views differ on too many processes: those from %u on are left out",
			st->at);
		return 0;
	}
	r = look_again(s, st, st->at);
	if (!r && !settled(st, st->at))
		put_process(s, st, st->at);
	st->at++;
	return r < 0 ? r : 1;
}

/* With hidepid= others' processes are kept from everybody but root. */
static bool hides_others(const struct state *st)
{
	return geteuid() != 0 && has(st, ALIVE, 1) && !has(st, LISTED, 1);
}

static int list_again(struct scan *s, struct state *st)
{
	int r = list_kernel(st);

	list_library(s, st);
	if (r < 0 || !hides_others(st))
		return r;
	scan_warn(s, "/proc shows each user only their own processes: nothing to compare with");
	st->pids = 0;
	return 0;
}

static int hidden_step(struct scan *s)
{
	struct state *st = scan_state(s);
	int r = 0;

	if (!st->shared)
		return 0;
	switch (st->stage) {
	case LIST:
		r = list_kernel(st);
		list_library(s, st);
		break;
	case SWEEP:
		sweep(st);
		if (st->at < st->pids)
			return 1;
		break;
	case GROUPS:
		r = next_group(s, st);
		if (r > 0)
			return 1;
		break;
	case LIST_AGAIN:
		r = list_again(s, st);
		break;
	case COMPARE:
		return compare(s, st);
	}
	st->stage++;
	st->at = 0;
	return r < 0 ? r : 1;
}

const struct table table_hidden_processes = {
	.name = "hidden_processes",
	.doc = "Processes that some ways of looking show and others do not. Mostly empty; takes "
	       "about a second where process ids go into the millions.",
	.columns = columns,
	.open = hidden_open,
	.step = hidden_step,
	.close = hidden_close,
	.state_size = sizeof(struct state),
};
