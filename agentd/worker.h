/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a process that the daemon started finds what it is given: `tocsin-agentd worker`, `relay`.
 */
#ifndef AGENTD_WORKER_H
#define AGENTD_WORKER_H

#define WORKER_DAEMON_FD 3 /* a worker's: frames, agentd/priv.h */
#define RELAY_WORKER_FD	 3 /* a relay's: its worker's end */
#define RELAY_PLAN_FD	 4 /* a relay's: the frame that tells what it is to do */

/* Each arena of malloc's that a thread opens holds on to memory of its own. */
#define SESSION_ARENAS 2

/* Exit status of a worker that could not even begin. */
#define WORKER_FAILED 70

#endif
