/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"
#include "agentd/mdstat.h"
#include "agentd/root.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/major.h>
#include <linux/raid/md_u.h>
#include <sys/ioctl.h>

#define MD_DIR "/sys/block/%.*s/md"

enum {
	DEVICE_NAME,
	STATUS,
	RAID_LEVEL,
	SIZE,
	CHUNK_SIZE,
	RAID_DISKS,
	NR_RAID_DISKS,
	WORKING_DISKS,
	ACTIVE_DISKS,
	FAILED_DISKS,
	SPARE_DISKS,
	SUPERBLOCK_STATE,
	SUPERBLOCK_VERSION,
	SUPERBLOCK_UPDATE_TIME,
	BITMAP_ON_MEM,
	BITMAP_CHUNK_SIZE,
	BITMAP_EXTERNAL_FILE,
	FIRST_ACTION, /* progress, finish and speed of each enum mdstat_action_kind */
	UNUSED_DEVICES = FIRST_ACTION + 3 * MDSTAT_ACTIONS,
	OTHER,
};

static const struct column columns[] = {
	{"device_name", COL_TEXT, 0, "md0, md1 …"},
	{"status", COL_TEXT, 0, "active or inactive"},
	{"raid_level", COL_INTEGER, 0, "Level; -1: linear, -4: multipath"},
	{"size", COL_BIGINT, 0, "Size in blocks of 1 KiB"},
	{"chunk_size", COL_BIGINT, 0, "Bytes of a chunk"},
	{"raid_disks", COL_INTEGER, 0, "Number of disks that it should have"},
	{"nr_raid_disks", COL_INTEGER, 0, "Number of disks that it has, of whatever state"},
	{"working_disks", COL_INTEGER, 0, "Number of disks that did not fail"},
	{"active_disks", COL_INTEGER, 0, "Number of disks in use and up to date"},
	{"failed_disks", COL_INTEGER, 0, "Number of disks that failed"},
	{"spare_disks", COL_INTEGER, 0, "Number of disks that wait to be used"},
	{"superblock_state", COL_TEXT, 0, "clean, bitmap_present or both; unknown for neither"},
	{"superblock_version", COL_TEXT, 0, "Version of its metadata"},
	{"superblock_update_time", COL_BIGINT, 0,
		"When its metadata was last written, in seconds since 1970; for who may open it"},
	{"bitmap_on_mem", COL_TEXT, 0, "Pages of its bitmap in memory"},
	{"bitmap_chunk_size", COL_TEXT, 0, "What a bit of it stands for"},
	{"bitmap_external_file", COL_TEXT, 0, "File that holds it"},
	{"recovery_progress", COL_TEXT, 0, "How far a disk is rebuilt"},
	{"recovery_finish", COL_TEXT, 0, "How long that will take"},
	{"recovery_speed", COL_TEXT, 0, "How fast it goes"},
	{"resync_progress", COL_TEXT, 0, "How far the disks are made equal"},
	{"resync_finish", COL_TEXT, 0, "How long that will take"},
	{"resync_speed", COL_TEXT, 0, "How fast it goes"},
	{"reshape_progress", COL_TEXT, 0, "How far it has taken on its new shape"},
	{"reshape_finish", COL_TEXT, 0, "How long that will take"},
	{"reshape_speed", COL_TEXT, 0, "How fast it goes"},
	{"check_array_progress", COL_TEXT, 0, "How far it is checked"},
	{"check_array_finish", COL_TEXT, 0, "How long that will take"},
	{"check_array_speed", COL_TEXT, 0, "How fast it goes"},
	{"unused_devices", COL_TEXT, 0, "Devices that belong to no array"},
	{"other", COL_TEXT, 0, "What else mdstat tells of it"},
	COL_END,
};

struct state {
	struct buf text, b;
	struct span rest, unused;
};

static int devices_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->text, MDSTAT_MAX);
	buf_init(&st->b, ATTR_MAX);
	attr_read(s, &st->text, &st->rest, MDSTAT);
	st->unused = mdstat_line(st->rest, "unused devices:");
	return 0;
}

static void put_span(struct scan *s, unsigned col, struct span text)
{
	if (text.p)
		row_bytes(s, col, text.p, text.n);
}

static void put_level(struct scan *s, struct span level)
{
	uint64_t n;

	if (span_eq(level, "linear"))
		row_int(s, RAID_LEVEL, -1);
	else if (span_eq(level, "multipath"))
		row_int(s, RAID_LEVEL, -4);
	else if (span_skip(&level, "raid") && parse_span(level, 10, INT32_MAX, &n) == 0)
		row_int(s, RAID_LEVEL, (int64_t)n);
}

/* As the kernel counts them for GET_ARRAY_INFO. */
static void put_counts(struct scan *s, struct state *st, const struct mdstat_array *a)
{
	int64_t all = 0, failed = 0, active = 0;
	struct span drives = a->drives, drive, state;
	uint64_t number;

	while (mdstat_drive(&drives, &drive, &number)) {
		if (!attr_read(s, &st->b, &state, MD_DIR "/dev-%.*s/state", (int)a->name.n,
			    a->name.p, (int)drive.n, drive.p))
			return;
		all++;
		if (memmem(state.p, state.n, "faulty", strlen("faulty")))
			failed++;
		else if (memmem(state.p, state.n, "in_sync", strlen("in_sync")) ||
			 memmem(state.p, state.n, "journal", strlen("journal")))
			active++;
	}
	row_int(s, NR_RAID_DISKS, all);
	row_int(s, WORKING_DISKS, all - failed);
	row_int(s, ACTIVE_DISKS, active);
	row_int(s, FAILED_DISKS, failed);
	row_int(s, SPARE_DISKS, all - failed - active);
}

/* Only the array itself knows. */
static void put_update_time(struct scan *s, const struct mdstat_array *a)
{
	mdu_array_info_t info;
	struct stat sb;
	char path[64];
	int fd;

	if (!scan_wants(s, SUPERBLOCK_UPDATE_TIME) || !root_is_live(scan_root(s)) || a->name.n > 32)
		return;
	snprintf(path, sizeof(path), "/dev/%.*s", (int)a->name.n, a->name.p);
	if (root_stat(scan_root(s), path, true, &sb) < 0 || !S_ISBLK(sb.st_mode))
		return;
	fd = root_open(scan_root(s), path, O_RDONLY);
	if (fd < 0) {
		scan_skipped(s, "update time", "array", -fd);
		return;
	}
	if (ioctl(fd, GET_ARRAY_INFO, &info) == 0)
		row_int(s, SUPERBLOCK_UPDATE_TIME, (int64_t)(uint32_t)info.utime);
	io_close(fd);
}

static void put_superblock(struct scan *s, struct state *st, const struct mdstat_array *a)
{
	bool bitmap = a->bitmap_on_mem.p, clean;
	struct span state;

	attr_row(s, SUPERBLOCK_VERSION, &st->b, MD_DIR "/metadata_version", (int)a->name.n,
		a->name.p);
	if (!attr_read(s, &st->b, &state, MD_DIR "/array_state", (int)a->name.n, a->name.p))
		return;
	clean = span_eq(state, "clean") || span_eq(state, "readonly") ||
		span_eq(state, "read-auto");
	row_printf(s, SUPERBLOCK_STATE, "%s%s%s", clean ? "clean" : "", clean && bitmap ? " " : "",
		bitmap	? "bitmap_present"
		: clean ? ""
			: "unknown");
}

static void put_numbers(struct scan *s, struct state *st, const struct mdstat_array *a)
{
	uint64_t n;

	if (attr_uint(s, &st->b, &n, MD_DIR "/chunk_size", (int)a->name.n, a->name.p))
		row_int(s, CHUNK_SIZE, (int64_t)n);
	if (attr_uint(s, &st->b, &n, MD_DIR "/raid_disks", (int)a->name.n, a->name.p))
		row_int(s, RAID_DISKS, (int64_t)n);
}

static int devices_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct mdstat_array a;

	if (!mdstat_next(&st->rest, &a))
		return 0;
	if (memchr(a.name.p, '/', a.name.n))
		return 1;
	row_begin(s);
	put_span(s, DEVICE_NAME, a.name);
	put_span(s, STATUS, a.status);
	put_level(s, a.level);
	row_int(s, SIZE, (int64_t)a.blocks);
	put_numbers(s, st, &a);
	put_counts(s, st, &a);
	put_superblock(s, st, &a);
	put_update_time(s, &a);
	put_span(s, BITMAP_ON_MEM, a.bitmap_on_mem);
	put_span(s, BITMAP_CHUNK_SIZE, a.bitmap_chunk);
	put_span(s, BITMAP_EXTERNAL_FILE, a.bitmap_file);
	for (unsigned i = 0; i < MDSTAT_ACTIONS; i++) {
		put_span(s, FIRST_ACTION + 3 * i, a.actions[i].progress);
		put_span(s, FIRST_ACTION + 3 * i + 1, a.actions[i].finish);
		put_span(s, FIRST_ACTION + 3 * i + 2, a.actions[i].speed);
	}
	put_span(s, UNUSED_DEVICES, st->unused);
	put_span(s, OTHER, a.other);
	row_end(s);
	return 1;
}

static void devices_close(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_done(&st->text);
	buf_done(&st->b);
}

const struct table table_md_devices = {
	.name = "md_devices",
	.doc = "Arrays of software RAID.",
	.columns = columns,
	.open = devices_open,
	.step = devices_step,
	.close = devices_close,
	.state_size = sizeof(struct state),
};
