/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/procfacts.h"

#include "common/json.h"

#include <inttypes.h>
#include <stdio.h>

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

static void read_boot_id(const struct root *root, char ret[PROCFACTS_BOOT_MAX])
{
	struct buf b;
	struct span id;

	buf_init(&b, PROCFACTS_BOOT_MAX - 1);
	if (root_read(root, BOOT_ID_PATH, &b) == 0) {
		id = span_trim((struct span){b.p, b.len});
		memcpy(ret, id.p, id.n);
		ret[id.n] = '\0';
	}
	buf_done(&b);
}

static int read_stat(struct procfs *fs, const struct pidref *p, struct buf *b, struct procfacts *f)
{
	int64_t boot = procfs_boot_time(fs);
	struct procfs_stat st;
	int r = pidref_stat(p, b, &st);

	if (r < 0)
		return r;
	snprintf(f->name, sizeof(f->name), "%.*s", (int)st.comm.n, st.comm.p);
	f->parent = st.ppid;
	f->start = st.start;
	f->start_time = boot ? boot + procfs_ms(fs, st.start) / 1000 : -1;
	f->state = pidref_state(p);
	return 0;
}

int procfacts_read(struct procfs *fs, const struct pidref *p, struct procfacts *ret)
{
	struct procfs_status status;
	struct stat exe;
	struct buf b;
	int r;

	*ret = (struct procfacts){.pid = p->pid, .uid = UINT32_MAX};
	buf_init(&ret->exe, PROCFS_LINK_MAX);
	buf_init(&ret->cmdline, PROCFACTS_CMDLINE_MAX);
	read_boot_id(fs->root, ret->boot_id);
	buf_init(&b, PROCFS_FILE_MAX);
	r = read_stat(fs, p, &b, ret);
	if (r == 0 && procfs_read(&p->proc, "status", &b) == 0 &&
		procfs_status_parse((struct span){b.p, b.len}, &status) == 0)
		ret->uid = status.uid[PROCFS_ID_REAL];
	buf_done(&b);
	if (procfs_link(&p->proc, "exe", &ret->exe) == 0 &&
		fstatat(p->proc.fd, "exe", &exe, 0) == 0) {
		ret->exe_dev = exe.st_dev;
		ret->exe_ino = exe.st_ino;
	}
	procfs_read(&p->proc, "cmdline", &ret->cmdline);
	return r;
}

void procfacts_done(struct procfacts *f)
{
	buf_done(&f->exe);
	buf_done(&f->cmdline);
}

int procfacts_identity(const struct procfacts *f, char ret[ACTION_IDENTITY_MAX + 1])
{
	char numbers[192];

	snprintf(numbers, sizeof(numbers), "%d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32,
		f->pid, f->start, f->exe_dev, f->exe_ino, f->uid);
	return action_identity(
		(struct span[]){span_str("process"), span_str(f->boot_id), span_str(numbers)}, 3,
		ret);
}

json_t *procfacts_json(const struct procfacts *f)
{
	struct buf args = f->cmdline; /* its NULs become blanks, which changes no length */
	struct span cmdline = procfs_cmdline_text(&args);
	char identity[ACTION_IDENTITY_MAX + 1], state[] = {f->state ? f->state : '?', '\0'};

	if (procfacts_identity(f, identity) < 0)
		return NULL;
	return json_pack("{s:i, s:o, s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:s, s:I, s:I, s:s}", "pid",
		f->pid, "name", json_bytes_new(f->name, strlen(f->name)), "path",
		json_bytes_new(buf_str(&f->exe), f->exe.len), "cmdline",
		json_bytes_new(cmdline.p, cmdline.n), "state", state, "uid",
		f->uid == UINT32_MAX ? (json_int_t)-1 : (json_int_t)f->uid, "parent",
		(json_int_t)f->parent, "start_time", (json_int_t)f->start_time, "start_ticks",
		(json_int_t)f->start, "boot_id", f->boot_id, "exe_device", (json_int_t)f->exe_dev,
		"exe_inode", (json_int_t)f->exe_ino, "identity", identity);
}
