/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as people read them, by the names that the tables' columns have. */
#ifndef CONSOLE_HUMANE_H
#define CONSOLE_HUMANE_H

#include "common/buf.h"
#include "common/cell.h"

#include <stdbool.h>

/*
 * Appends the cell: times (start_time, mtime …) as local time, sizes in KiB and so on, ports with
 * their service. What no rule is for stands as it is. Returns as buf_add does; *ret_right: it is a
 * number, which stands to the right.
 */
int humane_cell(struct buf *out, const char *column, const struct cell *c, bool *ret_right);

#endif
