/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of hosts, fetched into the current folder (keep.h) while the screen goes on. */
#ifndef CONSOLE_UI_GET_H
#define CONSOLE_UI_GET_H

#include "common/err.h"
#include "console/fleet/fleet.h"

#include <stddef.h>

struct ui;

struct get_target {
	host_id host;
	char *path; /* heap */
};

/*
 * Begins; what comes is told as activity. Takes `targets` and their paths over when it returns 0;
 * else -errno with `err`.
 */
int ui_get(
	struct ui *ui, struct get_target *targets, size_t n, const char *reason, struct err *err);

#endif
