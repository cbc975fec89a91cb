/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as people read them, by the names that the tables' columns have. */
#ifndef CONSOLE_HUMANE_H
#define CONSOLE_HUMANE_H

#include "common/buf.h"
#include "common/cell.h"

#include <stdbool.h>

/* What the numbers of a column are, by its name; those from HUMANE_PORT on may have names. */
enum humane_kind {
	HUMANE_NUMBER,
	HUMANE_TIME,
	HUMANE_SIZE,
	HUMANE_PORT,
	HUMANE_USER,
	HUMANE_GROUP
};
enum humane_kind humane_kind(const char *column);

/* Who knows the names of a host's users and groups. */
struct humane_who {
	/* NULL: not known. */
	const char *(*name)(void *arg, uint32_t host, bool group, int64_t id);
	void *arg;
	uint32_t host;
};

/*
 * Appends the cell: times (start_time, mtime …) as local time, sizes in KiB and so on, ports with
 * their service, users and groups with their names (`who` NULL: those alone that all hosts have).
 * What no rule is for stands as it is. Returns as buf_add does; *ret_right: it is a number, which
 * stands to the right.
 */
int humane_cell(struct buf *out, const char *column, const struct cell *c,
	const struct humane_who *who, bool *ret_right);
/* What humane_cell shows behind the number, or NULL; it stays as the one that `who` tells does. */
const char *humane_name(enum humane_kind kind, const struct cell *c, const struct humane_who *who);

#endif
