/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/blockdev.h"

enum { NAME, PARENT, VENDOR, MODEL, SERIAL, SIZE, BLOCK_SIZE, UUID, TYPE, LABEL };

static const struct column columns[] = {
	{"name", COL_TEXT, COL_INDEX, "Device node"},
	{"parent", COL_TEXT, 0, "Device that it is a part of or lies upon; empty for none"},
	{"vendor", COL_TEXT, 0, "Maker of the disk"},
	{"model", COL_TEXT, 0, "Model of the disk"},
	{"serial", COL_TEXT, 0, "Serial number or world wide name of the disk"},
	{"size", COL_BIGINT, 0, "Number of sectors of 512 bytes"},
	{"block_size", COL_INTEGER, 0, "Bytes of a block, as the device counts them"},
	{"uuid", COL_TEXT, 0, "UUID of what is on it"},
	{"type", COL_TEXT, 0, "File system or other format that is on it"},
	{"label", COL_TEXT, 0, "Label of what is on it"},
	COL_END,
};

static int devices_open(struct scan *s)
{
	blockdevs_open(scan_state(s), s, NAME);
	return 0;
}

/* The first of these attributes that the device has. */
static void put_first(struct blockdevs *d, unsigned col, const char *name, const char *const *attrs)
{
	struct span text = {"", 0};

	if (!scan_wants(d->s, col))
		return;
	for (; *attrs && !text.n; attrs++)
		attr_read(d->s, &d->b, &text, BLOCKDEV_DIR "/%s/%s", name, *attrs);
	row_bytes(d->s, col, text.p, text.n);
}

/* Partitions and logical devices have those of the disk below them. */
static void put_disk(struct blockdevs *d, const char *name)
{
	static const char *const vendor[] = {"device/vendor", "device/device/vendor", NULL};
	static const char *const model[] = {"device/model", NULL};
	static const char *const serial[] = {"device/wwid", "device/serial", "serial", NULL};
	char disk[BLOCKDEV_NAME_MAX], parent[BLOCKDEV_NAME_MAX];

	if (!scan_wants(d->s, VENDOR) && !scan_wants(d->s, MODEL) && !scan_wants(d->s, SERIAL))
		return;
	str_copy(disk, sizeof(disk), name);
	for (unsigned i = 0; i < BLOCKDEV_DEPTH_MAX && blockdev_parent(d, disk, parent); i++)
		str_copy(disk, sizeof(disk), parent);
	put_first(d, VENDOR, disk, vendor);
	put_first(d, MODEL, disk, model);
	put_first(d, SERIAL, disk, serial);
}

static void put_content(struct blockdevs *d, const char *name)
{
	struct blockdev_content content;

	if (!scan_wants(d->s, UUID) && !scan_wants(d->s, TYPE) && !scan_wants(d->s, LABEL))
		return;
	blockdev_probe(d, name, &content);
	row_text(d->s, UUID, content.uuid);
	row_text(d->s, TYPE, content.type);
	row_text(d->s, LABEL, content.label);
}

static int devices_step(struct scan *s)
{
	struct blockdevs *d = scan_state(s);
	const char *name = blockdevs_next(d);
	char parent[BLOCKDEV_NAME_MAX];
	uint64_t n;

	if (!name)
		return 0;
	row_begin(s);
	blockdev_row(s, NAME, name);
	row_text(s, PARENT, "");
	if (scan_wants(s, PARENT) && blockdev_parent(d, name, parent))
		blockdev_row(s, PARENT, parent);
	put_disk(d, name);
	if (attr_uint(s, &d->b, &n, BLOCKDEV_DIR "/%s/size", name))
		row_int(s, SIZE, (int64_t)n);
	/* A partition has its disk's. */
	if (attr_uint(s, &d->b, &n, BLOCKDEV_DIR "/%s/queue/logical_block_size", name) ||
		attr_uint(s, &d->b, &n, BLOCKDEV_DIR "/%s/../queue/logical_block_size", name))
		row_int(s, BLOCK_SIZE, (int64_t)n);
	put_content(d, name);
	row_end(s);
	return 1;
}

static void devices_close(struct scan *s)
{
	blockdevs_close(scan_state(s));
}

const struct table table_block_devices = {
	.name = "block_devices",
	.doc = "Disks, partitions and what is made of them.",
	.columns = columns,
	.open = devices_open,
	.step = devices_step,
	.close = devices_close,
	.state_size = sizeof(struct blockdevs),
};
