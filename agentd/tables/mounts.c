/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/mounttab.h"
#include "agentd/root.h"
#include "agentd/table.h"
#include "agentd/textfile.h"
#include "common/str.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/vfs.h>

enum {
	DEVICE,
	DEVICE_ALIAS,
	PATH,
	TYPE,
	BLOCKS_SIZE,
	BLOCKS,
	BLOCKS_FREE,
	BLOCKS_AVAILABLE,
	INODES,
	INODES_FREE,
	FLAGS,
};

static const struct column columns[] = {
	{"device", COL_TEXT, 0, "What is mounted"},
	{"device_alias", COL_TEXT, 0, "The device with its symbolic links resolved"},
	{"path", COL_TEXT, 0, "Where it is mounted"},
	{"type", COL_TEXT, 0, "File system"},
	{"blocks_size", COL_BIGINT, 0, "Bytes of a block"},
	{"blocks", COL_BIGINT, 0, "Blocks in all"},
	{"blocks_free", COL_BIGINT, 0, "Free blocks"},
	{"blocks_available", COL_BIGINT, 0, "Free blocks that ordinary users may take"},
	{"inodes", COL_BIGINT, 0, "Inodes in all"},
	{"inodes_free", COL_BIGINT, 0, "Free inodes"},
	{"flags", COL_TEXT, 0, "Options, separated by commas"},
	COL_END,
};

struct state {
	struct textfile file;
	bool open;
	struct remote_mounts *remote; /* NULL: no sizes are wanted, or to be had */
	struct buf alias;
};

static void close_scan(struct scan *s)
{
	struct state *st = scan_state(s);

	if (st->open) {
		textfile_told(&st->file, s, "/proc/mounts");
		textfile_done(&st->file);
	}
	remote_mounts_free(st->remote);
	buf_done(&st->alias);
}

/* Of another root's mount table nothing is mounted here. */
static bool wants_sizes(struct scan *s)
{
	bool wants = false;

	for (unsigned col = BLOCKS_SIZE; col <= INODES_FREE; col++)
		wants |= scan_wants(s, col);
	return wants && root_is_live(scan_root(s));
}

static int open_scan(struct scan *s)
{
	struct state *st = scan_state(s);
	int r = textfile_open(&st->file, scan_root(s), "/proc/mounts");

	buf_init(&st->alias, PATH_MAX);
	st->open = r == 0;
	if (st->open && wants_sizes(s)) {
		st->remote = remote_mounts_new(scan_root(s), NULL);
		r = st->remote ? 0 : -ENOMEM;
	}
	if (r == -ENOMEM)
		close_scan(s);
	else if (r < 0)
		scan_warn(s, "/proc/mounts: %s", textfile_why(r));
	return r == -ENOMEM ? r : 0;
}

/* Only of what is below /dev: any text may stand where the device does. */
static void put_alias(struct scan *s, struct state *st, const struct mount_entry *e)
{
	if (!scan_wants(s, DEVICE_ALIAS))
		return;
	if (str_starts(e->device, "/dev/") &&
		remote_mounts_resolve(NULL, scan_root(s), e->device, &st->alias) == 0)
		row_bytes(s, DEVICE_ALIAS, st->alias.p, st->alias.len);
	else
		row_bytes(s, DEVICE_ALIAS, e->device, e->device_len);
}

static void put_sizes(struct scan *s, const struct state *st, const struct mount_entry *e)
{
	struct statfs fs;

	if (!st->remote)
		return;
	/* Also one that lies behind or below a remote one: the way there leads through that. */
	if (mount_type_remote(e->type) || remote_mount_on_way(st->remote, e->path)) {
		scan_skipped(s, "sizes", "network mount", EREMOTE);
		return;
	}
	if (statfs(e->path, &fs) < 0) {
		if (errno != ENOENT)
			scan_skipped(s, "sizes", "mount", errno);
		return;
	}
	row_int(s, BLOCKS_SIZE, fs.f_bsize);
	row_int(s, BLOCKS, (int64_t)fs.f_blocks);
	row_int(s, BLOCKS_FREE, (int64_t)fs.f_bfree);
	row_int(s, BLOCKS_AVAILABLE, (int64_t)fs.f_bavail);
	row_int(s, INODES, (int64_t)fs.f_files);
	row_int(s, INODES_FREE, (int64_t)fs.f_ffree);
}

static int step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct mount_entry e;
	char *line;
	size_t len;
	int r = st->open ? textfile_next(&st->file, &line, &len) : TEXTFILE_END;

	if (r < 0) {
		scan_skipped(s, "/proc/mounts", "file", -r);
		return 0;
	}
	if (r != TEXTFILE_LINE)
		return r == TEXTFILE_AGAIN;
	if (mount_entry_read(line, len, &e) < 0)
		return 1;
	row_begin(s);
	row_bytes(s, DEVICE, e.device, e.device_len);
	put_alias(s, st, &e);
	row_bytes(s, PATH, e.path, e.path_len);
	row_text(s, TYPE, e.type);
	put_sizes(s, st, &e);
	row_text(s, FLAGS, e.flags);
	row_end(s);
	return 1;
}

const struct table table_mounts = {
	.name = "mounts",
	.doc = "Mounted file systems.",
	.columns = columns,
	.open = open_scan,
	.step = step,
	.close = close_scan,
	.state_size = sizeof(struct state),
};
