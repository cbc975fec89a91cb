/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process that holds connections: a child of the client that made them, with the same memory
 * and descriptors, but no keys, no terminal and no parent that would wait for it. A thread per
 * worker of that client runs a holder (holder.h). Ends when all have ended, or by SIGTERM, SIGINT
 * or SIGHUP.
 */
#ifndef CONSOLE_FLEET_HOLDER_PROCESS_H
#define CONSOLE_FLEET_HOLDER_PROCESS_H

#include "console/fleet/holder.h"
#include "console/fleet/ssh.h"
#include "console/fleet/worker.h"

#define HOLDER_PROCESS_NAME "tocsin-holder"

struct holder_plan {
	int dir; /* held_dir.h; locked */
	struct held_hi hi;
	int64_t idle_ms;
	struct ssh_shared *ssh;	     /* freed in the child, with its keys */
	const struct held_key *keys; /* per host */
	struct {
		struct worker *worker; /* joined; each open peer is a session at rest */
		int listener;
		struct held_name name;
	} threads[HELD_SOCKETS_MAX];
	size_t n;
};

/*
 * Forks. In the caller the workers' loops are of no use any more, and worker_close says nothing to
 * hosts; or nothing has changed when it fails. The listeners are closed.
 */
void holder_process_start(struct holder_plan *plan);

#endif
