/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/attr.h"
#include "agentd/mdstat.h"

#define MD_DIR "/sys/block/%.*s/md"
/* Slots of an array that are looked at. */
#define SLOTS_MAX 1024

enum { MD_DEVICE_NAME, DRIVE_NAME, SLOT, STATE };

static const struct column columns[] = {
	{"md_device_name", COL_TEXT, 0, "The array: md0, md1 …"},
	{"drive_name", COL_TEXT, 0, "Device node of the drive; unknown for one that is missing"},
	{"slot", COL_INTEGER, 0, "Its place in the array"},
	{"state", COL_TEXT, 0,
		"active, sync, faulty, writemostly, failfast, journal; recovering for one that is "
		"none of these yet; removed for one that is missing"},
	COL_END,
};

struct state {
	struct buf text, b;
	struct span rest;
};

static int drives_open(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_init(&st->text, MDSTAT_MAX);
	buf_init(&st->b, ATTR_MAX);
	attr_read(s, &st->text, &st->rest, MDSTAT);
	return 0;
}

static bool has_word(struct span list, const char *name)
{
	struct span word;

	while (list.p && span_split(&list, ',', &word))
		if (span_eq(span_trim(word), name))
			return true;
	return false;
}

static void put_state(struct scan *s, struct span state)
{
	static const struct {
		const char *sysfs, *shown;
	} words[] = {
		{"faulty", "faulty"},
		{"in_sync", "active sync"},
		{"write_mostly", "writemostly"},
		{"failfast", "failfast"},
		{"journal", "journal"},
	};
	char text[64] = "";
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (has_word(state, words[i].sysfs))
			n += (size_t)snprintf(
				text + n, sizeof(text) - n, "%s%s", n ? " " : "", words[i].shown);
	row_text(s, STATE, n ? text : "recovering");
}

static void put_drive(struct scan *s, const struct mdstat_array *a, struct span drive, int64_t slot,
	struct span state)
{
	row_begin(s);
	row_bytes(s, MD_DEVICE_NAME, a->name.p, a->name.n);
	row_printf(s, DRIVE_NAME, "/dev/%.*s", (int)drive.n, drive.p);
	if (slot >= 0)
		row_int(s, SLOT, slot);
	put_state(s, state);
	row_end(s);
}

static void put_missing(struct scan *s, const struct mdstat_array *a, int64_t slot)
{
	row_begin(s);
	row_bytes(s, MD_DEVICE_NAME, a->name.p, a->name.n);
	row_text(s, DRIVE_NAME, "unknown");
	row_int(s, SLOT, slot);
	row_text(s, STATE, "removed");
	row_end(s);
}

/* One that failed has lost its slot: its number is that as long as it is not a spare's. */
static int64_t slot_of(struct scan *s, struct state *st, const struct mdstat_array *a,
	struct span drive, uint64_t number, uint64_t slots)
{
	uint64_t slot;

	if (attr_uint(s, &st->b, &slot, MD_DIR "/dev-%.*s/slot", (int)a->name.n, a->name.p,
		    (int)drive.n, drive.p) &&
		slot < SLOTS_MAX)
		return (int64_t)slot;
	return number < slots ? (int64_t)number : -1;
}

static void put_array(struct scan *s, struct state *st, const struct mdstat_array *a)
{
	struct span drives = a->drives, drive, state;
	bool taken[SLOTS_MAX] = {false};
	uint64_t number, slots = 0;

	if (!attr_uint(s, &st->b, &slots, MD_DIR "/raid_disks", (int)a->name.n, a->name.p) ||
		slots > SLOTS_MAX)
		slots = 0;
	while (mdstat_drive(&drives, &drive, &number)) {
		int64_t slot = slot_of(s, st, a, drive, number, slots);

		if (slot >= 0)
			taken[slot] = true;
		attr_read(s, &st->b, &state, MD_DIR "/dev-%.*s/state", (int)a->name.n, a->name.p,
			(int)drive.n, drive.p);
		put_drive(s, a, drive, slot, state);
	}
	for (uint64_t i = 0; i < slots; i++)
		if (!taken[i])
			put_missing(s, a, (int64_t)i);
}

static int drives_step(struct scan *s)
{
	struct state *st = scan_state(s);
	struct mdstat_array a;

	if (!mdstat_next(&st->rest, &a))
		return 0;
	if (!memchr(a.name.p, '/', a.name.n))
		put_array(s, st, &a);
	return 1;
}

static void drives_close(struct scan *s)
{
	struct state *st = scan_state(s);

	buf_done(&st->text);
	buf_done(&st->b);
}

const struct table table_md_drives = {
	.name = "md_drives",
	.doc = "Drives of the arrays of software RAID.",
	.columns = columns,
	.open = drives_open,
	.step = drives_step,
	.close = drives_close,
	.state_size = sizeof(struct state),
};
