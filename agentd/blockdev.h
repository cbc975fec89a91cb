/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Block devices as /sys/class/block shows them. A device is named by its directory there (sda1,
 * dm-0, cciss!c0d0), of which "/dev/…" is the node.
 */
#ifndef AGENTD_BLOCKDEV_H
#define AGENTD_BLOCKDEV_H

#include "agentd/attr.h"

#include <limits.h>

#define BLOCKDEV_DIR "/sys/class/block"
/* Devices upon devices that are looked through. */
#define BLOCKDEV_DEPTH_MAX 16
#define BLOCKDEV_NAME_MAX  (NAME_MAX + 1)
/* Bytes of a label or the like, NUL included. */
#define BLOCKDEV_TEXT_MAX 512

/* The devices a scan has to look at: the one that `name = "/dev/…"` asks for, or all. */
struct blockdevs {
	struct scan *s;
	DIR *dir;
	char only[BLOCKDEV_NAME_MAX]; /* "" when there is none */
	bool done;		      /* that one was handed out */
	struct buf b;		      /* for reading attributes */
};
void blockdevs_open(struct blockdevs *d, struct scan *s, unsigned name);
void blockdevs_close(struct blockdevs *d);
/* The name of the next one, valid until the next call; NULL at the end. */
const char *blockdevs_next(struct blockdevs *d);

/* Sets the column to the node, "/dev/cciss/c0d0". */
void blockdev_row(struct scan *s, unsigned col, const char *name);
/* The disk of a partition, or the first device that a logical one lies upon. */
bool blockdev_parent(struct blockdevs *d, const char *name, char ret[BLOCKDEV_NAME_MAX]);

/* What is on it; "" where that is not known. */
struct blockdev_content {
	char uuid[BLOCKDEV_TEXT_MAX], type[BLOCKDEV_TEXT_MAX], label[BLOCKDEV_TEXT_MAX];
};
/*
 * As udev has found out; without udev, on the machine itself, libblkid looks at the device where
 * that library is installed and the user may.
 */
void blockdev_probe(struct blockdevs *d, const char *name, struct blockdev_content *ret);

#endif
