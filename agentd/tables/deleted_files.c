/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/proctable.h"

#include <fcntl.h>
#include <sys/stat.h>

#define DELETED " (deleted)"

enum { PID, FD, PATH, INODE, SIZE, DEVICE };

static const struct column columns[] = {
	{"pid", COL_BIGINT, COL_INDEX, "Process id"},
	{"fd", COL_BIGINT, 0, "Number of the descriptor"},
	{"path", COL_TEXT, 0, "Path that the file had; /memfd:NAME for one that never had any"},
	{"inode", COL_BIGINT, 0, "Its inode"},
	{"size", COL_BIGINT, 0, "Its size in bytes"},
	{"device", COL_TEXT, 0, "Its device, major:minor, as in process_memory_map"},
	COL_END,
};

static int deleted_open(struct scan *s)
{
	return proc_fds_open(scan_state(s), s, PID);
}

/*
 * Is it a file without any name left? One that is called "x (deleted)" has a name. The kernel
 * answers from what it knows: a server that is gone keeps nobody waiting.
 */
static bool is_nameless(const struct proc_fds *f, struct statx *stx)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", f->fd);
	return statx(f->list.fd, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		       STATX_TYPE | STATX_INO | STATX_SIZE | STATX_NLINK, stx) == 0 &&
	       S_ISREG(stx->stx_mode) && stx->stx_nlink == 0;
}

static void put_file(struct scan *s, const struct proc_fds *f)
{
	struct statx stx;
	bool live = f->walk.shared->fs.live;

	/* Of a captured process there is only the link. */
	if (live && !is_nameless(f, &stx))
		return;
	row_begin(s);
	row_int(s, PID, f->pid);
	row_int(s, FD, f->fd);
	row_bytes(s, PATH, f->link.p, f->link.len - strlen(DELETED));
	if (live) {
		row_int(s, INODE, (int64_t)stx.stx_ino);
		row_int(s, SIZE, (int64_t)stx.stx_size);
		row_printf(s, DEVICE, "%02x:%02x", stx.stx_dev_major, stx.stx_dev_minor);
	}
	row_end(s);
}

static int deleted_step(struct scan *s)
{
	struct proc_fds *f = scan_state(s);
	int r;

	while ((r = proc_fds_next(f, s)) == PROC_FDS_ONE)
		if (buf_str(&f->link)[0] == '/' && str_ends(buf_str(&f->link), DELETED))
			put_file(s, f);
	return r == PROC_FDS_PAUSE ? 1 : r;
}

static void deleted_close(struct scan *s)
{
	proc_fds_close(scan_state(s));
}

const struct table table_deleted_files = {
	.name = "deleted_files",
	.doc = "Files that processes have open and that have no name any more.",
	.columns = columns,
	.open = deleted_open,
	.step = deleted_step,
	.close = deleted_close,
	.state_size = sizeof(struct proc_fds),
};
