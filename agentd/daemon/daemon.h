/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The root process, in the order in which a session meets its files:
 *
 *   daemon.c    the loop, signals, settings, the orderly end
 *   place.c     the directories, the lock, the socket
 *   client.c    one connection: from accept to the end of its session
 *   subject.c   who it is, found by a child
 *   worker.c    the process that answers it
 *   request.c   an action or a file that a worker asks for: policy, audit, a child, audit
 *   actor.c     what such a child does
 *   settle.c    deletions and restorations that were interrupted
 *   relay.c     connections for workers
 *   child.c     children that answer by a pipe
 *   ration.c    how much of the audit log one user may fill
 *   notify.c    the service manager
 *
 * It runs one thread, reads no JSON and no SQL of anybody's, and opens no file that a client names:
 * what may block or parse is done by a child.
 */
#ifndef AGENTD_DAEMON_DAEMON_H
#define AGENTD_DAEMON_DAEMON_H

#include "agentd/audit.h"
#include "agentd/conf.h"
#include "agentd/daemon/child.h"
#include "agentd/daemon/notify.h"
#include "agentd/daemon/ration.h"
#include "agentd/policy.h"
#include "agentd/priv.h"
#include "agentd/quarantine_watch.h"
#include "common/err.h"
#include "common/loop.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* Connections that have no session yet, of everybody and of one user. */
#define DAEMON_NEW_MAX	  64
#define DAEMON_NEW_OF_ONE 16
/* Milliseconds until a connection must have said what it wants, and be known. */
#define DAEMON_HELLO_MS 5000
/* For a child that looks up who somebody is (the name service may be slow), or opens a file. */
#define DAEMON_ASK_MS  15000
#define DAEMON_OPEN_MS 10000
/* How long a worker that was told to end may take to, then it is killed. */
#define DAEMON_WORKER_END_MS 3000
/* How long a file's hash may still take when all of it was sent. */
#define DAEMON_HASH_MS 60000
/* Bytes of a file beyond which it is not hashed here. */
#define DAEMON_HASH_MAX (INT64_C(1) << 30)
/* When a spare worker is started after a session was, and when one is let go that waited in vain.
 */
#define DAEMON_SPARE_MS	     50
#define DAEMON_SPARE_IDLE_MS 60000
/* How long actions under way may go on when the daemon is to end. */
#define DAEMON_ACTIONS_END_MS 20000

struct client;
struct relay;
struct request;

/* A worker that was started ahead of its session: that is most of what a session takes. */
struct spare {
	pid_t pid; /* 0: none */
	int channel;
	int64_t since_ms;	 /* on clock_mono_ms: it waits */
	struct loop_timer timer; /* to start one, or to end one that nobody needs */
};

struct daemon {
	const char *config, *state_dir, *run_dir, *root;
	bool privileged; /* it is root */
	uid_t worker_uid;
	gid_t worker_gid;
	int locks[2];
	struct loop *loop;
	struct loop_io listen;
	struct loop_timer end, accept_again;
	struct conf *conf;
	/* Their own paths, whatever links lead to them. */
	char state_real[PATH_MAX], vault[PATH_MAX], audit_files[PATH_MAX];
	struct audit *audit;
	struct ration ration;
	struct quarantine_watch *quarantine; /* NULL: it may not */
	struct children children;
	struct notify notify;
	struct spare spare;
	struct client *clients;
	size_t n_new, n_sessions;
	struct request *requests_first;
	struct relay *relays;
	int64_t sessions, requests; /* numbers of the last ones, since the start */
	bool stopping;
	struct buf in, out; /* the frame at hand */
};

/* Runs until SIGTERM. 0 or -errno with `err`. */
int daemon_run(struct daemon *d, struct err *err);
/* Something has ended while the daemon is to end: is that all? */
void daemon_check_end(struct daemon *d);

#endif
