/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker thread: an event loop with the peers that are its own for good, so that nothing of a
 * peer is ever shared. It lets so many handshakes and so many links be at once, and hands events
 * to the caller in batches.
 */
#ifndef CONSOLE_FLEET_WORKER_H
#define CONSOLE_FLEET_WORKER_H

#include "console/fleet/held.h"
#include "console/fleet/peer.h"

#include <pthread.h>
#include <stdatomic.h>

/* Events held back until the end of a round, or until they are this many bytes. */
#define WORKER_BATCH_BYTES (256u << 10)

/* Where events wait for the caller. Thread-safe. */
struct event_queue {
	pthread_mutex_t lock;
	struct fleet_event *first, **last;
	atomic_size_t bytes; /* counts what workers hold back, too */
	int fd;		     /* an event descriptor: readable when there is something */
};
int queue_init(struct event_queue *q, struct err *err);
void queue_done(struct event_queue *q);
bool queue_full(const struct event_queue *q);
/* Everything, or NULL. *ret_was_full: workers may be waiting for room. */
struct fleet_event *queue_take(struct event_queue *q, bool *ret_was_full);

struct worker_limits {
	unsigned handshakes, links;
};

struct worker_counts {
	atomic_size_t connected, asking, ended[HOST_UNREACHABLE + 1];
};

/* Embedded, so that giving an order cannot fail. */
struct order {
	struct task task;
	struct worker *to;
	atomic_bool posted;
};

struct worker {
	pthread_t thread;
	bool running;
	struct loop *loop;
	struct inbox inbox;
	struct transport_env transports;
	struct peer_env peers_env;
	struct event_queue *queue;
	struct worker_limits limits;
	struct worker_counts counts; /* written by the thread, read by anybody */

	struct peer *peers; /* the fleet's */
	const host_id *own; /* of them, this worker's */
	size_t n_own;
	struct peer *waiting, **waiting_last; /* for a handshake */
	struct peer *idle, *idle_last;	      /* linked, and not asked */
	unsigned n_opening, n_links;
	atomic_bool stalled; /* some peers are paused */
	struct order ask, cancel, stop;
	const struct question *question; /* of the order `ask` */
	bool stopping;
	atomic_bool leaving; /* keep the sessions at rest when stopping */
	struct held_link *held_links[HELD_SOCKETS_MAX];
	size_t n_held_links;
	struct fleet_event *held, **held_last;
	size_t held_bytes;
};

/*
 * `transports` is filled but for loop, inbox, reaper and jumps; `peers` is the fleet's array, `own`
 * the indexes of those that are this worker's; both must stay. 0 or -errno with `err`; worker_done
 * is to be called either way.
 */
int worker_init(struct worker *w, const struct transport_env *transports, struct peer *peers,
	const host_id *own, size_t n_own, struct event_queue *queue,
	const struct worker_limits *limits, struct err *err);
/* The i-th of its peers, NULL after the last. */
struct peer *worker_peer(const struct worker *w, size_t i);
/*
 * A link to a holder, before the start: it and its peers' transports are the worker's. 0, or -errno
 * and they are still the caller's.
 */
int worker_take_link(struct worker *w, struct held_link *l);
/* Starts the thread. 0 or -errno with `err`. */
int worker_start(struct worker *w, struct err *err);
/* Tells the thread to close its links and end; waits for that. Both accept a zeroed worker. */
void worker_stop(struct worker *w);
void worker_join(struct worker *w);
/*
 * Instead of worker_stop: sessions of its own that are at rest stay open. After worker_join they
 * are the caller's, who ends by worker_close.
 */
void worker_leave(struct worker *w);
void worker_close(struct worker *w);
/* Frees the rest: after pool_free, as helpers post into the inbox. */
void worker_done(struct worker *w);

/* `q` must stay until all peers have ended; no other question may run. */
void worker_ask(struct worker *w, const struct question *q);
void worker_cancel(struct worker *w);
/* There is room in the queue again. */
void worker_wake(struct worker *w);

#endif
