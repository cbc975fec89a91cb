/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread of a holder of connections (held.h): sessions at rest and lent, and the clients at
 * its socket. All of it runs in the thread of its loop, but for holder_stop.
 *
 * A session is lent to one client at a time. It comes back when the client goes, if it rests then:
 * the client has said so of it, nothing came from the host since, and the host's last line was
 * whole. All others are closed, as nobody could tell whose answers they would give next.
 *
 * Sessions at rest are pinged; one that does not answer, says anything else, or was not lent for
 * the idle time is closed. A client that does not read stops the sessions lent to it, and nothing
 * else: what waits for it stays within HOLDER_OUT_HIGH and one delivery per session.
 */
#ifndef CONSOLE_FLEET_HOLDER_H
#define CONSOLE_FLEET_HOLDER_H

#include "console/fleet/held_frame.h"
#include "console/fleet/transport.h"

/* Clients at once. */
#define HOLDER_CLIENTS_MAX 64
/* Bytes waiting for a client above which its sessions stop, and below which they go on. */
#define HOLDER_OUT_HIGH (256u << 10)
#define HOLDER_OUT_LOW	(64u << 10)
/* Each session at rest is looked at so often at least, and more often for short idle times. */
#define HOLDER_PING_MS 60000
/* Sessions are not lent any more when they are as old: rights may have been taken away since. */
#define HOLDER_AGE_MS (12ll * 3600 * 1000)

struct holder;

struct holder_options {
	struct loop *loop;
	int listener; /* stays the caller's */
	struct held_hi hi;
	int64_t idle_ms;
	size_t sessions; /* about how many */
};

struct holder *holder_new(const struct holder_options *options);
/* Closes what is there. Accepts NULL. */
void holder_free(struct holder *h);

struct holder_session {
	struct transport *t;
	struct held_key key;
	bool by_agent;	   /* lent only to clients with the agent of options.hi */
	const char *found; /* what FOUND holds */
	size_t found_size;
};
/* Takes an open transport at rest; copies the rest. -ENOMEM: it is still the caller's. */
int holder_add(struct holder *h, const struct holder_session *session);
size_t holder_sessions(const struct holder *h);

/* Runs until there are no sessions, or holder_stop. */
void holder_run(struct holder *h);
/* Thread-safe. */
void holder_stop(struct holder *h);

#endif
