/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line of a crontab. */
#ifndef AGENTD_CRONLINE_H
#define AGENTD_CRONLINE_H

#include "common/buf.h"
#include "common/str.h"

struct cron_line {
	struct span event; /* "@reboot", or nothing where the line has times */
	struct span
		when[5]; /* minute, hour, day of month, month, day of week; nothing with an event */
};

/*
 * 1 for a job; 0 for what is none: empty, comment, setting (NAME=value) or not complete; -errno of
 * buf_add. Replaces *command by what comes after the times, runs of blanks as one; in a system's
 * crontab that begins with the user.
 */
int cron_line_read(struct span line, struct cron_line *ret, struct buf *command);

#endif
