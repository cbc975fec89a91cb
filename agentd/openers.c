/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/openers.h"

#include "agentd/action.h"
#include "agentd/procfs.h"
#include "common/clock.h"
#include "common/json.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LINK_NAME_MAX 16

/* Asks the kernel only for what it knows: a server that is gone keeps nobody waiting. */
static bool leads_to(int dir, const char *name, const struct stat *st)
{
	struct statx stx;

	return statx(dir, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_INO, &stx) == 0 &&
	       stx.stx_ino == st->st_ino &&
	       makedev(stx.stx_dev_major, stx.stx_dev_minor) == st->st_dev;
}

static bool has_open(const struct procfs_proc *p, const struct stat *st)
{
	struct procfs_list fds;
	char name[LINK_NAME_MAX];
	bool found = false;
	int32_t fd;

	if (procfs_list_fds(&fds, p) < 0)
		return false;
	while (!found && procfs_list_next(&fds, &fd) == 1) {
		snprintf(name, sizeof(name), "%d", fd);
		found = leads_to(fds.fd, name, st);
	}
	procfs_list_done(&fds);
	return found;
}

static void note(struct openers *o, const struct procfs_proc *p, bool running)
{
	struct buf b;
	struct span name;

	buf_init(&b, PROCFS_FILE_MAX);
	procfs_read(p, "comm", &b);
	name = span_trim((struct span){buf_str(&b), b.len});
	if (!o->n)
		snprintf(o->first, sizeof(o->first), "%.*s (%d)", (int)name.n, name.p, p->pid);
	if (o->n < OPENERS_SHOWN)
		json_array_append_new(
			o->processes, json_pack("{s:i, s:o, s:b}", "pid", p->pid, "name",
					      json_bytes_new(name.p, name.n), "running", running));
	o->n++;
	buf_done(&b);
}

static void look_at(struct openers *o, const struct procfs *fs, int32_t pid, const struct stat *st)
{
	struct procfs_proc p;
	bool running;

	if (procfs_open(fs, pid, &p) < 0)
		return;
	running = leads_to(p.fd, "exe", st);
	if (running || has_open(&p, st))
		note(o, &p, running);
	procfs_close(&p);
}

int openers_find(const struct root *root, const struct stat *st, struct openers *ret)
{
	int64_t until = clock_mono_ms() + OPENERS_MS_MAX;
	struct procfs_list list;
	struct procfs fs;
	int32_t pid;
	int r;

	*ret = (struct openers){.processes = json_array()};
	r = procfs_init(&fs, root);
	if (r < 0)
		return r;
	r = procfs_list_init(&list, &fs);
	while (r == 0 && clock_mono_ms() < until && procfs_list_next(&list, &pid) == 1)
		if (pid != getpid())
			look_at(ret, &fs, pid, st);
	if (r == 0)
		procfs_list_done(&list);
	procfs_done(&fs);
	return r;
}

void openers_done(struct openers *o)
{
	json_decref(o->processes);
	o->processes = NULL;
}
