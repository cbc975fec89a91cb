/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/mounttab.h"
#include "agentd/pathscan.h"
#include "agentd/root.h"
#include "agentd/textfile.h"
#include "common/io.h"

#include <dirent.h>
#include <errno.h>

#define LINES_PER_STEP 64

enum { PATH, DIRECTORY, LINE_NUMBER, LINE, PID_WITH_NAMESPACE, MOUNT_NAMESPACE_ID };

static const struct column columns[] = {
	PATHSCAN_COLUMNS,
	{"line_number", COL_BIGINT, 0, "From 1; lines that are left out count"},
	{"line", COL_TEXT, 0, "The line without its newline"},
	NSROOT_COLUMNS,
	COL_END,
};

struct state {
	struct pathscan scan;
	struct pathwalk_entry entry;
	struct textfile file;
	bool open;
	int64_t number; /* lines taken so far */
};

static int lines_open(struct scan *s)
{
	static const struct pathscan_columns cols = {
		PATH, DIRECTORY, PID_WITH_NAMESPACE, MOUNT_NAMESPACE_ID};
	struct state *st = scan_state(s);

	return pathscan_open(&st->scan, s, &cols);
}

static void close_file(struct scan *s, struct state *st)
{
	if (!st->open)
		return;
	textfile_told(&st->file, s, st->entry.path);
	textfile_done(&st->file);
	st->open = false;
}

static void lines_close(struct scan *s)
{
	struct state *st = scan_state(s);

	close_file(s, st);
	pathscan_close(&st->scan);
}

/* Files of /proc's kind are read when they are named only: some have no end, some act. */
static int open_file(struct scan *s, struct state *st)
{
	const struct pathwalk_entry *e = &st->entry;
	int fd, r;

	if (e->type != DT_REG && e->type != DT_LNK && e->type != DT_UNKNOWN && !e->named)
		return 1;
	fd = pathwalk_open(st->scan.walk, e);
	if (fd < 0) {
		if (fd != -ENOENT && fd != -ENOTDIR && fd != -ELOOP &&
			(e->named || (fd != -EISDIR && fd != -EINVAL)))
			scan_skipped(s, "lines", fd == -EREMOTE ? "network mount" : "file", -fd);
		return 1;
	}
	if (root_denies(scan_root(s), fd)) {
		scan_skipped(s, "lines", "file that the agent's policy denies", EACCES);
		io_close(fd);
		return 1;
	}
	if (!e->named && e->type != DT_LNK && mount_fd_pseudo(fd)) {
		scan_skipped(s, "lines", "file of the kernel", EOPNOTSUPP);
		io_close(fd);
		return 1;
	}
	r = textfile_init(&st->file, fd);
	st->open = r == 0;
	/* Of any size: rows and time have their limits, and nothing is kept. */
	st->file.left = UINT64_MAX;
	st->number = 0;
	return r < 0 ? r : 1;
}

static void put(struct scan *s, struct state *st, const char *line, size_t len)
{
	row_begin(s);
	pathscan_row(&st->scan, &st->entry);
	row_int(s, LINE_NUMBER, st->number + (int64_t)st->file.overlong);
	row_bytes(s, LINE, line, len);
	row_end(s);
}

static int next_lines(struct scan *s, struct state *st)
{
	char *line;
	size_t len;

	for (unsigned i = 0; i < LINES_PER_STEP; i++) {
		int r = textfile_next(&st->file, &line, &len);

		if (r < 0)
			scan_skipped(s, "lines", "file", -r);
		if (r < 0 || r == TEXTFILE_END)
			close_file(s, st);
		if (r != TEXTFILE_LINE)
			return 1;
		st->number++;
		put(s, st, line, len);
	}
	return 1;
}

static int lines_step(struct scan *s)
{
	struct state *st = scan_state(s);
	int r;

	if (st->open)
		return next_lines(s, st);
	r = pathscan_next(&st->scan, &st->entry);
	if (r != PATHWALK_ENTRY)
		return r < 0 ? r : r == PATHWALK_AGAIN;
	return open_file(s, st);
}

const struct table table_file_lines = {
	.name = "file_lines",
	.doc = "Lines of files: to look for a word in configuration and scripts. Those longer than "
	       "64 "
	       "KiB are left out.",
	.columns = columns,
	.open = lines_open,
	.step = lines_step,
	.close = lines_close,
	.state_size = sizeof(struct state),
};
