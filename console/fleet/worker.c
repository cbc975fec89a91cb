/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/worker.h"

#include "common/io.h"
#include "console/fleet/child.h"
#include "console/fleet/jump.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STACK_BYTES (512u << 10)

/* ---- The queue ---- */

int queue_init(struct event_queue *q, struct err *err)
{
	*q = (struct event_queue){.last = &q->first};
	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->fd < 0)
		return err_sys(err, errno, "cannot make an event descriptor");
	pthread_mutex_init(&q->lock, NULL);
	return 0;
}

void queue_done(struct event_queue *q)
{
	struct fleet_event *next;

	if (q->fd < 0)
		return;
	for (struct fleet_event *e = q->first; e; e = next) {
		next = e->next;
		fleet_event_free(e);
	}
	q->fd = io_close(q->fd);
	pthread_mutex_destroy(&q->lock);
}

bool queue_full(const struct event_queue *q)
{
	return q->bytes >= FLEET_QUEUE_MAX;
}

static void queue_put(struct event_queue *q, struct fleet_event *first, struct fleet_event **last)
{
	const uint64_t one = 1;
	bool was_empty;

	pthread_mutex_lock(&q->lock);
	was_empty = !q->first;
	*q->last = first;
	q->last = last;
	pthread_mutex_unlock(&q->lock);
	if (was_empty)
		(void)!write(q->fd, &one, sizeof(one));
}

struct fleet_event *queue_take(struct event_queue *q, bool *ret_was_full)
{
	struct fleet_event *list;
	size_t bytes = 0;
	uint64_t n;

	pthread_mutex_lock(&q->lock);
	list = q->first;
	q->first = NULL;
	q->last = &q->first;
	/* Under the lock: else a put could come between, and its signal be lost. */
	if (list)
		(void)!read(q->fd, &n, sizeof(n));
	pthread_mutex_unlock(&q->lock);
	for (struct fleet_event *e = list; e; e = e->next)
		bytes += e->size;
	*ret_was_full = atomic_fetch_sub(&q->bytes, bytes) >= FLEET_QUEUE_MAX;
	return list;
}

/* ---- What peers report ---- */

static void let_go(struct worker *w)
{
	if (!w->held)
		return;
	queue_put(w->queue, w->held, w->held_last);
	w->held = NULL;
	w->held_last = &w->held;
	w->held_bytes = 0;
}

/* Links with nothing to do, the first to be closed for want of room. */
static void add_idle(struct worker *w, struct peer *p)
{
	if (p->idle)
		return;
	p->idle = true;
	p->idle_next = NULL;
	p->idle_prev = w->idle_last;
	if (p->idle_prev)
		p->idle_prev->idle_next = p;
	else
		w->idle = p;
	w->idle_last = p;
}

static void remove_idle(struct worker *w, struct peer *p)
{
	if (!p->idle)
		return;
	p->idle = false;
	if (p->idle_prev)
		p->idle_prev->idle_next = p->idle_next;
	else
		w->idle = p->idle_next;
	if (p->idle_next)
		p->idle_next->idle_prev = p->idle_prev;
	else
		w->idle_last = p->idle_prev;
}

static void count_end(struct worker *w, const struct fleet_event *e)
{
	struct peer *p = &w->peers[e->host];

	w->counts.asking--;
	w->counts.ended[e->end->state]++;
	if (p->link == PEER_OPEN)
		add_idle(w, p);
}

static void take_event(void *arg, struct fleet_event *e)
{
	struct worker *w = arg;

	if (e->type == FLEET_END)
		count_end(w, e);
	e->next = NULL;
	*w->held_last = e;
	w->held_last = &e->next;
	w->held_bytes += e->size;
	atomic_fetch_add(&w->queue->bytes, e->size);
	if (w->held_bytes >= WORKER_BATCH_BYTES)
		let_go(w);
}

static bool full(void *arg)
{
	struct worker *w = arg;

	return queue_full(w->queue);
}

static void linked(void *arg, struct peer *p, enum peer_link before)
{
	struct worker *w = arg;

	if (before == PEER_OPENING)
		w->n_opening--;
	if (before == PEER_OPEN) {
		w->counts.connected--;
		remove_idle(w, p);
	}
	if (p->link == PEER_CLOSED)
		w->n_links--;
	if (p->link == PEER_OPENING) {
		w->n_opening++;
		w->n_links++;
	}
	if (p->link == PEER_OPEN)
		w->counts.connected++;
}

static void wait_for_turn(void *arg, struct peer *p)
{
	struct worker *w = arg;

	p->next_waiting = NULL;
	*w->waiting_last = p;
	w->waiting_last = &p->next_waiting;
}

static struct transport *open_transport(void *arg, struct peer *p, const struct transport_up *up,
	enum host_state *ret_how, struct err *err)
{
	struct worker *w = arg;
	bool program =
		p->host->connection == CONNECTION_LOCAL || w->transports.options->ssh_command;

	if (p->host->connection == CONNECTION_NONE) {
		*ret_how = HOST_FAILED;
		err_set(err, ENOTSUP, "%s", p->host->unusable);
		return NULL;
	}
	return (program ? child_open : ssh_open)(
		&w->transports, p->host, &p->lines, up, p, ret_how, err);
}

/* ---- Admission ---- */

static void admit(struct worker *w)
{
	while (w->waiting && w->n_opening < w->limits.handshakes) {
		struct peer *p = w->waiting;

		/* A link that has done its work makes room. */
		if (p->asked && w->n_links >= w->limits.links && w->idle)
			peer_hang_up(w->idle);
		if (p->asked && w->n_links >= w->limits.links)
			return;
		w->waiting = p->next_waiting;
		if (!w->waiting)
			w->waiting_last = &w->waiting;
		/* It may have been interrupted while it waited. */
		if (p->asked)
			peer_dial(p);
	}
}

/* ---- Orders from the caller ---- */

struct peer *worker_peer(const struct worker *w, size_t i)
{
	return i < w->n_own ? &w->peers[w->own[i]] : NULL;
}

static void do_ask(struct task *task)
{
	struct worker *w = ((struct order *)task)->to;
	struct peer *p;

	w->ask.posted = false;
	w->peers_env.question = w->question;
	jumps_forgive(w->transports.jumps);
	for (size_t i = 0; (p = worker_peer(w, i)); i++) {
		if (!peer_is_asked(w->question, p->id))
			continue;
		remove_idle(w, p);
		if (!peer_ask(p))
			wait_for_turn(w, p);
	}
}

static void do_cancel(struct task *task)
{
	struct worker *w = ((struct order *)task)->to;
	struct peer *p;

	w->cancel.posted = false;
	for (size_t i = 0; (p = worker_peer(w, i)); i++)
		peer_cancel(p);
}

static void do_stop(struct task *task)
{
	((struct order *)task)->to->stopping = true;
}

/* Part of the worker: nothing to free. */
static void drop_order(struct task *task)
{
	(void)task;
}

static void post(struct worker *w, struct order *o, void (*fn)(struct task *task))
{
	if (atomic_exchange(&o->posted, true))
		return;
	o->to = w;
	o->task = (struct task){.fn = fn, .drop = drop_order};
	inbox_post(&w->inbox, &o->task);
}

void worker_ask(struct worker *w, const struct question *q)
{
	struct peer *p;

	/* No question runs, so the thread does not touch these now. */
	for (size_t i = 0; i < sizeof(w->counts.ended) / sizeof(w->counts.ended[0]); i++)
		w->counts.ended[i] = 0;
	for (size_t i = 0; (p = worker_peer(w, i)); i++)
		w->counts.asking += peer_is_asked(q, p->id);
	w->question = q;
	post(w, &w->ask, do_ask);
}

void worker_cancel(struct worker *w)
{
	post(w, &w->cancel, do_cancel);
}

void worker_wake(struct worker *w)
{
	if (w->stalled)
		loop_wake(w->loop);
}

/* ---- The thread ---- */

static void woken(void *arg)
{
	struct worker *w = arg;

	inbox_run(&w->inbox);
}

/*
 * `stalled` is set before the queue is looked at again, so that either the caller sees it or this
 * sees the room that the caller made.
 */
static void resume_paused(struct worker *w)
{
	while (w->peers_env.paused) {
		w->stalled = true;
		if (queue_full(w->queue))
			return;
		peers_resume(&w->peers_env);
	}
	w->stalled = false;
}

static void free_links(struct worker *w)
{
	while (w->n_held_links)
		held_link_free(w->held_links[--w->n_held_links]);
}

static void free_jumps(struct worker *w)
{
	jumps_free(w->transports.jumps);
	w->transports.jumps = NULL;
}

/* What is lent goes back. */
static bool may_stay(const struct peer *p)
{
	return peer_at_rest(p) && !p->transport->ops->rest;
}

static void *run(void *arg)
{
	struct worker *w = arg;
	struct peer *p;

	while (!w->stopping) {
		if (loop_once(w->loop, -1) < 0)
			break;
		admit(w);
		resume_paused(w);
		let_go(w);
	}
	for (size_t i = 0; (p = worker_peer(w, i)); i++)
		if (!w->leaving || !may_stay(p))
			peer_done(p);
	free_links(w);
	if (!w->leaving)
		free_jumps(w);
	return NULL;
}

/* Signals are for the caller's thread. */
static int start_thread(struct worker *w)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int r = pthread_attr_init(&attr);

	if (r)
		return -r;
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&w->thread, &attr, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	w->running = r == 0;
	return -r;
}

int worker_init(struct worker *w, const struct transport_env *transports, struct peer *peers,
	const host_id *own, size_t n_own, struct event_queue *queue,
	const struct worker_limits *limits, struct err *err)
{
	w->loop = loop_new(err);
	if (!w->loop)
		return -(err ? err->code : ENOMEM);
	inbox_init(&w->inbox, w->loop);
	loop_on_wake(w->loop, woken, w);
	w->queue = queue;
	w->limits = *limits;
	w->peers = peers;
	w->own = own;
	w->n_own = n_own;
	w->waiting_last = &w->waiting;
	w->held_last = &w->held;
	w->transports = *transports;
	w->transports.loop = w->loop;
	w->transports.inbox = &w->inbox;
	w->transports.reaper = reaper_new(w->loop);
	w->transports.jumps = jumps_new(&w->transports);
	w->transports.event = take_event;
	w->transports.event_arg = w;
	w->peers_env = (struct peer_env){.loop = w->loop,
		.options = transports->options,
		.arg = w,
		.open = open_transport,
		.event = take_event,
		.full = full,
		.linked = linked,
		.redial = wait_for_turn};
	if (!w->transports.reaper || !w->transports.jumps)
		return err_set(err, ENOMEM, "out of memory");
	return 0;
}

int worker_take_link(struct worker *w, struct held_link *l)
{
	int r;

	if (w->n_held_links == HELD_SOCKETS_MAX)
		return -E2BIG;
	r = held_link_watch(l, w->loop);
	if (r == 0)
		w->held_links[w->n_held_links++] = l;
	return r;
}

int worker_start(struct worker *w, struct err *err)
{
	int r = start_thread(w);

	return r < 0 ? err_sys(err, -r, "cannot start a thread") : 0;
}

void worker_stop(struct worker *w)
{
	if (w->running)
		post(w, &w->stop, do_stop);
}

void worker_leave(struct worker *w)
{
	w->leaving = true;
	worker_stop(w);
}

void worker_close(struct worker *w)
{
	struct peer *p;

	for (size_t i = 0; w->loop && (p = worker_peer(w, i)); i++)
		peer_done(p);
	free_links(w);
	free_jumps(w);
}

void worker_join(struct worker *w)
{
	if (w->running)
		pthread_join(w->thread, NULL);
	w->running = false;
}

void worker_done(struct worker *w)
{
	struct fleet_event *next;

	if (!w->loop)
		return;
	worker_close(w);
	for (struct fleet_event *e = w->held; e; e = next) {
		next = e->next;
		fleet_event_free(e);
	}
	reaper_free(w->transports.reaper);
	peer_env_done(&w->peers_env);
	inbox_done(&w->inbox);
	loop_free(w->loop);
	w->loop = NULL;
}
