/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a fleet has to do with holders of connections (held.h): finding sessions, leaving them. */
#ifndef CONSOLE_FLEET_HOLDING_H
#define CONSOLE_FLEET_HOLDING_H

#include "console/fleet/ssh.h"
#include "console/fleet/worker.h"

/* Longest wait for a helper thread that talks to ssh-agent, before sessions are left. */
#define HOLDING_AGENT_MS 200

struct holding;
/*
 * `hosts` and `ssh` (its keys may come later) stay the fleet's. NULL when there is no place for
 * sockets, and *ret_r is 0; or with -ENOMEM, or -EPERM and `err`: the place is not this user's.
 */
struct holding *holding_new(const struct fleet_options *options, const struct host_config *hosts,
	size_t n_hosts, struct ssh_shared *ssh, int *ret_r, struct err *err);
void holding_free(struct holding *h);

/* Gives the peers of a worker that was not started the sessions that others hold for them. */
void holding_find(struct holding *h, struct worker *w);
/*
 * Leaves the sessions that the workers (joined, after worker_leave) have open to a new process,
 * as far as nobody has them. In this one they are closed, one way or the other, and only the
 * freeing of the fleet may follow. Does not return in the new process.
 */
void holding_leave(struct holding *h, struct worker *workers, size_t n_workers);

#endif
