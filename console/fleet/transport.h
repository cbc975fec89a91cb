/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection to one host's agent, as bytes in both directions: by libssh (ssh.c), by a
 * program's stdin and stdout (child.c), or lent by a holder (held.c). All of it runs in one thread,
 * that of its loop.
 *
 * A transport never calls back from within one of its own functions: peers may be in the middle
 * of something. It tells that it is over once, by `closed`, and stays until `close` is called.
 */
#ifndef CONSOLE_FLEET_TRANSPORT_H
#define CONSOLE_FLEET_TRANSPORT_H

#include "common/err.h"
#include "common/lines.h"
#include "console/fleet/fleet.h"
#include "console/fleet/pool.h"

/* Bytes taken from one connection before another one's turn comes. */
#define TRANSPORT_ROUND_BYTES (64u << 10)

struct transport;

struct transport_up {
	/* Bytes may be sent now. */
	void (*opened)(void *arg);
	/* Bytes were added to the lines given at the start. */
	void (*input)(void *arg);
	/*
	 * Nothing more will come; what did was handed over by `input` before. ENOLINK: not the host
	 * but a jump host before it went away.
	 */
	void (*closed)(void *arg, enum host_state how, const struct err *why);
};

struct transport_ops {
	/* Queues all of it. 0 or -errno. Only after `opened`. */
	int (*send)(struct transport *t, const void *p, size_t n);
	/* While `on`, nothing is read and no callback is called. */
	void (*pause)(struct transport *t, bool on);
	/* Time is up: says in `err` what was being waited for, and how a host ends for which it
	 * was. */
	enum host_state (*overdue)(struct transport *t, struct err *err);
	/* Closes and frees at once, or as soon as a helper thread lets go of it. */
	void (*close)(struct transport *t);
	/* Every request that was sent has its whole answer. May be NULL. */
	void (*rest)(struct transport *t);
};

/* Embedded in each kind of transport. */
struct transport {
	const struct transport_ops *ops;
	const struct transport_up *up;
	void *arg;
	struct lines *in;
	/*
	 * When the host itself began to be waited for, on clock_mono_ms: 0 for at once, INT64_MAX
	 * while its jump host, which has a deadline of its own, is being connected.
	 */
	int64_t begun_ms;
};

/* Of `timeout_ms` from begun_ms on; the whole of it while another host is waited for. */
int64_t transport_time_left(const struct transport *t, int64_t timeout_ms);

struct ssh_shared;
struct reaper;
struct jumps;

/* What the transports of one worker thread share. */
struct transport_env {
	struct loop *loop;
	struct inbox *inbox;
	struct pool *resolvers, *agents; /* of the fleet */
	const struct fleet_options *options;
	struct ssh_shared *ssh;	   /* likewise; NULL when no host is reached by libssh */
	const char *agent_program; /* for CONNECTION_LOCAL */
	struct reaper *reaper;
	struct jumps *jumps;
	/* Takes an event for the fleet's caller. */
	void (*event)(void *arg, struct fleet_event *e);
	void *event_arg;
	/* The sessions go on in another process: here nothing is said over them any more. */
	bool given_away;
};

/* `host` stays the caller's. NULL with `err` and *ret_how when it cannot even begin. */
struct transport *ssh_open(struct transport_env *env, const struct host_config *host,
	struct lines *in, const struct transport_up *up, void *arg, enum host_state *ret_how,
	struct err *err);
/* Of an open SSH transport, for whoever takes it over. -EINVAL when it is something else. */
struct ssh_facts {
	const char *type; /* of the host's key */
	char *key;	  /* in base64, for ssh_string_free_char */
	bool by_agent;	  /* ssh-agent signed, for it or for a jump host before it */
};
int ssh_facts(struct transport *t, struct ssh_facts *ret);
bool ssh_may_be_held(const struct transport *t);

struct transport *child_open(struct transport_env *env, const struct host_config *host,
	struct lines *in, const struct transport_up *up, void *arg, enum host_state *ret_how,
	struct err *err);

#endif
