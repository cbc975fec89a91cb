/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a runbook: its lines as commands, one after the other, each with the last one's result. */
#ifndef CONSOLE_RUNBOOK_RUN_H
#define CONSOLE_RUNBOOK_RUN_H

#include "common/buf.h"
#include "common/err.h"
#include "console/app.h"
#include "console/command.h"
#include "console/runbook.h"
#include "console/runbook_log.h"

/* Rows that one foreach goes through. */
#define RUNBOOK_FOREACH_MAX 10000

struct runner;

/* `app` stays the caller's; its targets are changed while it runs. NULL: no memory. */
struct runner *runner_new(struct app *app);
void runner_free(struct runner *r);
/*
 * What can be known before anything is sent: commands with their options, saved queries with their
 * parameters, target patterns, that there is somebody to ask (unless `rehearse`). 0 or -errno with
 * `err`.
 */
int runner_check(struct runner *r, const struct runbook *b, bool rehearse, struct err *err);
/* Runs it; `log` may be NULL (no steps are told). The exit status so far. */
enum exit_status runner_run(struct runner *r, const struct runbook *b, struct runbook_log *log);
/* Has a line been put that --rows could mean? */
bool runner_has_result(const struct runner *r);
/* Appends the lines as they would be run. Returns as buf_add does. */
int runner_print(struct runner *r, const struct runbook *b, struct buf *out);

#endif
