/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `audit --hosts` while the screen goes on. */
#ifndef CONSOLE_UI_AUDIT_H
#define CONSOLE_UI_AUDIT_H

#include "common/err.h"

struct ui;
/*
 * The command with its struct audit_options: asks the hosts of the line; what differs comes into a
 * pane. 0 or -errno with `err`.
 */
int ui_audit_hosts(struct ui *ui, const void *options, int argc, char **argv, struct err *err);

#endif
