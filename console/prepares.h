/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does SQL prepare? The agent's program on this machine knows the tables; nothing is asked. */
#ifndef CONSOLE_PREPARES_H
#define CONSOLE_PREPARES_H

#include "common/buf.h"
#include "common/err.h"

enum prepares {
	PREPARES_YES,
	PREPARES_NO,
	PREPARES_UNKNOWN, /* there is no agent here that could tell */
};

/* Bytes of a reason. */
#define PREPARES_WHY_MAX 4096
/* `why` is emptied, and filled unless it is PREPARES_YES. */
enum prepares prepares_check(const char *agent, const char *sql, struct buf *why);

#endif
