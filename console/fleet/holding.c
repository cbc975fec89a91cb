/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/holding.h"

#include "common/clock.h"
#include "common/io.h"
#include "console/fleet/held_key.h"
#include "console/fleet/holder_process.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_AGAIN_MS 5

struct holding {
	struct ssh_shared *ssh;
	int64_t idle_ms;
	struct held_key *keys; /* per host */
	struct held_hi hi;
	int dir;
	int patience_whole_ms, patience_ms; /* what is left of it */
	struct held_wish *wishes;	    /* as many as there are hosts */
};

struct holding *holding_new(const struct fleet_options *options, const struct host_config *hosts,
	size_t n_hosts, struct ssh_shared *ssh, int *ret_r, struct err *err)
{
	struct holding *h = calloc(1, sizeof(*h));
	int r = -ENOMEM;

	if (!h)
		goto fail;
	h->ssh = ssh;
	h->idle_ms = options->persist_ms;
	h->patience_whole_ms =
		HELD_PATIENCE_MS +
		(int)((n_hosts < HELD_HOSTS_MAX ? n_hosts : HELD_HOSTS_MAX) / HELD_PATIENCE_HOSTS);
	h->patience_ms = h->patience_whole_ms;
	h->dir = r = held_dir_open(err);
	if (r < 0)
		goto fail;
	r = held_hi_new(getenv("SSH_AUTH_SOCK"), &h->hi);
	if (r < 0)
		goto fail;
	h->keys = held_keys_new(hosts, n_hosts, ssh->user, ssh->home);
	h->wishes = calloc(n_hosts, sizeof(*h->wishes));
	r = -ENOMEM;
	if (h->keys && h->wishes)
		return h;
fail:
	holding_free(h);
	*ret_r = r == -EPERM || r == -ENOMEM ? r : 0;
	return NULL;
}

void holding_free(struct holding *h)
{
	if (!h)
		return;
	io_close(h->dir);
	free(h->keys);
	free(h->wishes);
	free(h);
}

/* ---- Finding ---- */

/* Peers of the worker that are not linked, or those that are. Their number is their place in it. */
static size_t make_wishes(struct holding *h, const struct worker *w, bool linked)
{
	const struct peer *p;
	size_t n = 0;

	for (size_t i = 0; i < HELD_HOSTS_MAX && (p = worker_peer(w, i)); i++)
		if (held_possible(p->host) && (p->link == PEER_OPEN) == linked)
			h->wishes[n++] = (struct held_wish){(uint32_t)i, &h->keys[p->id]};
	return n;
}

struct finding {
	struct holding *holding;
	struct worker *worker;
};

/* Would this key be accepted if the host were connected to now? */
static bool is_known(const struct holding *h, const struct host_config *host, struct span key)
{
	struct hostkeys_name name;
	char *copy;
	bool known;

	if (hostkeys_name(
		    host->address, host->host_key_alias, host->port ? host->port : 22, &name) < 0)
		return false;
	copy = span_dup(key);
	known = copy && hostkeys_known(ssh_hostkeys_of(h->ssh, host), &name, copy);
	free(copy);
	return known;
}

static void found(void *arg, struct held_link *l, uint32_t host, const struct held_found *what)
{
	struct finding *f = arg;
	struct peer *p = worker_peer(f->worker, host);
	struct transport *t;

	if (!p || p->link != PEER_CLOSED || !is_known(f->holding, p->host, what->key))
		return;
	t = held_open(l, host, &p->lines, &peer_up, p);
	if (t)
		(void)peer_adopt(p, t, what->hello.p, what->hello.n);
}

/* None of what it lent is any good. */
static void take_nothing(struct holding *h, struct worker *w, size_t n, struct held_link *l)
{
	for (size_t i = 0; i < n; i++)
		peer_hang_up(worker_peer(w, h->wishes[i].host));
	held_link_free(l);
}

/* False: nobody is to be asked any more. */
static bool find_at(struct holding *h, struct worker *w, const struct held_name *name)
{
	struct finding f = {.holding = h, .worker = w};
	size_t n = make_wishes(h, w, false);
	struct held_link *l = n ? held_link_new(h->dir, name, &h->hi) : NULL;
	int r;

	if (!n)
		return false;
	if (!l)
		return true;
	r = held_find(l, h->wishes, n, found, &f, &h->patience_ms);
	if (r == 0 && held_lent(l) == 0)
		held_link_free(l);
	else if (r < 0 || worker_take_link(w, l) < 0)
		take_nothing(h, w, n, l);
	return h->patience_ms > 0;
}

void holding_find(struct holding *h, struct worker *w)
{
	struct held_name names[HELD_SOCKETS_MAX];
	size_t n = held_dir_list(h->dir, names);

	for (size_t i = 0; i < n && find_at(h, w, &names[i]); i++)
		;
}

/* ---- Leaving ---- */

static size_t count_linked(const struct worker *w)
{
	const struct peer *p;
	size_t n = 0;

	for (size_t i = 0; (p = worker_peer(w, i)); i++)
		n += p->link == PEER_OPEN;
	return n;
}

/* Only sessions by libssh can be left. */
static size_t close_others(struct worker *w)
{
	struct peer *p;

	for (size_t i = 0; (p = worker_peer(w, i)); i++)
		if (p->link != PEER_OPEN || !p->hello || !held_possible(p->host) ||
			!ssh_may_be_held(p->transport))
			peer_done(p);
	jumps_close_idle(w->transports.jumps);
	return count_linked(w);
}

static void has(void *arg, uint32_t host)
{
	struct peer *p = worker_peer(arg, host);

	if (p)
		peer_done(p);
}

/* Closes what somebody holds already, for this or other clients. */
static void close_held(struct holding *h, struct worker *w)
{
	struct held_name names[HELD_SOCKETS_MAX];
	size_t n = held_dir_list(h->dir, names), wishes;

	for (size_t i = 0; i < n && h->patience_ms > 0; i++) {
		struct held_link *l;

		wishes = make_wishes(h, w, true);
		l = wishes ? held_link_new(h->dir, &names[i], &h->hi) : NULL;
		if (l)
			(void)held_have(l, h->wishes, wishes, has, w, &h->patience_ms);
		held_link_free(l);
	}
}

/* A process that is forked while a thread of the other is in libssh may find its locks taken. */
static bool agents_are_quiet(void)
{
	for (int waited = 0; agents_at_work(); waited += LOOK_AGAIN_MS) {
		if (waited >= HOLDING_AGENT_MS)
			return false;
		poll(NULL, 0, LOOK_AGAIN_MS);
	}
	return true;
}

/* With the directory's lock held. */
static void leave(struct holding *h, struct worker *workers, size_t n_workers)
{
	struct held_name names[HELD_SOCKETS_MAX];
	struct holder_plan plan = {
		.dir = h->dir, .hi = h->hi, .idle_ms = h->idle_ms, .ssh = h->ssh, .keys = h->keys};
	size_t taken = held_dir_list(h->dir, names);

	for (size_t i = 0; i < n_workers && taken + plan.n < HELD_SOCKETS_MAX; i++) {
		close_held(h, &workers[i]);
		jumps_close_idle(workers[i].transports.jumps);
		if (!count_linked(&workers[i]))
			continue;
		plan.threads[plan.n].worker = &workers[i];
		plan.threads[plan.n].listener = held_dir_listen(h->dir, &plan.threads[plan.n].name);
		plan.n += plan.threads[plan.n].listener >= 0;
	}
	if (plan.n)
		holder_process_start(&plan);
}

void holding_leave(struct holding *h, struct worker *workers, size_t n_workers)
{
	size_t n = 0;

	for (size_t i = 0; i < n_workers; i++)
		n += close_others(&workers[i]);
	h->patience_ms = h->patience_whole_ms;
	if (n && agents_are_quiet() && held_dir_lock(h->dir) == 0) {
		leave(h, workers, n_workers);
		held_dir_unlock(h->dir);
	}
	for (size_t i = 0; i < n_workers; i++)
		worker_close(&workers[i]);
}
