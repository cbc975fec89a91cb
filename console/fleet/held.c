/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/held.h"

#include "common/clock.h"
#include "common/io.h"
#include "common/wire.h"
#include "console/fleet/held_key.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* More is read in one go only by the loop's next round. */
#define ROUND_BYTES (256u << 10)
/* Said at once when as much has come together, else at the end of the loop's round. */
#define SAY_BYTES (64u << 10)
/* A text that is as long is not copied again for the next host. */
#define AGAIN_BYTES 32
/* Read and not taken yet. */
#define IN_MAX (HELD_HEAD + HELD_FOUND_MAX + ROUND_BYTES + HELD_READ_BYTES)

_Static_assert(HELD_SAY_MAX > WIRE_REQUEST_MAX, "a request and its newline");

/* A session lent. */
struct held {
	struct transport t;
	struct held_link *link;
	uint32_t host;
	bool resting, paused, over;
	bool lost;	   /* before the link was the loop's: to be told later */
	bool busy, doomed; /* closed while in a callback: freed at its end */
};

struct held_link {
	struct loop *loop; /* NULL until held_link_watch */
	struct loop_io io;
	struct loop_timer timer; /* says, and reads on, at the end of a round */
	struct held_hi hi;
	bool greeted, told, broken;
	bool early; /* some of what follows came before the link was the loop's */
	struct buf in, out;
	size_t at; /* of `in`, taken already */
	struct buf said;
	struct held **loans; /* by host */
	size_t n_loans, cap_loans, lent;
	unsigned paused;

	held_found_fn *found;
	held_has_fn *has;
	void *arg;
};

/* ---- Out ---- */

/* What cannot be said shows when nothing is heard any more. */
static void flush(struct held_link *l)
{
	size_t done = 0;

	while (done < l->out.len) {
		ssize_t n = send(l->io.fd, l->out.p + done, l->out.len - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			done = l->out.len;
		if (n < 0)
			break;
		done += (size_t)n;
	}
	buf_consume(&l->out, done);
	if (!l->out.len)
		buf_done(&l->out);
}

static void watch(struct held_link *l)
{
	uint32_t events = (l->paused ? 0u : EPOLLIN) | (l->out.len ? EPOLLOUT : 0u);

	if (!l->loop || l->broken)
		return;
	if (!events)
		loop_unwatch(l->loop, &l->io);
	else
		(void)loop_watch(l->loop, &l->io, events);
}

static int say(struct held_link *l, enum held_kind kind, uint32_t host, const void *p, size_t n)
{
	int r = l->broken ? -EPIPE : held_put(&l->out, kind, host, p, n);

	if (r == 0 && l->out.len >= SAY_BYTES)
		flush(l);
	if (r == 0 && l->loop && !l->timer.slot)
		r = loop_timer_in(l->loop, &l->timer, 0);
	return r;
}

/* ---- Loans ---- */

static struct held *loan(const struct held_link *l, uint32_t host)
{
	return host < l->n_loans ? l->loans[host] : NULL;
}

static void free_held(struct held *h)
{
	struct held_link *l = h->link;

	l->loans[h->host] = NULL;
	l->lent--;
	free(h);
}

static void leave(struct held *h)
{
	h->busy = false;
	if (h->doomed)
		free_held(h);
}

static void gone(struct held *h, const char *words, size_t n)
{
	struct err err;

	if (h->over)
		return;
	h->over = true;
	err_set(&err, EIO, "%.*s", (int)n, words);
	h->busy = true;
	h->t.up->closed(h->t.arg, HOST_FAILED, &err);
	leave(h);
}

static const char lost_words[] = "connection lost";
static const char alone_words[] = "connection lost: its holder on this machine ended";

/* The holder is gone or talks nonsense: nothing it lent is any good. */
static void break_link(struct held_link *l)
{
	l->broken = true;
	if (!l->loop)
		return;
	loop_unwatch(l->loop, &l->io);
	loop_timer_stop(l->loop, &l->timer);
	for (size_t i = 0; i < l->n_loans; i++)
		if (l->loans[i])
			gone(l->loans[i], alone_words, sizeof(alone_words) - 1);
}

/* ---- In ---- */

static void hand_over(struct held *h)
{
	h->resting = false;
	h->busy = true;
	h->t.up->input(h->t.arg);
	/* Memory that the next host's lines find warm. */
	if (!lines_pending(h->t.in))
		lines_done(h->t.in);
	leave(h);
}

static void heard(struct held *h, const struct held_frame *f)
{
	char *room;

	/* Too long a line: lines_next says so to the peer. */
	if (h->over || lines_room(h->t.in, f->n, &room) < 0)
		return;
	memcpy(room, f->p, f->n);
	lines_added(h->t.in, f->n);
	if (h->link->loop)
		hand_over(h);
	else
		h->link->early = true;
}

static void lose(struct held *h, const struct held_frame *f)
{
	if (h->link->loop) {
		gone(h, f->p, f->n);
		return;
	}
	h->link->early = h->lost = true;
}

/* What came of loans before anybody listened. */
static void tell_early(struct held_link *l)
{
	l->early = false;
	for (size_t i = 0; i < l->n_loans; i++) {
		if (l->loans[i] && lines_pending(l->loans[i]->t.in))
			hand_over(l->loans[i]);
		if (l->loans[i] && l->loans[i]->lost)
			gone(l->loans[i], lost_words, sizeof(lost_words) - 1);
	}
}

/* Before the link is the loop's. */
static int take_found(struct held_link *l, const struct held_frame *f)
{
	struct held_found found;

	if (!l->found || f->host >= l->n_loans || held_found_read(f, &found) < 0)
		return -EBADMSG;
	l->found(l->arg, l, f->host, &found);
	return loan(l, f->host) ? 0 : say(l, HELD_DROP, f->host, NULL, 0);
}

static int take_hi(struct held_link *l, const struct held_frame *f)
{
	struct held_hi hi;

	memcpy(&hi, f->p, sizeof(hi));
	if (l->greeted || !held_hi_same(&hi, &l->hi))
		return -EBADMSG;
	l->greeted = true;
	return 0;
}

static int take_frame(struct held_link *l, const struct held_frame *f)
{
	struct held *h = loan(l, f->host);

	if (f->kind == HELD_HI)
		return take_hi(l, f);
	if (!l->greeted)
		return -EBADMSG;
	switch (f->kind) {
	case HELD_FOUND:
		return take_found(l, f);
	case HELD_HAS:
		if (!l->has || f->host >= l->n_loans)
			return -EBADMSG;
		l->has(l->arg, f->host);
		return 0;
	case HELD_TOLD:
		l->told = true;
		return 0;
	case HELD_HEARD:
		if (h)
			heard(h, f);
		return 0;
	default: /* HELD_GONE */
		if (h)
			lose(h, f);
		return 0;
	}
}

/* Takes the frames that are there, but none while a peer cannot take more. */
static int take_frames(struct held_link *l)
{
	struct held_frame f;
	long n = 1;

	while (!l->paused &&
		(n = held_take(buf_str(&l->in) + l->at, l->in.len - l->at, false, &f)) > 0) {
		l->at += (size_t)n;
		if (take_frame(l, &f) < 0)
			return -EBADMSG;
	}
	if (n < 0)
		return -EBADMSG;
	buf_consume(&l->in, l->at);
	l->at = 0;
	return 0;
}

static void read_in(struct held_link *l)
{
	size_t got = 0;
	int r = 1;

	while (r > 0 && !l->paused && got < ROUND_BYTES) {
		size_t before = l->in.len;

		r = held_read(l->io.fd, &l->in);
		got += l->in.len - before;
		if (r > 0 && take_frames(l) < 0)
			r = -EBADMSG;
	}
	if (r < 0)
		break_link(l);
}

static void ready(struct loop_io *io, uint32_t events)
{
	struct held_link *l = io->arg;

	if (events & EPOLLOUT)
		flush(l);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !l->paused)
		read_in(l);
	watch(l);
}

/* The end of a round: says what has come together, and reads what a pause left. */
static void tick(struct loop_timer *timer)
{
	struct held_link *l = timer->arg;

	flush(l);
	if (l->early)
		tell_early(l);
	if (l->in.len && !l->paused && take_frames(l) < 0)
		break_link(l);
	watch(l);
}

/* ---- Looking for sessions ---- */

struct held_link *held_link_new(int dir, const struct held_name *name, const struct held_hi *hi)
{
	struct held_link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->io = (struct loop_io){.fd = held_dir_connect(dir, name), .fn = ready, .arg = l};
	l->timer = (struct loop_timer){.fn = tick, .arg = l};
	l->hi = *hi;
	buf_init(&l->in, IN_MAX);
	buf_init(&l->out, HELD_OUT_MAX);
	buf_init(&l->said, HELD_SAY_MAX);
	if (l->io.fd >= 0 && say(l, HELD_HI, 0, hi, sizeof(*hi)) == 0)
		return l;
	held_link_free(l);
	return NULL;
}

/* One turn of talking: *patience_ms pays for the wait, also for a drop at a time. */
static int turn(struct held_link *l, int *patience_ms)
{
	struct pollfd p = {.fd = l->io.fd};
	int64_t since = clock_mono_ms();
	int r;

	flush(l);
	p.events = (short)(POLLIN | (l->out.len ? POLLOUT : 0));
	r = poll(&p, 1, *patience_ms);
	/* Signals cost a little more: somebody is in a hurry, perhaps. */
	*patience_ms -= r == 0 ? *patience_ms : (int)(clock_mono_ms() - since) + (r < 0);
	if (*patience_ms <= 0)
		return -ETIMEDOUT;
	r = r > 0 && p.revents & ~POLLOUT ? held_read(l->io.fd, &l->in) : 0;
	return r > 0 ? take_frames(l) : r;
}

static int put_wishes(
	struct held_link *l, enum held_kind kind, const struct held_wish *wishes, size_t n)
{
	size_t most = l->n_loans;
	int r;

	for (size_t i = 0; i < n; i++)
		if (wishes[i].host >= most)
			most = wishes[i].host + 1;
	r = array_grow(&l->loans, &l->cap_loans, most, sizeof(struct held *), HELD_HOSTS_MAX);
	if (r < 0)
		return r;
	for (; l->n_loans < most; l->n_loans++)
		l->loans[l->n_loans] = NULL;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = say(l, kind, wishes[i].host, wishes[i].key, sizeof(*wishes[i].key));
	return r == 0 ? say(l, HELD_ASKED, 0, NULL, 0) : r;
}

static int talk(struct held_link *l, enum held_kind kind, const struct held_wish *wishes, size_t n,
	int *patience_ms)
{
	int r = put_wishes(l, kind, wishes, n);

	l->told = false;
	while (r == 0 && !l->told)
		r = turn(l, patience_ms);
	l->found = NULL;
	l->has = NULL;
	if (r < 0)
		l->broken = true;
	return r;
}

int held_find(struct held_link *l, const struct held_wish *wishes, size_t n, held_found_fn *fn,
	void *arg, int *patience_ms)
{
	l->found = fn;
	l->arg = arg;
	return talk(l, HELD_FIND, wishes, n, patience_ms);
}

int held_have(struct held_link *l, const struct held_wish *wishes, size_t n, held_has_fn *fn,
	void *arg, int *patience_ms)
{
	l->has = fn;
	l->arg = arg;
	return talk(l, HELD_HAVE, wishes, n, patience_ms);
}

size_t held_lent(const struct held_link *l)
{
	return l->lent;
}

int held_link_watch(struct held_link *l, struct loop *loop)
{
	int r;

	l->loop = loop;
	/* Also what was left unsaid, and what came meanwhile, or that it broke. */
	r = loop_timer_in(loop, &l->timer, 0);
	return r < 0 ? r : loop_watch(loop, &l->io, EPOLLIN);
}

void held_link_free(struct held_link *l)
{
	int64_t until = clock_mono_ms() + HELD_FLUSH_MS;
	struct pollfd p;

	if (!l)
		return;
	if (l->loop) {
		loop_timer_stop(l->loop, &l->timer);
		loop_unwatch(l->loop, &l->io);
	}
	for (flush(l); l->out.len && !l->broken; flush(l)) {
		int64_t left = until - clock_mono_ms();

		p = (struct pollfd){.fd = l->io.fd, .events = POLLOUT};
		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			break;
	}
	io_close(l->io.fd);
	buf_done(&l->in);
	buf_done(&l->out);
	buf_done(&l->said);
	free(l->loans);
	free(l);
}

/* ---- The transport ---- */

static int send_bytes(struct transport *t, const void *p, size_t n)
{
	struct held *h = (struct held *)t;
	struct held_link *l = h->link;
	int r;

	h->resting = false;
	if (n == l->said.len && n >= AGAIN_BYTES && memcmp(l->said.p, p, n) == 0)
		return say(l, HELD_AGAIN, h->host, NULL, 0);
	r = say(l, HELD_SAY, h->host, p, n);
	buf_reset(&l->said);
	if (r == 0)
		(void)buf_add(&l->said, p, n);
	return r;
}

static void pause_reading(struct transport *t, bool on)
{
	struct held *h = (struct held *)t;
	struct held_link *l = h->link;

	if (h->paused == on)
		return;
	h->paused = on;
	l->paused += on ? 1 : -1u;
	if (!l->paused && l->in.len && !l->broken)
		(void)loop_timer_in(l->loop, &l->timer, 0);
	watch(l);
}

static enum host_state overdue(struct transport *t, struct err *err)
{
	(void)t;
	err_set(err, ETIMEDOUT, "the connection's holder did not answer");
	return HOST_TIMED_OUT;
}

static void rest(struct transport *t)
{
	struct held *h = (struct held *)t;

	if (!h->over && !h->resting && say(h->link, HELD_REST, h->host, NULL, 0) == 0)
		h->resting = true;
}

static void close_held(struct transport *t)
{
	struct held *h = (struct held *)t;

	if (h->paused)
		pause_reading(t, false);
	/* When it cannot be said, the end of the link says that it did not rest. */
	if (!h->over)
		(void)say(h->link, h->resting ? HELD_BACK : HELD_DROP, h->host, NULL, 0);
	h->over = true;
	if (h->busy)
		h->doomed = true;
	else
		free_held(h);
}

static const struct transport_ops held_ops = {
	.send = send_bytes,
	.pause = pause_reading,
	.overdue = overdue,
	.close = close_held,
	.rest = rest,
};

struct transport *held_open(struct held_link *l, uint32_t host, struct lines *in,
	const struct transport_up *up, void *arg)
{
	struct held *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	*h = (struct held){.t = {.ops = &held_ops, .up = up, .arg = arg, .in = in},
		.link = l,
		.host = host,
		.resting = true};
	l->loans[host] = h;
	l->lent++;
	return &h->t;
}
