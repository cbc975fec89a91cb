/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/privlink.h"

#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct call {
	uint64_t number; /* 0: the place is free */
	bool answered;
	struct privlink_answer answer;
};

struct privlink {
	int fd;
	atomic_uint_fast64_t number;
	struct buf in;
	bool quarantine_said;
	struct wire_quarantine quarantine; /* its texts are the next two */
	char quarantine_id[PRIV_NAME_MAX + 1], quarantine_by[PRIV_USER_MAX + 1];
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	bool gone;
	struct call calls[PRIVLINK_CALLS_MAX];
};

struct privlink *privlink_new(int fd)
{
	struct privlink *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->fd = fd;
	buf_init(&l->in, PRIV_FRAME_MAX);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, NULL);
	return l;
}

static void call_done(struct call *c)
{
	if (c->answered) {
		io_close(c->answer.fd);
		buf_done(&c->answer.frame);
	}
	*c = (struct call){.number = 0};
}

void privlink_free(struct privlink *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < PRIVLINK_CALLS_MAX; i++)
		call_done(&l->calls[i]);
	io_close(l->fd);
	buf_done(&l->in);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

int privlink_fd(const struct privlink *l)
{
	return l->fd;
}

uint64_t privlink_number(struct privlink *l)
{
	return atomic_fetch_add(&l->number, 1) + 1;
}

int privlink_tell(struct privlink *l, const struct buf *frame)
{
	return priv_send(l->fd, frame, NULL, 0, true);
}

/* ---- Answers, in the session's thread ---- */

/* The daemon waits to be told what became of a file. */
static void decline(struct privlink *l, uint64_t number)
{
	const struct priv_got got = {
		.status = WIRE_FAILED, .sha256 = "", .detail = strerror(ECANCELED)};
	struct buf frame;

	buf_init(&frame, PRIV_FRAME_MAX);
	if (priv_put_got(&frame, number, &got) == 0)
		(void)privlink_tell(l, &frame);
	buf_done(&frame);
}

/* With the lock held. An answer that nobody waits for any more is dropped. */
static void hand_over(struct privlink *l, enum priv_type type, uint64_t number, int fd)
{
	for (size_t i = 0; i < PRIVLINK_CALLS_MAX; i++) {
		struct call *c = &l->calls[i];

		if (c->number != number || c->answered)
			continue;
		c->answered = true;
		c->answer = (struct privlink_answer){.frame = l->in, .fd = fd};
		buf_init(&l->in, PRIV_FRAME_MAX);
		pthread_cond_broadcast(&l->changed);
		return;
	}
	io_close(fd);
	if (type == PRIV_FILE)
		decline(l, number);
}

static void take_quarantine(struct privlink *l)
{
	struct priv_quarantine q;

	if (priv_read_quarantine(l->in.p, l->in.len, &q) < 0 ||
		str_copy(l->quarantine_id, sizeof(l->quarantine_id), q.now.id) < 0 ||
		str_copy(l->quarantine_by, sizeof(l->quarantine_by), q.now.by) < 0)
		return;
	l->quarantine = q.now;
	l->quarantine.id = l->quarantine_id;
	l->quarantine.by = l->quarantine_by;
	l->quarantine_said = true;
}

bool privlink_quarantine(const struct privlink *l, struct wire_quarantine *ret)
{
	if (l->quarantine_said)
		*ret = l->quarantine;
	return l->quarantine_said;
}

int privlink_read(struct privlink *l)
{
	enum priv_type type;
	uint64_t number = 0;
	int fd, r;

	while ((r = priv_receive(l->fd, &l->in, &fd, 1, false)) > 0) {
		pthread_mutex_lock(&l->lock);
		if (priv_peek(l->in.p, l->in.len, &type, &number) && number)
			hand_over(l, type, number, fd);
		else
			io_close(fd);
		if (!number)
			take_quarantine(l);
		pthread_mutex_unlock(&l->lock);
	}
	if (r == -EAGAIN)
		return 0;
	pthread_mutex_lock(&l->lock);
	l->gone = true;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
	return r == 0 ? -EPIPE : r;
}

void privlink_kick(struct privlink *l)
{
	pthread_mutex_lock(&l->lock);
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

/* ---- Calls, in any thread ---- */

/* With the lock held, as is all below. */
static struct call *free_call(struct privlink *l)
{
	for (size_t i = 0; i < PRIVLINK_CALLS_MAX; i++)
		if (!l->calls[i].number)
			return &l->calls[i];
	return NULL;
}

static int wait_for(
	struct privlink *l, const struct call *c, const atomic_bool *cancelled, int64_t until_ms)
{
	int r = 0;

	while (!r && !c->answered) {
		if (l->gone)
			r = -EPIPE;
		else if (cancelled && atomic_load(cancelled))
			r = -ECANCELED;
		else
			r = clock_wait(&l->changed, &l->lock, until_ms);
	}
	/* It may have come at the last moment. */
	return c->answered ? 0 : r;
}

int privlink_call(struct privlink *l, uint64_t number, const struct buf *frame,
	const atomic_bool *cancelled, int64_t until_ms, struct privlink_answer *ret)
{
	struct call *c;
	int r;

	pthread_mutex_lock(&l->lock);
	c = l->gone ? NULL : free_call(l);
	r = c ? 0 : l->gone ? -EPIPE : -EBUSY;
	if (c)
		c->number = number;
	pthread_mutex_unlock(&l->lock);
	if (r < 0)
		return r;
	/* The answer may come before this returns. */
	r = priv_send(l->fd, frame, NULL, 0, true);
	pthread_mutex_lock(&l->lock);
	if (!r)
		r = wait_for(l, c, cancelled, until_ms);
	if (!r) {
		*ret = c->answer;
		c->answered = false;
	}
	call_done(c);
	pthread_mutex_unlock(&l->lock);
	return r;
}
