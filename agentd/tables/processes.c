/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/container.h"
#include "agentd/mounttab.h"
#include "agentd/proctable.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <time.h>

#define DELETED " (deleted)"
/*
 * A process that is just being replaced or ending shows neither program nor arguments. It is
 * looked at again, after PAUSE_NS each time, at most PAUSES_MAX times in a scan.
 */
#define PAUSE_NS   200000
#define PAUSES_MAX 50
#define TRIES_MAX  3
/* File systems of programs in other mount namespaces that are kept in mind. */
#define DEVICES_MAX 64

enum {
	PID,
	NAME,
	PATH,
	CMDLINE,
	STATE,
	CWD,
	ROOT,
	UID,
	GID,
	EUID,
	EGID,
	SUID,
	SGID,
	ON_DISK,
	WIRED_SIZE,
	RESIDENT_SIZE,
	TOTAL_SIZE,
	USER_TIME,
	SYSTEM_TIME,
	DISK_BYTES_READ,
	DISK_BYTES_WRITTEN,
	START_TIME,
	PARENT,
	PGROUP,
	THREADS,
	NICE,
	CGROUP_PATH,
	CONTAINER_ID,
};

/* The files of a process, to be read when a column wants them. */
enum {
	STAT = 1 << 0,
	STATUS = 1 << 1,
	ARGS = 1 << 2,
	EXE = 1 << 3,
	DISK = 1 << 4,
	CWD_LINK = 1 << 5,
	ROOT_LINK = 1 << 6,
	IO = 1 << 7,
	CGROUP = 1 << 8,
};

static const struct column columns[] = {
	{"pid", COL_BIGINT, COL_INDEX, "Process id"},
	{"name", COL_TEXT, 0,
		"Name that the kernel has for it (comm), at most 15 bytes but for kernel threads"},
	{"path", COL_TEXT, 0,
		"Program file, as the kernel names it; empty for kernel threads and where it may "
		"not be read"},
	{"cmdline", COL_TEXT, 0, "Arguments with a space between them; empty for kernel threads"},
	{"state", COL_TEXT, 0,
		"Letter as in ps: R running, S sleeping, D disk sleep, Z zombie, T stopped, I "
		"idle"},
	{"cwd", COL_TEXT, 0, "Working directory"},
	{"root", COL_TEXT, 0, "Root directory"},
	{"uid", COL_BIGINT, 0, "Real user id"},
	{"gid", COL_BIGINT, 0, "Real group id"},
	{"euid", COL_BIGINT, 0, "Effective user id"},
	{"egid", COL_BIGINT, 0, "Effective group id"},
	{"suid", COL_BIGINT, 0, "Saved user id"},
	{"sgid", COL_BIGINT, 0, "Saved group id"},
	{"on_disk", COL_INTEGER, 0,
		"1: the running file is at its path, also as seen by a process in another mount "
		"namespace; "
		"0: it was deleted or replaced; -1: not known"},
	{"wired_size", COL_BIGINT, 0,
		"Bytes of memory that cannot be paged out: always 0 on Linux"},
	{"resident_size", COL_BIGINT, 0, "Bytes of memory in use"},
	{"total_size", COL_BIGINT, 0, "Bytes of address space"},
	{"user_time", COL_BIGINT, 0, "CPU time in user mode, in milliseconds"},
	{"system_time", COL_BIGINT, 0, "CPU time in the kernel, in milliseconds"},
	{"disk_bytes_read", COL_BIGINT, 0, "Bytes read from storage"},
	{"disk_bytes_written", COL_BIGINT, 0, "Bytes written to storage, less those never flushed"},
	{"start_time", COL_BIGINT, 0, "When it started, in seconds since 1970; -1: not known"},
	{"parent", COL_BIGINT, 0, "Process id of its parent"},
	{"pgroup", COL_BIGINT, 0, "Process group"},
	{"threads", COL_INTEGER, 0, "Number of threads"},
	{"nice", COL_INTEGER, 0, "Nice value, -20 (first) to 19 (last)"},
	{"cgroup_path", COL_TEXT, 0, "Path of its control group, of the first hierarchy listed"},
	{"container_id", COL_TEXT, COL_HIDDEN,
		"Container that it is in, as in the table containers; NULL: none"},
	COL_END,
};

struct state {
	struct proc_walk walk;
	unsigned needs;
	unsigned pauses;
	uint64_t own_mnt; /* mount namespace of the agent, 0: not looked up yet */
	struct device {
		dev_t dev;
		bool remote;
	} devices[DEVICES_MAX];
	size_t n_devices;
	/* The process at hand. */
	struct procfs_stat stat;
	struct procfs_status status;
	struct procfs_io io;
	unsigned absent; /* parts that were not there */
	bool io_known;
	int on_disk;
	struct buf stat_text, text, cmdline, exe, cwd, root, cgroup;
};

/* ---- The program file ---- */

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/*
 * The path as it is within the process's own root directory; NULL when the file lies outside.
 * The kernel names both from the root of the process's mount namespace.
 */
static const char *path_in_root(const char *path, const char *root)
{
	size_t n = strlen(root);

	if (str_eq(root, "/"))
		return path;
	return str_starts(path, root) && path[n] == '/' ? path + n : NULL;
}

enum { NOT_THERE, THERE, UNKNOWN = -1 };

static int judge(int r, const struct stat *there, const struct stat *exe)
{
	if (r < 0)
		return r == -EACCES || r == -EPERM ? UNKNOWN : NOT_THERE;
	return same_file(there, exe) ? THERE : NOT_THERE;
}

static int judge_in(const struct root *root, const char *path, const struct stat *exe)
{
	struct stat there;
	int r = root_stat(root, path, true, &there);

	return judge(r, &there, exe);
}

/* Through /proc/PID/root. An absolute link on the way leads elsewhere: then it is not found. */
static int judge_through(const struct procfs_proc *p, const char *path, const struct stat *exe)
{
	char name[PROCFS_LINK_MAX + 8];
	struct stat there;
	int r;

	snprintf(name, sizeof(name), "root%s", path);
	r = fstatat(p->fd, name, &there, 0) < 0 ? -errno : 0;
	return judge(r, &there, exe);
}

static bool other_mounts(struct state *st, const struct procfs_proc *p)
{
	struct procfs_proc self;
	uint64_t mnt;

	if (!st->own_mnt && procfs_open_self(&st->walk.shared->fs, &self) == 0) {
		procfs_namespace(&self, "mnt", &st->own_mnt);
		procfs_close(&self);
	}
	return procfs_namespace(p, "mnt", &mnt) == 0 && mnt != st->own_mnt;
}

/* For a process with a root directory of its own, or links in the way. */
static int judge_slowly(
	struct state *st, const struct procfs_proc *p, const char *path, const struct stat *exe)
{
	struct buf link;
	struct root *root = NULL;
	const char *inside = NULL;
	char dir[32];
	int there = UNKNOWN;

	buf_init(&link, PROCFS_LINK_MAX);
	if (procfs_link(p, "root", &link) == 0)
		inside = path_in_root(path, buf_str(&link));
	snprintf(dir, sizeof(dir), "/proc/%d/root", p->pid);
	if (inside)
		root = root_new(dir, NULL);
	if (root)
		there = judge_in(root, inside, exe);
	else if (!other_mounts(st, p))
		there = judge_in(st->walk.shared->fs.root, path, exe);
	root_free(root);
	buf_done(&link);
	return there;
}

/* Is the running file the one that `path` names? `exe` is NULL for a captured process. */
static int is_at(
	struct state *st, const struct procfs_proc *p, const char *path, const struct stat *exe)
{
	struct stat there;

	if (!exe)
		return root_stat(st->walk.shared->fs.root, path, true, &there) == 0 ? THERE
										    : NOT_THERE;
	if (judge_through(p, path, exe) == THERE)
		return THERE;
	return judge_slowly(st, p, path, exe);
}

/* Is the file system one that may keep us waiting, in the process's own mount namespace? */
static bool is_remote(struct state *st, const struct procfs_proc *p, dev_t dev)
{
	size_t known = st->n_devices < DEVICES_MAX ? st->n_devices : DEVICES_MAX;
	struct device d = {.dev = dev};

	/* Disks have a number of their own. */
	if (major(dev) != 0 || !other_mounts(st, p))
		return false;
	for (size_t i = 0; i < known; i++)
		if (st->devices[i].dev == dev)
			return st->devices[i].remote;
	d.remote = mount_device_remote(procfs_open_file(p, "mountinfo"), major(dev), minor(dev));
	st->devices[st->n_devices++ % DEVICES_MAX] = d;
	return d.remote;
}

/* What the link leads to, without asking a server that may be gone; false: nobody may know. */
static bool running_file(const struct procfs_proc *p, struct stat *ret)
{
	struct statx stx;

	if (statx(p->fd, "exe", AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_INO, &stx) < 0)
		return false;
	*ret = (struct stat){
		.st_dev = makedev(stx.stx_dev_major, stx.stx_dev_minor), .st_ino = stx.stx_ino};
	return true;
}

/* Must the path be left alone? Positive errno, or 0. */
static int in_the_way(
	struct state *st, const struct procfs_proc *p, const char *path, const struct stat *exe)
{
	if (root_answers(st->walk.shared->fs.root, path, 0) < 0 &&
		(!p->live || !other_mounts(st, p)))
		return EHOSTDOWN;
	return p->live && is_remote(st, p, exe->st_dev) ? EREMOTE : 0;
}

/*
 * Where the link says "x (deleted)" there may be a file of that very name, or one linked at "x"
 * again; otherwise the mark is taken off the path. Where nobody can look, the mark decides.
 */
static int on_disk(struct scan *s, struct state *st, const struct procfs_proc *p, struct buf *path)
{
	struct stat exe = {0};
	bool marked = str_ends(buf_str(path), DELETED);
	int there;

	if (!path->len || (p->live && !running_file(p, &exe)))
		return UNKNOWN;
	there = in_the_way(st, p, buf_str(path), &exe);
	if (there) {
		scan_skipped(s, "program file", "process", there);
		return UNKNOWN;
	}
	there = is_at(st, p, buf_str(path), p->live ? &exe : NULL);
	if (there == THERE || !marked)
		return there;
	buf_cut(path, path->len - strlen(DELETED));
	return p->live && is_at(st, p, buf_str(path), &exe) == THERE ? THERE : NOT_THERE;
}

/* ---- One process ---- */

static struct span span_of(const struct buf *b)
{
	return (struct span){buf_str(b), b->len};
}

/* A part that is not there: the process has none, or it is ending. */
static void note_absent(struct state *st, unsigned part, int r)
{
	if (r == -ENOENT || r == -ESRCH)
		st->absent |= part;
}

/* 0, or -ENOENT when there is no row to make of the process. */
static int read_ids(struct scan *s, struct state *st, const struct procfs_proc *p)
{
	int r = 0;

	if (st->needs & STAT) {
		r = procfs_read(p, "stat", &st->stat_text);
		if (!r)
			r = procfs_stat_parse(span_of(&st->stat_text), &st->stat);
	}
	if (!r && st->needs & STATUS) {
		r = procfs_read(p, "status", &st->text);
		if (!r)
			r = procfs_status_parse(span_of(&st->text), &st->status);
	}
	if (r == 0 || r == -ENOMEM)
		return r;
	proc_skipped(s, "status", r);
	return -ENOENT;
}

static void read_link(struct scan *s, struct state *st, const struct procfs_proc *p, unsigned part,
	const char *name, struct buf *b)
{
	int r;

	if (!(st->needs & part))
		return;
	r = procfs_link(p, name, b);
	if (r < 0)
		buf_reset(b);
	note_absent(st, part, r);
	proc_skipped(s, name, r);
}

static void read_text(struct scan *s, struct state *st, const struct procfs_proc *p, unsigned part,
	const char *name, struct buf *b)
{
	int r;

	if (!(st->needs & part))
		return;
	r = procfs_read(p, name, b);
	if (r == -EMSGSIZE)
		r = 0;
	if (r < 0)
		buf_reset(b);
	note_absent(st, part, r == 0 && !b->len ? -ENOENT : r);
	proc_skipped(s, name, r);
}

static void read_io(struct scan *s, struct state *st, const struct procfs_proc *p)
{
	read_text(s, st, p, IO, "io", &st->text);
	st->io_known = st->needs & IO && procfs_io_parse(span_of(&st->text), &st->io) == 0;
}

static int read_all(struct scan *s, struct state *st, const struct procfs_proc *p)
{
	int r = read_ids(s, st, p);

	if (r < 0)
		return r;
	st->absent = 0;
	read_text(s, st, p, ARGS, "cmdline", &st->cmdline);
	read_link(s, st, p, EXE, "exe", &st->exe);
	if (st->needs & DISK || (st->needs & EXE && str_ends(buf_str(&st->exe), DELETED)))
		st->on_disk = on_disk(s, st, p, &st->exe);
	read_link(s, st, p, CWD_LINK, "cwd", &st->cwd);
	read_link(s, st, p, ROOT_LINK, "root", &st->root);
	read_io(s, st, p);
	read_text(s, st, p, CGROUP, "cgroup", &st->cgroup);
	return st->absent && procfs_gone(p) ? -ENOENT : 0;
}

enum moment { SETTLED, MIDWAY, ENDING };

/*
 * Nothing where most processes have something: is it a kernel thread or a zombie, or was the
 * process caught while starting another program or on its way out?
 */
static enum moment moment_of(struct state *st, const struct procfs_proc *p)
{
	struct procfs_stat now;

	if (!p->live || !(st->absent & (ARGS | EXE)))
		return SETTLED;
	if (procfs_read(p, "stat", &st->text) < 0 ||
		procfs_stat_parse(span_of(&st->text), &now) < 0)
		return ENDING;
	if (now.flags & PROCFS_PF_KTHREAD)
		return SETTLED;
	/* A zombie stays as it is, but what was read before must say so as well. */
	if (now.state == 'Z' || now.state == 'X')
		return st->needs & STAT && st->stat.state != now.state ? MIDWAY : SETTLED;
	return now.flags & PROCFS_PF_EXITING ? ENDING : MIDWAY;
}

/*
 * As read_all. A process on its way out runs no code of its own any more: when it is still not a
 * zombie after a while it counts as gone.
 */
static int read_settled(struct scan *s, struct state *st, const struct procfs_proc *p)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_NS};

	for (unsigned i = 0;; i++) {
		int r = read_all(s, st, p);
		enum moment moment = r ? SETTLED : moment_of(st, p);

		if (moment == SETTLED)
			return r;
		if (i == TRIES_MAX || st->pauses == PAUSES_MAX)
			return moment == ENDING ? -ENOENT : 0;
		st->pauses++;
		nanosleep(&pause, NULL);
	}
}

static void row_span(struct scan *s, unsigned col, struct span text)
{
	row_bytes(s, col, text.p, text.n);
}

static void put_stat(struct scan *s, struct state *st)
{
	struct procfs *fs = &st->walk.shared->fs;
	const struct procfs_stat *t = &st->stat;
	int64_t boot = scan_wants(s, START_TIME) ? procfs_boot_time(fs) : 0;

	row_span(s, NAME, t->comm);
	row_bytes(s, STATE, &t->state, 1);
	row_int(s, TOTAL_SIZE, t->vsize < INT64_MAX ? (int64_t)t->vsize : INT64_MAX);
	row_int(s, USER_TIME, procfs_ms(fs, t->utime));
	row_int(s, SYSTEM_TIME, procfs_ms(fs, t->stime));
	row_int(s, START_TIME, boot ? boot + procfs_ms(fs, t->start) / 1000 : -1);
	row_int(s, PARENT, t->ppid);
	row_int(s, PGROUP, t->pgrp);
	row_int(s, THREADS, t->threads);
	row_int(s, NICE, t->nice);
}

static void put_status(struct scan *s, const struct procfs_status *t)
{
	row_int(s, UID, t->uid[PROCFS_ID_REAL]);
	row_int(s, GID, t->gid[PROCFS_ID_REAL]);
	row_int(s, EUID, t->uid[PROCFS_ID_EFFECTIVE]);
	row_int(s, EGID, t->gid[PROCFS_ID_EFFECTIVE]);
	row_int(s, SUID, t->uid[PROCFS_ID_SAVED]);
	row_int(s, SGID, t->gid[PROCFS_ID_SAVED]);
	row_int(s, RESIDENT_SIZE, (int64_t)t->rss);
}

static void put_cgroup(struct scan *s, struct span text)
{
	struct container container;

	row_span(s, CGROUP_PATH, procfs_cgroup_path(text));
	if (scan_wants(s, CONTAINER_ID) && container_of_cgroups(text, &container))
		row_span(s, CONTAINER_ID, container.id);
}

static void put_row(struct scan *s, struct state *st, int32_t pid)
{
	row_begin(s);
	row_int(s, PID, pid);
	row_int(s, WIRED_SIZE, 0);
	if (st->needs & STAT)
		put_stat(s, st);
	if (st->needs & STATUS)
		put_status(s, &st->status);
	row_span(s, CMDLINE, procfs_cmdline_text(&st->cmdline));
	row_span(s, PATH, span_of(&st->exe));
	row_int(s, ON_DISK, st->on_disk);
	row_span(s, CWD, span_of(&st->cwd));
	row_span(s, ROOT, span_of(&st->root));
	put_cgroup(s, span_of(&st->cgroup));
	if (st->io_known) {
		row_int(s, DISK_BYTES_READ, (int64_t)st->io.read_bytes);
		row_int(s, DISK_BYTES_WRITTEN,
			(int64_t)st->io.write_bytes - (int64_t)st->io.cancelled_write_bytes);
	}
	row_end(s);
}

/* ---- The scan ---- */

static unsigned needs(const struct scan *s)
{
	static const struct {
		unsigned col, parts;
	} uses[] = {
		{NAME, STAT},
		{STATE, STAT},
		{TOTAL_SIZE, STAT},
		{USER_TIME, STAT},
		{SYSTEM_TIME, STAT},
		{START_TIME, STAT},
		{PARENT, STAT},
		{PGROUP, STAT},
		{THREADS, STAT},
		{NICE, STAT},
		{UID, STATUS},
		{GID, STATUS},
		{EUID, STATUS},
		{EGID, STATUS},
		{SUID, STATUS},
		{SGID, STATUS},
		{RESIDENT_SIZE, STATUS},
		{CMDLINE, ARGS},
		{PATH, EXE},
		{ON_DISK, EXE | DISK},
		{CWD, CWD_LINK},
		{ROOT, ROOT_LINK},
		{DISK_BYTES_READ, IO},
		{DISK_BYTES_WRITTEN, IO},
		{CGROUP_PATH, CGROUP},
		{CONTAINER_ID, CGROUP},
	};
	unsigned parts = 0;

	for (size_t i = 0; i < ARRAY_LEN(uses); i++)
		if (scan_wants(s, uses[i].col))
			parts |= uses[i].parts;
	return parts;
}

static int processes_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->stat_text, PROCFS_FILE_MAX);
	buf_init(&st->text, PROCFS_FILE_MAX);
	buf_init(&st->cmdline, PROCFS_CMDLINE_MAX);
	buf_init(&st->exe, PROCFS_LINK_MAX);
	buf_init(&st->cwd, PROCFS_LINK_MAX);
	buf_init(&st->root, PROCFS_LINK_MAX);
	buf_init(&st->cgroup, PROCFS_FILE_MAX);
	st->needs = needs(s);
	return proc_walk_open(&st->walk, s, PID);
}

static int processes_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct procfs_proc p;
	int32_t pid;
	int r = proc_walk_next(&st->walk, &pid);

	if (r <= 0)
		return r;
	if (st->walk.listing && !st->needs) {
		put_row(s, st, pid);
		return 1;
	}
	r = proc_walk_process(&st->walk, s, pid, &p);
	if (!r) {
		r = read_settled(s, st, &p);
		procfs_close(&p);
	}
	if (!r)
		put_row(s, st, pid);
	return r == -ENOMEM ? r : 1;
}

static void processes_close(struct scan *s)
{
	struct state *st = scan_state(s);

	proc_walk_close(&st->walk);
	buf_done(&st->stat_text);
	buf_done(&st->text);
	buf_done(&st->cmdline);
	buf_done(&st->exe);
	buf_done(&st->cwd);
	buf_done(&st->root);
	buf_done(&st->cgroup);
}

const struct table table_processes = {
	.name = "processes",
	.doc = "The processes that are running.",
	.columns = columns,
	.open = processes_open,
	.step = processes_step,
	.close = processes_close,
	.state_size = sizeof(struct state),
};
