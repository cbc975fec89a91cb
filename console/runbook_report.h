/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report of a runbook's run as Markdown. The file appears whole or not at all. */
#ifndef CONSOLE_RUNBOOK_REPORT_H
#define CONSOLE_RUNBOOK_REPORT_H

#include "common/err.h"
#include "console/runbook_log.h"

struct runbook_report;

/* Rows of one step, and hosts in trouble; more are counted only. */
#define RUNBOOK_REPORT_ROWS 1000

/* Makes sure that it can be written. 0 or -errno with `err`. */
int runbook_report_new(const char *path, const struct runbook_run *run, struct runbook_report **ret,
	struct err *err);
void runbook_report_step(struct runbook_report *r, const struct runbook_step *s);
/* The end; -errno: something of it could not be written, or the rows of a step not be shown. */
int runbook_report_end(struct runbook_report *r, enum exit_status status);
/* Accepts NULL. */
void runbook_report_free(struct runbook_report *r);

#endif
