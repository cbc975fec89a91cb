/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SSH transport's own: ssh.c (the session and its loop), ssh_dial.c (until TCP stands),
 * ssh_auth.c (host key, authentication).
 *
 * What libssh makes necessary, and where: a call reads 4096 bytes at most and then waits, so each
 * event is pumped until nothing moves (pump); it clears O_NONBLOCK (shake_hands); it leaves the
 * descriptor open or not (end_session); it writes without end to a host that offers packets of ten
 * bytes (watch_log).
 */
#ifndef CONSOLE_FLEET_SSH_H
#define CONSOLE_FLEET_SSH_H

#include "common/buf.h"
#include "console/fleet/agent.h"
#include "console/fleet/auth.h"
#include "console/fleet/connect.h"
#include "console/fleet/hostkeys.h"
#include "console/fleet/resolve.h"
#include "console/fleet/transport.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

/* Times that a connection is tried which is refused, or dropped before the host's SSH banner. */
#define SSH_REFUSED_TRIES 2
#define SSH_DROPPED_TRIES 4
/* Wait before the second try; each later one waits twice as long. Plus as much again at random. */
#define SSH_RETRY_MS 100
/* Bytes from the host until the subsystem runs; later, without any of them being for us. */
#define SSH_HANDSHAKE_BYTES_MAX (256u << 10)
#define SSH_NOISE_MAX		(1u << 20)
/* Kept of what the agent's side writes to stderr. */
#define SSH_STDERR_MAX 256
/* Waiting for an exit status after the end of the output. */
#define SSH_EXIT_MS 500
/* Descriptors at and above this one are not understood by libssh. */
#define SSH_FD_MAX 65535

/* Of the fleet, for all threads. */
struct ssh_shared {
	struct hostkeys *hostkeys;
	struct keys *keys;
	struct agent *agent;
	const char *user; /* who runs this program */
	const char *home;
};

enum ssh_step {
	SSH_RESOLVE,
	SSH_CONNECT,
	SSH_RETRY,
	SSH_HELLO, /* banner and key exchange */
	SSH_HOST_KEY,
	SSH_AUTH,
	SSH_AGENT, /* a helper thread has the session */
	SSH_CHANNEL,
	SSH_SUBSYSTEM,
	SSH_OPEN,
	SSH_OVER, /* the peer was told; waits for close */
};

/* What is needed only until the subsystem runs. */
struct ssh_opening {
	struct hostkeys_name name;
	struct addresses addresses;
	union address to;
	struct resolving *resolving;
	struct connecting *connecting;
	unsigned tries;
	bool thorough; /* second connection, for the type of host key that is known */
	bool looked;   /* at the first bytes */
	bool garbage;  /* they are not SSH's: */
	char first[48];

	const struct identity *ids[KEYS_PER_HOST_MAX];
	size_t n_ids, at;
	bool started, signing, agent_tried, none_tried;
	struct agent_auth *agent;
};

struct ssh {
	struct transport t;
	struct transport_env *env;
	const struct host_config *host;
	uint16_t port;
	enum ssh_step step;
	struct loop_io io;
	struct loop_timer timer; /* retry, or another round, or the wait for an exit status */
	struct ssh_opening *opening;
	ssh_session session;
	ssh_channel channel;
	struct ssh_channel_callbacks_struct callbacks;
	struct ssh_counter_struct counter;
	uint64_t heard;	 /* counter.in_bytes when bytes for us came last */
	struct buf out;	 /* not yet taken by libssh */
	struct buf said; /* on stderr */
	int exit_status; /* -1: none yet */
	bool busy;	 /* in a callback of the loop: what is freed is freed at its end */
	bool doomed;	 /* closed meanwhile */
	bool got;	 /* bytes came for us */
	bool paused, waiting_for_status, odd_packets;
	unsigned confirmations; /* of the channel */
};

/* A step returns 1: go on with s->step, 0: wait for the host, -1: over, or closed. */
int ssh_check_host_key(struct ssh *s);
int ssh_authenticate(struct ssh *s);

/* Begins (again) with the name or the address. 0 or -errno with `err`. */
int ssh_dial(struct ssh *s, struct err *err);
/* Ends whatever ssh_dial began. */
void ssh_dial_stop(struct ssh *s);
/* Tries again later when it may help: 0, or -1 when it would not. */
int ssh_dial_again(struct ssh *s, unsigned max_tries);
/* "10.0.0.1 port 22" */
#define SSH_TO_MAX (ADDRESS_TEXT_MAX + 16)
const char *ssh_to(const struct ssh *s, char out[SSH_TO_MAX]);

/* For ssh_dial: the socket is there; makes the session. -1: over. */
void ssh_connected(struct ssh *s, int fd);
/* Over: the peer is told why, now. Returns -1. */
int ssh_fail(struct ssh *s, enum host_state how, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int ssh_fail_err(struct ssh *s, enum host_state how, const struct err *err);
/* Ends the session, keeps the rest. */
void ssh_end_session(struct ssh *s);
/* For when a helper gives the session back: runs the steps as far as they go, or waits for the
 * host. */
void ssh_go_on(struct ssh *s);
void ssh_wait(struct ssh *s);

#endif
