/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What workers ask of the daemon. Each action and each file is written to the audit log before it
 * is tried and after it has ended, also when its session is gone meanwhile.
 */
#ifndef AGENTD_DAEMON_REQUEST_H
#define AGENTD_DAEMON_REQUEST_H

#include "agentd/daemon/client.h"

/* Actions and files of one session at once; more are refused. */
#define REQUESTS_OF_ONE_MAX 8

/* A frame from c's worker. 0, or -EBADMSG when it is none that a worker sends. */
int request_take(struct client *c, const struct buf *frame);
/* Likewise, once the worker has ended: what it has told counts, what it wanted no more. */
int request_take_last(struct client *c, const struct buf *frame);
/* The session has ended: actions go on, files that were being read are over. */
void requests_forget(struct client *c);

#endif
