/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/linescan.h"

#define SHM "/proc/sysvipc/shm"
/* Of the mode that the kernel shows beside the permissions. */
#define MODE_DEST   01000u
#define MODE_LOCKED 02000u

enum {
	SHMID,
	OWNER_UID,
	CREATOR_UID,
	PID,
	CREATOR_PID,
	ATIME,
	DTIME,
	CTIME,
	PERMISSIONS,
	SIZE,
	ATTACHED,
	STATUS,
	LOCKED,
};

static const struct column columns[] = {
	{"shmid", COL_INTEGER, 0, "Number of the segment"},
	{"owner_uid", COL_BIGINT, 0, "User that owns it"},
	{"creator_uid", COL_BIGINT, 0, "User that made it"},
	{"pid", COL_BIGINT, 0, "Process that attached or detached it last"},
	{"creator_pid", COL_BIGINT, 0, "Process that made it"},
	{"atime", COL_BIGINT, 0, "When it was last attached, in seconds since 1970; 0: never"},
	{"dtime", COL_BIGINT, 0, "When it was last detached"},
	{"ctime", COL_BIGINT, 0, "When it was last changed"},
	{"permissions", COL_TEXT, 0, "Mode, four octal digits"},
	{"size", COL_BIGINT, 0, "Bytes"},
	{"attached", COL_INTEGER, 0, "Number of times that it is attached"},
	{"status", COL_TEXT, 0, "dest: it goes away with the last process that detaches it"},
	{"locked", COL_INTEGER, 0, "1: it is locked into memory"},
	COL_END,
};

/* The columns of the file, in its order; what is NONE is not shown. */
enum { NONE = 63 };
static const unsigned char fields[] = {NONE, SHMID, PERMISSIONS, SIZE, CREATOR_PID, PID, ATTACHED,
	OWNER_UID, NONE, CREATOR_UID, NONE, ATIME, DTIME, CTIME};

static int shared_memory_open(struct scan *s)
{
	return linescan_open(scan_state(s), s, SHM);
}

static bool put_mode(struct scan *s, struct span word)
{
	uint64_t mode;

	if (parse_span(word, 8, UINT32_MAX, &mode) < 0)
		return false;
	row_printf(s, PERMISSIONS, "%04o", (unsigned)mode & 07777);
	row_text(s, STATUS, mode & MODE_DEST ? "dest" : "");
	row_int(s, LOCKED, (mode & MODE_LOCKED) != 0);
	return true;
}

static bool put_segment(struct scan *s, struct span line)
{
	struct span word;
	uint64_t n;

	row_begin(s);
	for (unsigned i = 0; i < ARRAY_LEN(fields); i++) {
		if (!span_word(&line, &word))
			return false;
		if (fields[i] == NONE)
			continue;
		if (fields[i] == PERMISSIONS) {
			if (!put_mode(s, word))
				return false;
		} else if (parse_span(word, 10, INT64_MAX, &n) < 0) {
			return false;
		} else {
			row_int(s, fields[i], (int64_t)n);
		}
	}
	row_end(s);
	return true;
}

static int shared_memory_step(struct scan *s)
{
	struct linescan *l = scan_state(s);
	struct span line, rest, word;
	enum linescan_got got = linescan_next(l, s, &line);

	rest = line;
	if (got == LINESCAN_LINE && span_word(&rest, &word) && !span_eq(word, "key"))
		l->bad += !put_segment(s, line);
	return got != LINESCAN_END;
}

static void shared_memory_close(struct scan *s)
{
	linescan_close(scan_state(s), s);
}

const struct table table_shared_memory = {
	.name = "shared_memory",
	.doc = "Segments of System V shared memory, in the agent's own IPC namespace.",
	.columns = columns,
	.open = shared_memory_open,
	.step = shared_memory_step,
	.close = shared_memory_close,
	.state_size = sizeof(struct linescan),
};
