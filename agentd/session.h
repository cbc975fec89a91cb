/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tocsin-wire(7) spoken over two descriptors. */
#ifndef AGENTD_SESSION_H
#define AGENTD_SESSION_H

#include "common/err.h"
#include "common/wire.h"

#include <stdbool.h>

/* Requests of one session that are being answered at once; more wait for their turn, in order, and
 * what comes when that many wait is answered `limit`. */
#define SESSION_RUNNING_MAX 8
#define SESSION_WAITING_MAX 24
/* Bytes of whole lines that wait for the reader before the queries have to. */
#define SESSION_QUEUE_MAX (256u << 10)
/* How long a session that was told to end (SIGTERM) still tries to tell its reader. */
#define SESSION_END_MS 2000

struct priv_grant;
struct privlink;
struct root;
struct table;

struct session_options {
	const struct root *root;
	const char *state_dir; /* as in engine_query */
	bool privileged;       /* what hello says */
	/* Of a worker: its daemon, and what the client may do. NULL: there is none, all may be
	 * asked, and nothing be done. */
	struct privlink *daemon;
	const struct priv_grant *grant;	   /* of which hello tells the quarantine, too */
	const struct table *const *tables; /* those that are not denied, NULL-ended */
	/* Not NULL: whatever is asked is answered by this error. */
	const char *refusal;
	enum wire_code refusal_code;
};

/*
 * Says hello, then answers until the input has ended and everything is answered, the reader is
 * gone, or SIGTERM, SIGINT or SIGHUP comes (they stay blocked afterwards). `in` and `out` may be
 * pipes, sockets (also one and the same), terminals or files; they are non-blocking meanwhile.
 *
 * 0, -EMSGSIZE after an over-long request line (which was answered), or -errno with `err` when
 * answers could not be written. *ret_stuck: a thread hangs in the kernel; end by _exit(2).
 */
int session_run(int in, int out, const struct session_options *o, bool *ret_stuck, struct err *err);

#endif
