/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/linescan.h"
#include "agentd/proctable.h"

#include <errno.h>
#include <inttypes.h>

/* Lines that one step makes into rows. */
#define STEP_LINES 64

enum { PID, START, END, PERMISSIONS, OFFSET, DEVICE, INODE, PATH, PSEUDO };

static const struct column columns[] = {
	{"pid", COL_INTEGER, COL_INDEX, "Process id"},
	{"start", COL_TEXT, 0, "First address, hexadecimal"},
	{"end", COL_TEXT, 0, "Address behind the last one, hexadecimal"},
	{"permissions", COL_TEXT, 0, "r, w, x and p (private) or s (shared), each or a -"},
	{"offset", COL_BIGINT, 0, "Where in the file it begins, in bytes"},
	{"device", COL_TEXT, 0, "Device of the file, major:minor, hexadecimal"},
	{"inode", COL_INTEGER, 0, "Inode of the file; 0: it is no file"},
	{"path", COL_TEXT, 0,
		"Path of the file, with \" (deleted)\" after it when it is gone; [stack] and the "
		"like; empty for anonymous memory"},
	{"pseudo", COL_INTEGER, 0, "1: it has a name but is no file"},
	COL_END,
};

struct state {
	struct proc_walk walk;
	struct linescan maps; /* of the process at hand, when it is open */
	int32_t pid;
};

static int maps_open(struct scan *s)
{
	struct state *st = scan_state(s);

	return proc_walk_open(&st->walk, s, PID);
}

/* "55e0-55e4 r-xp 00000000 fe:01 4711    /a/path with blanks" */
static bool put_region(struct scan *s, int32_t pid, struct span line)
{
	struct span f[5], start;
	uint64_t offset, inode;

	for (unsigned i = 0; i < ARRAY_LEN(f); i++)
		if (!span_word(&line, &f[i]))
			return false;
	line = span_trim(line);
	if (!span_split(&f[0], '-', &start) || !f[0].p ||
		parse_span(f[2], 16, UINT64_MAX, &offset) < 0 ||
		parse_span(f[4], 10, UINT64_MAX, &inode) < 0)
		return false;
	row_begin(s);
	row_int(s, PID, pid);
	row_printf(s, START, "0x%.*s", (int)start.n, start.p);
	row_printf(s, END, "0x%.*s", (int)f[0].n, f[0].p);
	row_bytes(s, PERMISSIONS, f[1].p, f[1].n);
	row_int(s, OFFSET, (int64_t)offset);
	row_bytes(s, DEVICE, f[3].p, f[3].n);
	row_int(s, INODE, (int64_t)inode);
	row_bytes(s, PATH, line.n ? line.p : "", line.n);
	row_int(s, PSEUDO, !inode && line.n);
	row_end(s);
	return true;
}

static int next_process(struct scan *s, struct state *st)
{
	int fd, r = proc_walk_file(&st->walk, s, "maps", &st->pid, &fd);

	if (r <= 0 || fd < 0)
		return r;
	r = linescan_open_fd(&st->maps, fd, "maps");
	return r == -ENOMEM ? r : 1;
}

static int maps_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct span line;

	if (!st->maps.open)
		return next_process(s, st);
	for (unsigned i = 0; i < STEP_LINES; i++) {
		enum linescan_got got = linescan_next(&st->maps, s, &line);

		if (got == LINESCAN_END)
			linescan_close(&st->maps, s);
		if (got != LINESCAN_LINE)
			break;
		st->maps.bad += !put_region(s, st->pid, line);
	}
	return 1;
}

static void maps_close(struct scan *s)
{
	struct state *st = scan_state(s);

	linescan_close(&st->maps, s);
	proc_walk_close(&st->walk);
}

const struct table table_process_memory_map = {
	.name = "process_memory_map",
	.doc = "The regions of memory that processes have mapped.",
	.columns = columns,
	.open = maps_open,
	.step = maps_step,
	.close = maps_close,
	.state_size = sizeof(struct state),
};
