/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of tocsin-agentd-serve share: its options and limits. */
#ifndef AGENTD_SERVE_SERVE_H
#define AGENTD_SERVE_SERVE_H

#include "common/opts.h"

#include <libssh/libssh.h>
#include <libssh/server.h>
#include <stdbool.h>
#include <stdint.h>

/* Sessions at once, and seconds until a client must be logged in, unless told otherwise. */
#define SERVE_SESSIONS	    16
#define SERVE_LOGIN_GRACE_S 30
/* Connections that have not logged in yet, and all together; more are turned away. */
#define SERVE_STARTUPS_MAX    32
#define SERVE_CONNECTIONS_MAX 64
/* Subsystems open at once on one connection. */
#define SERVE_CHANNELS_MAX 8
/* Public keys that one connection may offer or sign with. */
#define SERVE_AUTH_TRIES_MAX 20
/* Bytes that the process of one connection may allocate (not its agents'). */
#define SERVE_CHILD_MEMORY (64u << 20)
/* How long an agent may take to end after its client is gone, then it is killed. */
#define SERVE_AGENT_GRACE_MS 3000
/* Likewise the connections when the server ends. */
#define SERVE_END_MS 5000

struct serve_options {
	struct opt_list listen;
	const char *host_key, *authorized_keys, *root, *agent;
	bool generate_host_key, help;
	uint64_t max_sessions;
	double login_grace;
	unsigned verbose;
};

/* What the process of a connection tells its parent, one byte each on a stream socket. */
enum serve_word {
	SERVE_LOGGED_IN = 'l',
	SERVE_ASK = '?',   /* for one more session; the parent answers yes or no */
	SERVE_ENDED = 'e', /* of a session that was granted */
	SERVE_YES = 'y',
	SERVE_NO = 'n',
};

#endif
