/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections that outlive the command which made them.
 *
 * A client that ends leaves its sessions at rest to a child process, the holder (holder.h), which
 * waits for the next client at a socket of its own (held_dir.h) and ends by itself. Sessions never
 * move between processes: the holder lends one to one client at a time and carries its bytes, so
 * that the client judges every line as if the session were its own. It knows nothing of questions,
 * keys or known_hosts: it never connects, and never asks anybody for anything.
 *
 * A client takes a session when the digest of its host's configuration is the same (held_key.h),
 * when it was not authenticated by another ssh-agent, and when the host's key, as the holder tells
 * it, is in known_hosts as that stands now. What it does not find it connects to by itself, and
 * leaves to a holder in its turn, unless another one has such a session at rest by then.
 *
 * This is the client's side: looking for sessions, in fleet_new; and the transport that is a
 * session lent, over one socket per worker thread and holder. A holder that is slow, gone or full
 * of nonsense costs HELD_PATIENCE_MS at most, and what it lent.
 */
#ifndef CONSOLE_FLEET_HELD_H
#define CONSOLE_FLEET_HELD_H

#include "console/fleet/held_dir.h"
#include "console/fleet/held_frame.h"
#include "console/fleet/transport.h"

/* Waiting for holders to answer, all together; a millisecond more for so many hosts. */
#define HELD_PATIENCE_MS    1000
#define HELD_PATIENCE_HOSTS 10
/* Getting the last frames out when a client ends. */
#define HELD_FLUSH_MS 200
/* Bytes to a holder that does not read. */
#define HELD_OUT_MAX (64u << 20)

/* A connection to one thread of a holder. In the end it is its loop's thread's. */
struct held_link;

struct held_wish {
	uint32_t host; /* a number of the caller's, below HELD_HOSTS_MAX */
	const struct held_key *key;
};

/*
 * Is called for each session that is lent. It may take it by held_open; else it is given back, to
 * be closed: nobody should use it.
 */
typedef void held_found_fn(
	void *arg, struct held_link *l, uint32_t host, const struct held_found *found);
/* Is called for each wish that some session at rest would fulfil. */
typedef void held_has_fn(void *arg, uint32_t host);

/* Connects and greets. NULL when nobody is there. */
struct held_link *held_link_new(int dir, const struct held_name *name, const struct held_hi *hi);
/*
 * Puts the wishes and waits for all answers. 0, or -errno: what was found until then is good, and
 * the link is not. *patience_ms is what is left of it.
 */
int held_find(struct held_link *l, const struct held_wish *wishes, size_t n, held_found_fn *fn,
	void *arg, int *patience_ms);
int held_have(struct held_link *l, const struct held_wish *wishes, size_t n, held_has_fn *fn,
	void *arg, int *patience_ms);
/* Sessions that it lends. */
size_t held_lent(const struct held_link *l);
/*
 * From now on it runs in this loop. 0 or -errno. Before that, or when its transports are all
 * closed, held_link_free: gets out what is to be said, ends the loans. Accepts NULL.
 */
int held_link_watch(struct held_link *l, struct loop *loop);
void held_link_free(struct held_link *l);

/*
 * For held_found_fn: a transport that is open, with its agent's hello said already. NULL when out
 * of memory.
 */
struct transport *held_open(struct held_link *l, uint32_t host, struct lines *in,
	const struct transport_up *up, void *arg);

#endif
