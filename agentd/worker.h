/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a process that the daemon started finds what it is given: `tocsin-agentd worker`, `relay`.
 */
#ifndef AGENTD_WORKER_H
#define AGENTD_WORKER_H

#define WORKER_DAEMON_FD 3 /* of frames, agentd/priv.h; for a relay the worker's end as well */
#define WORKER_CLIENT_FD 4 /* a worker's: the session process's connection */

/* Each arena of malloc's that a thread opens holds on to memory of its own. */
#define SESSION_ARENAS 2

/* Exit status of a worker that could not even begin. */
#define WORKER_FAILED 70

#endif
