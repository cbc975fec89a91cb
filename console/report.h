/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --report FILE: what came of each host, as JSON. The file appears whole or not at all. */
#ifndef CONSOLE_REPORT_H
#define CONSOLE_REPORT_H

#include "common/err.h"
#include "console/answers.h"

#include <stdbool.h>
#include <stdint.h>

struct report;

/*
 * Makes sure that it can be written, before anything is asked. Something other than a regular
 * file (a pipe, /dev/null) is written in place. 0 or -errno with `err`.
 */
int report_new(const char *path, struct report **ret, struct err *err);
/* Removes what was not finished. Accepts NULL. */
void report_free(struct report *r);

struct report_run {
	const char *command, *question; /* the SQL, or names of saved queries */
	const char *target;		/* the pattern of -t */
	int64_t started_us;		/* since 1970 */
	int64_t ms;
	bool interrupted;
};
/* Writes it and puts it in its place. 0 or -errno with `err`. */
int report_write(struct report *r, const struct report_run *run, const struct answers *answers,
	const struct host_config *hosts, struct err *err);

#endif
