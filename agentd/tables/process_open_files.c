/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/proctable.h"

enum { PID, FD, PATH };

static const struct column columns[] = {
	{"pid", COL_BIGINT, COL_INDEX, "Process id"},
	{"fd", COL_BIGINT, 0, "Number of the descriptor"},
	{"path", COL_TEXT, 0, "Path of the file, with \" (deleted)\" after it when it is gone"},
	COL_END,
};

/* Not files: these have tables of their own, or none. A path begins with a slash. */
static bool is_file(const char *link)
{
	return !str_starts(link, "socket:") && !str_starts(link, "pipe:") &&
	       !str_starts(link, "anon_inode:");
}

static int files_open(struct scan *s)
{
	return proc_fds_open(scan_state(s), s, PID);
}

static int files_step(struct scan *s)
{
	struct proc_fds *f = scan_state(s);
	int r;

	while ((r = proc_fds_next(f, s)) == PROC_FDS_ONE) {
		if (!is_file(buf_str(&f->link)))
			continue;
		row_begin(s);
		row_int(s, PID, f->pid);
		row_int(s, FD, f->fd);
		row_bytes(s, PATH, buf_str(&f->link), f->link.len);
		row_end(s);
	}
	return r == PROC_FDS_PAUSE ? 1 : r;
}

static void files_close(struct scan *s)
{
	proc_fds_close(scan_state(s));
}

const struct table table_process_open_files = {
	.name = "process_open_files",
	.doc = "The files that processes have open.",
	.columns = columns,
	.open = files_open,
	.step = files_step,
	.close = files_close,
	.state_size = sizeof(struct proc_fds),
};
