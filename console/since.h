/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A moment in the past as people give it. */
#ifndef CONSOLE_SINCE_H
#define CONSOLE_SINCE_H

#include "common/err.h"

#include <stdint.h>

/*
 * "yesterday" and "2026-11-21": the end of that day; "2026-11-21 14:00" (or with a T, with
 * seconds): that moment; "90m", "12h", "3d", "2w": so long before now. Local time, but with a Z
 * behind it UTC. Microseconds since 1970. 0 or -EINVAL.
 */
int since_read(const char *text, int64_t now_us, int64_t *ret_us, struct err *err);
/* The same for what begins then: days count from their beginning. */
int since_begin(const char *text, int64_t now_us, int64_t *ret_us, struct err *err);

#endif
