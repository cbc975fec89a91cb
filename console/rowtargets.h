/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An action on rows: what of a row is the target, by the names of its columns. */
#ifndef CONSOLE_ROWTARGETS_H
#define CONSOLE_ROWTARGETS_H

#include "common/err.h"
#include "console/results.h"

#include <stdbool.h>
#include <stddef.h>

struct act;
struct plan;

/* Is the action of this name one that is planned on rows? (`get` plans nothing.) */
bool rowtargets_can(const char *action);
/*
 * Adds to the plan what these rows name: processes by `pid` and `start_time`, files by `path`,
 * hosts. A target that stands in several rows is one. *ret_without: rows that name none. 0 or
 * -errno with `err`; -ENOENT: none of them does.
 */
int rowtargets_add(const struct results *r, const row_id *rows, size_t n, const struct act *act,
	struct plan *plan, size_t *ret_without, struct err *err);

#endif
