/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that answers one session, and what it asks of the daemon. */
#ifndef AGENTD_DAEMON_WORKER_H
#define AGENTD_DAEMON_WORKER_H

#include "agentd/daemon/client.h"

/*
 * Starts c's worker, for somebody with these rights, and watches its channel. 0 or -errno with
 * `err`.
 */
int worker_start(struct client *c, const struct priv_subject *rights, struct err *err);
/* Of d->spare: prepares it; ends it; after waitpid, true when it was that. */
void worker_spare_init(struct daemon *d);
void worker_spare_end(struct daemon *d);
bool worker_spare_reaped(struct daemon *d, pid_t pid);
/* To every worker: what hello says of a quarantine has changed. */
void workers_tell_quarantine(struct daemon *d);
/* How it ended, for the session process. `text` has PRIV_REFUSAL_MAX bytes. */
void worker_ended(const struct client *c, int status, struct priv_ended *ret, char *text);
/*
 * Starts this program anew as `role` with `fds` as descriptors 3, 4 (-1: none). The process, or
 * -errno.
 */
pid_t worker_spawn(const char *role, const int fds[2]);

#endif
