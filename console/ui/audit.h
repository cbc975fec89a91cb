/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `audit --hosts` while the screen goes on. */
#ifndef CONSOLE_UI_AUDIT_H
#define CONSOLE_UI_AUDIT_H

#include "common/err.h"
#include "console/auditing.h"

struct ui;
/* Asks the hosts of the line; what differs comes into a pane. 0 or -errno with `err`. */
int ui_audit_hosts(struct ui *ui, const struct audit_options *o, struct err *err);

#endif
