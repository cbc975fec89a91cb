/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/pathscan.h"
#include "agentd/table.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/sysmacros.h>

/* One at a time would cost as much in the asking as in the answer. */
#define ENTRIES_PER_STEP 16

enum {
	PATH,
	DIRECTORY,
	FILENAME,
	INODE,
	UID,
	GID,
	MODE,
	DEVICE,
	SIZE,
	BLOCK_SIZE,
	ATIME,
	MTIME,
	CTIME,
	BTIME,
	HARD_LINKS,
	SYMLINK,
	TYPE,
	SYMLINK_TARGET_PATH,
	PID_WITH_NAMESPACE,
	MOUNT_NAMESPACE_ID,
};

static const struct column columns[] = {
	PATHSCAN_COLUMNS,
	{"filename", COL_TEXT, 0, "Last component of the path"},
	{"inode", COL_BIGINT, 0, "Inode number"},
	{"uid", COL_BIGINT, 0, "Owner"},
	{"gid", COL_BIGINT, 0, "Owning group"},
	{"mode", COL_TEXT, 0, "Permission bits, four octal digits"},
	{"device", COL_BIGINT, 0, "For device files: which device"},
	{"size", COL_BIGINT, 0, "Bytes"},
	{"block_size", COL_INTEGER, 0, "Bytes of a block for reading and writing"},
	{"atime", COL_BIGINT, 0, "Last access, seconds since 1970"},
	{"mtime", COL_BIGINT, 0, "Last change of the content, seconds since 1970"},
	{"ctime", COL_BIGINT, 0, "Last change of content or attributes, seconds since 1970"},
	{"btime", COL_BIGINT, 0, "Creation, seconds since 1970; 0 where it is not kept"},
	{"hard_links", COL_INTEGER, 0, "Names that the file has"},
	{"symlink", COL_INTEGER, 0, "1 when the path is a symbolic link"},
	{"type", COL_TEXT, 0,
		"regular, directory, character, block, fifo, socket; unknown for a broken link"},
	{"symlink_target_path", COL_TEXT, 0, "What the symbolic link says, as it stands in it"},
	NSROOT_COLUMNS,
	COL_END,
};

struct state {
	struct pathscan scan;
	struct buf target;
	bool attributes; /* some column is wanted that only a stat gives */
};

static int file_open(struct scan *s)
{
	static const struct pathscan_columns cols = {
		PATH, DIRECTORY, PID_WITH_NAMESPACE, MOUNT_NAMESPACE_ID};
	struct state *st = scan_state(s);

	for (unsigned col = INODE; col <= HARD_LINKS; col++)
		st->attributes |= scan_wants(s, col);
	buf_init(&st->target, PATH_MAX);
	return pathscan_open(&st->scan, s, &cols);
}

static void file_close(struct scan *s)
{
	struct state *st = scan_state(s);

	pathscan_close(&st->scan);
	buf_done(&st->target);
}

static const char *type_word(unsigned char type)
{
	switch (type) {
	case DT_REG:
		return "regular";
	case DT_DIR:
		return "directory";
	case DT_LNK:
		return "symlink";
	case DT_BLK:
		return "block";
	case DT_CHR:
		return "character";
	case DT_FIFO:
		return "fifo";
	case DT_SOCK:
		return "socket";
	default:
		return "unknown";
	}
}

static void put_mode(struct scan *s, unsigned mode)
{
	const char octal[4] = {
		(char)('0' + (mode >> 9 & 7)),
		(char)('0' + (mode >> 6 & 7)),
		(char)('0' + (mode >> 3 & 7)),
		(char)('0' + (mode & 7)),
	};

	row_bytes(s, MODE, octal, sizeof(octal));
}

static void put_attributes(struct scan *s, const struct statx *stx)
{
	row_int(s, INODE, (int64_t)stx->stx_ino);
	row_int(s, UID, stx->stx_uid);
	row_int(s, GID, stx->stx_gid);
	put_mode(s, stx->stx_mode);
	row_int(s, DEVICE, (int64_t)makedev(stx->stx_rdev_major, stx->stx_rdev_minor));
	row_int(s, SIZE, (int64_t)stx->stx_size);
	row_int(s, BLOCK_SIZE, stx->stx_blksize);
	row_int(s, ATIME, stx->stx_atime.tv_sec);
	row_int(s, MTIME, stx->stx_mtime.tv_sec);
	row_int(s, CTIME, stx->stx_ctime.tv_sec);
	row_int(s, BTIME, stx->stx_mask & STATX_BTIME ? stx->stx_btime.tv_sec : 0);
	row_int(s, HARD_LINKS, stx->stx_nlink);
}

static void put_target(struct scan *s, struct state *st, const struct pathwalk_entry *e)
{
	if (!scan_wants(s, SYMLINK_TARGET_PATH))
		return;
	buf_reset(&st->target);
	if (pathwalk_readlink(st->scan.walk, e, &st->target) == 0)
		row_bytes(s, SYMLINK_TARGET_PATH, buf_str(&st->target), st->target.len);
}

/* The attributes are of what a link leads to, or of the link itself when it leads nowhere. */
static int put_link(struct scan *s, struct state *st, const struct pathwalk_entry *e)
{
	struct statx stx;
	int r;

	put_target(s, st, e);
	if (!st->attributes && !scan_wants(s, TYPE))
		return 0;
	r = pathwalk_stat(st->scan.walk, e, true, &stx);
	if (r == 0)
		row_text(s, TYPE, type_word((unsigned char)IFTODT(stx.stx_mode)));
	else
		row_text(s, TYPE,
			r == -ENOENT || r == -ENOTDIR || r == -EREMOTE ? "unknown" : "error");
	if (r < 0)
		r = pathwalk_stat(st->scan.walk, e, false, &stx);
	if (r == 0)
		put_attributes(s, &stx);
	return r;
}

static int put_file(struct scan *s, struct state *st, struct pathwalk_entry *e)
{
	bool ask = st->attributes ||
		   (e->type == DT_UNKNOWN && (scan_wants(s, TYPE) || scan_wants(s, SYMLINK) ||
						     scan_wants(s, SYMLINK_TARGET_PATH)));
	struct statx stx;
	int r = 0;

	if (ask && e->type != DT_LNK) {
		r = pathwalk_stat(st->scan.walk, e, false, &stx);
		if (r == 0) {
			e->type = (unsigned char)IFTODT(stx.stx_mode);
			put_attributes(s, &stx);
		}
	}
	row_int(s, SYMLINK, e->type == DT_LNK);
	if (e->type == DT_LNK)
		return put_link(s, st, e);
	row_text(s, TYPE, type_word(e->type));
	return r;
}

static void put_row(struct scan *s, struct state *st, struct pathwalk_entry *e)
{
	int r;

	row_begin(s);
	pathscan_row(&st->scan, e);
	row_bytes(s, FILENAME, e->name, e->name_len);
	r = put_file(s, st, e);
	/* Gone since its directory was read. */
	if (r == -ENOENT)
		return;
	if (r < 0)
		scan_skipped(s, "attributes", r == -EREMOTE ? "network mount" : "file", -r);
	row_end(s);
}

static int file_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct pathwalk_entry e;
	int r = PATHWALK_ENTRY;

	for (unsigned i = 0; i < ENTRIES_PER_STEP && r == PATHWALK_ENTRY; i++) {
		r = pathscan_next(&st->scan, &e);
		if (r == PATHWALK_ENTRY)
			put_row(s, st, &e);
	}
	return r < 0 ? r : r != PATHWALK_END;
}

const struct table table_file = {
	.name = "file",
	.doc = "Files and directories: names, owners, times. Attributes are of what a symbolic "
	       "link leads to.",
	.columns = columns,
	.open = file_open,
	.step = file_step,
	.close = file_close,
	.state_size = sizeof(struct state),
};
