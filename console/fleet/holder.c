/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/holder.h"

#include "common/clock.h"
#include "common/io.h"
#include "common/wire.h"
#include "console/fleet/held_dir.h"
#include "console/fleet/held_key.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

/* Taken from one client before another one's turn. */
#define ROUND_BYTES (512u << 10)
#define IN_MAX	    (HELD_HEAD + HELD_SAY_MAX + HELD_READ_BYTES)
/* More than one delivery of each of very many sessions. */
#define OUT_MAX (1u << 30)
/* A round of looking at all sessions is done in as many steps. */
#define STEPS	     32
#define ROUND_MIN_MS 1000
/* A session that was heard of within two rounds and this is lent without another look. */
#define FRESH_MS 10000
/* Rounds in which so many sessions are heard begin so far apart. */
#define GATHER_US    2000
#define GATHER_HOSTS 4
#define GATHER_BYTES (32u << 10)
/* No client uses it. */
#define PING_ID (WIRE_ID_MAX - 1)
/* A pong, however it is written, and the time it may take. */
#define PONG_MAX 256
#define PONG_MS	 10000

struct client;

struct session {
	struct holder *holder;
	struct session *next; /* of the same bucket */
	size_t at;	      /* in holder->sessions */
	struct transport *t;
	struct lines in;
	struct held_key key;
	char *found;
	size_t found_size;
	bool by_agent;
	int64_t used_ms, heard_ms; /* on clock_boot_ms */
	int64_t pinged_ms;	   /* likewise; 0: no pong is awaited */

	struct client *client; /* to whom it is lent, or NULL */
	uint32_t host;	       /* its number there */
	bool asked;	       /* and has not said since that all is answered */
	bool midline;	       /* the host's last line is not whole */
	bool paused;
	struct session *paused_prev, *paused_next;
};

struct client {
	struct holder *holder;
	struct client *next;
	struct loop_io io;
	struct held_hi hi;
	struct buf in, out, said;
	size_t at, sent;	/* of `in`, taken already; of `out` */
	struct session **loans; /* by number */
	size_t n_loans, cap_loans;
	struct session *paused;
	bool greeted, leaving, broken; /* goes when all is said; at once */
};

struct holder {
	struct holder_options o;
	struct loop_io listener;
	struct loop_timer timer;
	int64_t born_ms, round_ms;
	struct session **sessions;
	size_t n, cap, at; /* at: the next one to look at */
	struct session **buckets;
	size_t n_buckets;
	struct client *clients;
	unsigned n_clients;
	char *ping;
	size_t ping_size;
	/* In this round, of sessions with clients: how many were heard, the last one, what. */
	unsigned n_heard;
	const struct session *heard;
	size_t heard_bytes;
	atomic_bool stopped;
};

/* ---- Sessions ---- */

static struct session **bucket(struct holder *h, const struct held_key *key)
{
	uint64_t n;

	memcpy(&n, key->digest, sizeof(n));
	return &h->buckets[n % h->n_buckets];
}

static void forget_pause(struct session *s)
{
	if (!s->paused)
		return;
	s->paused = false;
	if (s->paused_prev)
		s->paused_prev->paused_next = s->paused_next;
	else
		s->client->paused = s->paused_next;
	if (s->paused_next)
		s->paused_next->paused_prev = s->paused_prev;
}

static void end_loan(struct session *s)
{
	forget_pause(s);
	if (s->client)
		s->client->loans[s->host] = NULL;
	s->client = NULL;
}

static void drop_session(struct session *s)
{
	struct holder *h = s->holder;
	struct session **at = bucket(h, &s->key);

	end_loan(s);
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	h->sessions[s->at] = h->sessions[--h->n];
	h->sessions[s->at]->at = s->at;
	s->t->ops->close(s->t);
	lines_done(&s->in);
	free(s->found);
	free(s);
}

/* False: it cannot be, and is dropped. */
static bool ping(struct session *s)
{
	struct holder *h = s->holder;

	if (s->t->ops->send(s->t, h->ping, h->ping_size) < 0) {
		drop_session(s);
		return false;
	}
	s->pinged_ms = clock_boot_ms();
	return true;
}

static bool is_fresh(const struct session *s)
{
	return clock_boot_ms() - s->heard_ms < 2 * s->holder->round_ms + FRESH_MS;
}

static bool is_old(const struct holder *h)
{
	return clock_boot_ms() - h->born_ms > HOLDER_AGE_MS;
}

/* The client is done with it. */
static void take_back(struct session *s, bool resting)
{
	bool paused = s->paused;

	end_loan(s);
	if (!resting || s->asked || s->midline || lines_pending(&s->in)) {
		drop_session(s);
		return;
	}
	s->used_ms = clock_boot_ms();
	if (paused)
		s->t->ops->pause(s->t, false);
	if (!s->pinged_ms && !is_fresh(s))
		ping(s);
}

/* ---- What hosts say ---- */

/* What cannot be put makes an end of the client, but not within a session's callback. */
static void tell(struct client *c, enum held_kind kind, uint32_t host, const void *p, size_t n)
{
	if (!c->broken && held_put(&c->out, kind, host, p, n) < 0)
		c->broken = true;
}

static size_t waiting(const struct client *c)
{
	return c->out.len - c->sent;
}

static void pause_session(struct session *s)
{
	struct client *c = s->client;

	if (s->paused)
		return;
	s->paused = true;
	s->paused_prev = NULL;
	s->paused_next = c->paused;
	if (c->paused)
		c->paused->paused_prev = s;
	c->paused = s;
	s->t->ops->pause(s->t, true);
}

static void relay(struct session *s)
{
	struct client *c = s->client;
	const char *p = s->in.buf.p + s->in.start;
	size_t n = lines_pending(&s->in);

	s->holder->n_heard += s != s->holder->heard;
	s->holder->heard = s;
	s->holder->heard_bytes += n;
	s->midline = p[n - 1] != '\n';
	/* Late words are not a new client's to hear. */
	s->asked = true;
	for (size_t part; n; p += part, n -= part) {
		part = n < HELD_HEARD_MAX ? n : HELD_HEARD_MAX;
		tell(c, HELD_HEARD, s->host, p, part);
	}
	lines_done(&s->in);
	if (waiting(c) > HOLDER_OUT_HIGH)
		pause_session(s);
}

static bool is_pong(const char *line, size_t n)
{
	struct wire_reply reply = {0};
	char copy[PONG_MAX + 1];
	struct err err;
	bool yes;

	if (n > PONG_MAX)
		return false;
	memcpy(copy, line, n);
	copy[n] = '\0';
	yes = wire_reply_read(copy, n, &reply, &err) == 0 && reply.op == WIRE_REPLY_PONG &&
	      reply.id == PING_ID;
	wire_reply_done(&reply);
	return yes;
}

/*
 * The answer to a ping comes first, also when the session was lent meanwhile. False: there is no
 * whole line yet.
 */
static bool take_pong(struct session *s)
{
	const char *p = s->in.buf.p + s->in.start, *end;

	end = memchr(p, '\n', lines_pending(&s->in));
	if (!end && lines_pending(&s->in) <= PONG_MAX)
		return false;
	s->pinged_ms = 0;
	if (end && is_pong(p, (size_t)(end - p)))
		s->in.start += (size_t)(end + 1 - p);
	s->in.scanned = s->in.start;
	return true;
}

static void input(void *arg)
{
	struct session *s = arg;

	s->heard_ms = clock_boot_ms();
	if (s->pinged_ms && !take_pong(s))
		return;
	if (!lines_pending(&s->in))
		lines_done(&s->in);
	else if (s->client)
		relay(s);
	else
		drop_session(s);
}

static void closed(void *arg, enum host_state how, const struct err *why)
{
	struct session *s = arg;
	size_t n = strlen(why->text);

	(void)how;
	if (s->client)
		tell(s->client, HELD_GONE, s->host, why->text, n);
	drop_session(s);
}

/* Open it is already. */
static void opened(void *arg)
{
	(void)arg;
}

static const struct transport_up session_up = {.opened = opened, .input = input, .closed = closed};

/* ---- Looking after them ---- */

/* True: it is still there. */
static bool look_at(struct session *s)
{
	const struct holder *h = s->holder;
	int64_t now = clock_boot_ms();

	if (s->client)
		return true;
	if (is_old(h) || now - s->used_ms >= h->o.idle_ms ||
		(s->pinged_ms && now - s->pinged_ms > PONG_MS)) {
		drop_session(s);
		return false;
	}
	return s->pinged_ms || ping(s);
}

static void step(struct loop_timer *timer)
{
	struct holder *h = timer->arg;
	size_t n = (h->n + STEPS - 1) / STEPS;

	for (; n && h->n; n--) {
		if (h->at >= h->n)
			h->at = 0;
		/* Another one is in its place then. */
		if (look_at(h->sessions[h->at]))
			h->at++;
	}
	/* There may be descriptors again. */
	(void)loop_watch(h->o.loop, &h->listener, EPOLLIN);
	(void)loop_timer_in(h->o.loop, timer, h->round_ms / STEPS);
}

/* ---- What clients say ---- */

static int grow_loans(struct client *c, uint32_t host)
{
	int r;

	if (host < c->n_loans)
		return 0;
	r = array_grow(
		&c->loans, &c->cap_loans, host + 1, sizeof(struct session *), HELD_HOSTS_MAX);
	if (r < 0)
		return r;
	memset(c->loans + c->n_loans, 0, (c->cap_loans - c->n_loans) * sizeof(struct session *));
	c->n_loans = c->cap_loans;
	return 0;
}

static bool fits(const struct client *c, const struct session *s, const struct held_key *key)
{
	return memcmp(s->key.digest, key->digest, HELD_DIGEST) == 0 &&
	       (!s->by_agent ||
		       memcmp(c->hi.agent, c->holder->o.hi.agent, sizeof(c->hi.agent)) == 0);
}

/* One that may be lent; one that was not heard of for long is asked first, for the next client. */
static struct session *find(struct client *c, const struct held_key *key)
{
	struct session *next;

	if (is_old(c->holder))
		return NULL;
	for (struct session *s = *bucket(c->holder, key); s; s = next) {
		next = s->next;
		if (s->client || !fits(c, s, key))
			continue;
		if (is_fresh(s))
			return s;
		if (!s->pinged_ms)
			ping(s);
	}
	return NULL;
}

static int on_find(struct client *c, const struct held_frame *f)
{
	struct held_key key;
	struct session *s;
	int r = grow_loans(c, f->host);

	if (r < 0 || c->loans[f->host])
		return -EBADMSG;
	memcpy(&key, f->p, sizeof(key));
	s = find(c, &key);
	if (!s)
		return 0;
	s->client = c;
	s->host = f->host;
	s->asked = false;
	c->loans[f->host] = s;
	tell(c, HELD_FOUND, f->host, s->found, s->found_size);
	return 0;
}

static void on_have(struct client *c, const struct held_frame *f)
{
	struct held_key key;
	const struct session *s;

	memcpy(&key, f->p, sizeof(key));
	s = *bucket(c->holder, &key);
	while (s && (s->client || !fits(c, s, &key)))
		s = s->next;
	if (s)
		tell(c, HELD_HAS, f->host, NULL, 0);
}

static int on_hi(struct client *c, const struct held_frame *f)
{
	if (c->greeted)
		return -EBADMSG;
	c->greeted = true;
	memcpy(&c->hi, f->p, sizeof(c->hi));
	tell(c, HELD_HI, 0, &c->holder->o.hi, sizeof(c->holder->o.hi));
	/* What another version says means something else. */
	c->leaving = !held_hi_same(&c->hi, &c->holder->o.hi);
	return 0;
}

/* A host that does not take what it is sent is given up. */
static void say_to_host(struct session *s, const void *p, size_t n)
{
	static const char words[] = "connection lost: the host does not read";

	s->asked = true;
	if (n && s->t->ops->send(s->t, p, n) == 0)
		return;
	tell(s->client, HELD_GONE, s->host, words, sizeof(words) - 1);
	drop_session(s);
}

static int on_loan(struct client *c, struct session *s, const struct held_frame *f)
{
	switch (f->kind) {
	case HELD_SAY:
		say_to_host(s, f->p, f->n);
		return 0;
	case HELD_AGAIN:
		say_to_host(s, c->said.p, c->said.len);
		return 0;
	case HELD_REST:
		s->asked = false;
		return 0;
	case HELD_BACK:
		take_back(s, true);
		return 0;
	case HELD_DROP:
		drop_session(s);
		return 0;
	default:
		return -EBADMSG;
	}
}

static int on_frame(struct client *c, const struct held_frame *f)
{
	struct session *s = f->host < c->n_loans ? c->loans[f->host] : NULL;

	if (f->kind == HELD_HI)
		return on_hi(c, f);
	if (!c->greeted)
		return -EBADMSG;
	switch (f->kind) {
	case HELD_FIND:
		return on_find(c, f);
	case HELD_HAVE:
		on_have(c, f);
		return 0;
	case HELD_ASKED:
		tell(c, HELD_TOLD, 0, NULL, 0);
		return 0;
	case HELD_SAY:
		buf_reset(&c->said);
		if (buf_add(&c->said, f->p, f->n) < 0)
			return -ENOMEM;
		break;
	default:
		break;
	}
	/* Its loan may have ended meanwhile. */
	return s ? on_loan(c, s, f) : 0;
}

/* ---- Clients ---- */

static void watch(struct client *c)
{
	bool hold = waiting(c) > HOLDER_OUT_HIGH || c->leaving;
	uint32_t events = (hold ? 0u : EPOLLIN) | (waiting(c) ? EPOLLOUT : 0u);

	if (c->broken)
		return;
	if (!events)
		loop_unwatch(c->holder->o.loop, &c->io);
	else if (loop_watch(c->holder->o.loop, &c->io, events) < 0)
		c->broken = true;
}

static void flush(struct client *c)
{
	while (waiting(c) && !c->broken) {
		ssize_t n = send(c->io.fd, c->out.p + c->sent, waiting(c), MSG_NOSIGNAL);

		if (n >= 0)
			c->sent += (size_t)n;
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			c->broken = true;
	}
	/* So that each byte moves once at most on average. */
	if (c->sent >= waiting(c)) {
		buf_consume(&c->out, c->sent);
		c->sent = 0;
	}
	if (!c->out.len && c->out.cap > 2 * HOLDER_OUT_HIGH)
		buf_done(&c->out);
	while (c->paused && waiting(c) < HOLDER_OUT_LOW) {
		struct session *s = c->paused;

		forget_pause(s);
		s->t->ops->pause(s->t, false);
	}
}

/* Takes what is there, but nothing while the client does not read the answers. */
static int take_frames(struct client *c)
{
	struct held_frame f;
	long n = 1;
	int r = 0;

	while (r == 0 && !c->leaving && waiting(c) <= HOLDER_OUT_HIGH &&
		(n = held_take(buf_str(&c->in) + c->at, c->in.len - c->at, true, &f)) > 0) {
		c->at += (size_t)n;
		r = on_frame(c, &f);
	}
	buf_consume(&c->in, c->at);
	c->at = 0;
	return n < 0 ? (int)n : r;
}

static void ready(struct loop_io *io, uint32_t events)
{
	struct client *c = io->arg;
	size_t got = 0;
	int r = 1;

	if (events & EPOLLOUT)
		flush(c);
	while (r > 0 && got < ROUND_BYTES) {
		size_t before;

		r = take_frames(c);
		/* What was left is to be taken first. */
		if (r < 0 || waiting(c) > HOLDER_OUT_HIGH || c->leaving)
			break;
		before = c->in.len;
		r = held_read(c->io.fd, &c->in);
		got += c->in.len - before;
	}
	if (r < 0)
		c->broken = true;
}

static void free_client(struct client *c)
{
	for (size_t i = 0; i < c->n_loans; i++)
		if (c->loans[i])
			take_back(c->loans[i], true);
	loop_unwatch(c->holder->o.loop, &c->io);
	io_close(c->io.fd);
	c->holder->n_clients--;
	buf_done(&c->in);
	buf_done(&c->out);
	buf_done(&c->said);
	free(c->loans);
	free(c);
}

static struct client *client_new(struct holder *h, int fd)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->holder = h;
	c->io = (struct loop_io){.fd = fd, .fn = ready, .arg = c};
	buf_init(&c->in, IN_MAX);
	buf_init(&c->out, OUT_MAX);
	buf_init(&c->said, HELD_SAY_MAX);
	h->n_clients++;
	if (loop_watch(h->o.loop, &c->io, EPOLLIN) == 0)
		return c;
	free_client(c);
	return NULL;
}

static void take_client(struct loop_io *io, uint32_t events)
{
	struct holder *h = io->arg;
	int fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c;

	(void)events;
	if (fd < 0) {
		/* Until the next step: it would be told of again and again. */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			loop_unwatch(h->o.loop, io);
		return;
	}
	if (h->n_clients >= HOLDER_CLIENTS_MAX || held_check_peer(fd) < 0) {
		io_close(fd);
		return;
	}
	c = client_new(h, fd);
	if (!c)
		return;
	c->next = h->clients;
	h->clients = c;
}

/* After each round of the loop: what has come together is said, and who is done goes. */
static void look_after(struct holder *h)
{
	for (struct client **at = &h->clients, *c; (c = *at);) {
		if (waiting(c))
			flush(c);
		if (!c->broken && c->in.len && waiting(c) <= HOLDER_OUT_HIGH && take_frames(c) < 0)
			c->broken = true;
		if (c->leaving && !waiting(c))
			c->broken = true;
		watch(c);
		if (!c->broken) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		free_client(c);
	}
}

/* ---- Beginning and end ---- */

static char *ping_line(size_t *ret_size)
{
	struct buf b;
	char *p = NULL;

	buf_init(&b, PONG_MAX);
	if (wire_put_ping(&b, PING_ID) == 0) {
		*ret_size = b.len;
		p = buf_steal(&b);
	}
	buf_done(&b);
	return p;
}

struct holder *holder_new(const struct holder_options *options)
{
	struct holder *h = calloc(1, sizeof(*h));
	int64_t round = options->idle_ms / 4;

	if (!h)
		return NULL;
	h->o = *options;
	h->born_ms = clock_boot_ms();
	h->round_ms = round < ROUND_MIN_MS     ? ROUND_MIN_MS
		      : round > HOLDER_PING_MS ? HOLDER_PING_MS
					       : round;
	h->listener = (struct loop_io){.fd = options->listener, .fn = take_client, .arg = h};
	h->timer = (struct loop_timer){.fn = step, .arg = h};
	h->n_buckets = options->sessions * 2 + 1;
	h->buckets = calloc(h->n_buckets, sizeof(struct session *));
	h->ping = ping_line(&h->ping_size);
	if (h->buckets && h->ping && loop_watch(h->o.loop, &h->listener, EPOLLIN) == 0 &&
		loop_timer_in(h->o.loop, &h->timer, h->round_ms / STEPS) == 0)
		return h;
	holder_free(h);
	return NULL;
}

void holder_free(struct holder *h)
{
	if (!h)
		return;
	while (h->n)
		drop_session(h->sessions[h->n - 1]);
	for (struct client *c; (c = h->clients);) {
		h->clients = c->next;
		flush(c);
		free_client(c);
	}
	loop_timer_stop(h->o.loop, &h->timer);
	loop_unwatch(h->o.loop, &h->listener);
	free(h->sessions);
	free(h->buckets);
	free(h->ping);
	free(h);
}

int holder_add(struct holder *h, const struct holder_session *session)
{
	int64_t now = clock_boot_ms();
	struct session *s = calloc(1, sizeof(*s)), **at;
	int r = array_grow(
		&h->sessions, &h->cap, h->n + 1, sizeof(struct session *), HELD_HOSTS_MAX);

	if (r == 0 && s)
		s->found = span_dup((struct span){session->found, session->found_size});
	if (r < 0 || !s || !s->found) {
		free(s);
		return -ENOMEM;
	}
	s->holder = h;
	s->t = session->t;
	s->key = session->key;
	s->by_agent = session->by_agent;
	s->found_size = session->found_size;
	s->used_ms = s->heard_ms = now;
	lines_init(&s->in, WIRE_REPLY_MAX);
	s->t->up = &session_up;
	s->t->arg = s;
	s->t->in = &s->in;
	at = bucket(h, &s->key);
	s->next = *at;
	*at = s;
	s->at = h->n;
	h->sessions[h->n++] = s;
	return 0;
}

size_t holder_sessions(const struct holder *h)
{
	return h->n;
}

/*
 * While the answers of many come in, rounds are short: being woken for each few, here and in the
 * client, costs more than what is done with them.
 */
static void gather(struct holder *h, int64_t since_us)
{
	int64_t left_us = since_us + GATHER_US - clock_mono_us();

	if (h->n_heard >= GATHER_HOSTS && h->heard_bytes < GATHER_BYTES && left_us > 0)
		nanosleep(&(struct timespec){.tv_nsec = left_us * 1000}, NULL);
	h->n_heard = 0;
	h->heard = NULL;
	h->heard_bytes = 0;
}

void holder_run(struct holder *h)
{
	while (h->n && !h->stopped) {
		int64_t since_us = clock_mono_us();

		if (loop_once(h->o.loop, -1) < 0)
			break;
		look_after(h);
		gather(h, since_us);
	}
}

void holder_stop(struct holder *h)
{
	h->stopped = true;
	loop_wake(h->o.loop);
}
