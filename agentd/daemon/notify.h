/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the service manager is told, as sd_notify(3) has it. Without one nothing happens. */
#ifndef AGENTD_DAEMON_NOTIFY_H
#define AGENTD_DAEMON_NOTIFY_H

#include "common/loop.h"

struct notify {
	int fd; /* -1: nobody listens */
	struct loop *loop;
	struct loop_timer watchdog;
	int64_t every_ms; /* 0: no watchdog */
};

/* From the environment, which is then cleared of it: children have nothing to tell. */
void notify_init(struct notify *n, struct loop *loop);
void notify_done(struct notify *n);
/* "READY=1", "STOPPING=1" … */
void notify_send(struct notify *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
