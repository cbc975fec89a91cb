/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/outq.h"

#include "common/buf.h"
#include "common/clock.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

/* Far above what `max` and the short replies can come to; a buffer wants a maximum. */
#define OUTQ_BYTES_MAX (64u << 20)
/* Bytes written in one call: a reader that keeps up must not keep the caller from other work. */
#define OUTQ_ROUND (1u << 20)

struct outq {
	pthread_mutex_t lock;
	pthread_cond_t room;
	size_t max;
	bool closed;
	struct buf in;	/* under the lock: what was put */
	struct buf out; /* the writer's: what is being written; swapped with `in` under the lock */
	size_t sent;	/* bytes of `out` written */
	size_t left;	/* under the lock: bytes of `out` not written, as last told */
	void (*wake)(void *arg);
	void *arg;
};

struct outq *outq_new(size_t max, void (*wake)(void *arg), void *arg)
{
	struct outq *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->room, NULL);
	buf_init(&q->in, OUTQ_BYTES_MAX);
	buf_init(&q->out, OUTQ_BYTES_MAX);
	q->max = max;
	q->wake = wake;
	q->arg = arg;
	return q;
}

void outq_free(struct outq *q)
{
	if (!q)
		return;
	buf_done(&q->in);
	buf_done(&q->out);
	pthread_cond_destroy(&q->room);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

static bool is_full(const struct outq *q)
{
	return q->in.len + q->left >= q->max;
}

/* With the lock held. */
static int wait_for_room(struct outq *q, int64_t until_ms, const atomic_bool *cancelled)
{
	int r = 0;

	while (!r && is_full(q) && !q->closed)
		r = atomic_load(cancelled) ? -ECANCELED : clock_wait(&q->room, &q->lock, until_ms);
	return r;
}

/* With the lock held. */
static int append(struct outq *q, const void *p, size_t n, bool *ret_wake)
{
	int r;

	if (q->closed)
		return -EPIPE;
	*ret_wake = q->in.len + q->left == 0;
	r = buf_add(&q->in, p, n);
	return r == -EMSGSIZE ? -ENOMEM : r;
}

int outq_put(
	struct outq *q, const void *p, size_t n, int64_t until_ms, const atomic_bool *cancelled)
{
	bool wake = false;
	int r;

	pthread_mutex_lock(&q->lock);
	r = wait_for_room(q, until_ms, cancelled);
	if (!r)
		r = append(q, p, n, &wake);
	pthread_mutex_unlock(&q->lock);
	if (!r && wake)
		q->wake(q->arg);
	return r;
}

int outq_put_now(struct outq *q, const void *p, size_t n)
{
	bool wake = false;
	int r;

	pthread_mutex_lock(&q->lock);
	r = append(q, p, n, &wake);
	pthread_mutex_unlock(&q->lock);
	if (!r && wake)
		q->wake(q->arg);
	return r;
}

void outq_kick(struct outq *q)
{
	pthread_mutex_lock(&q->lock);
	pthread_cond_broadcast(&q->room);
	pthread_mutex_unlock(&q->lock);
}

void outq_close(struct outq *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	buf_reset(&q->in);
	buf_reset(&q->out);
	q->sent = q->left = 0;
	pthread_cond_broadcast(&q->room);
	pthread_mutex_unlock(&q->lock);
}

bool outq_is_full(struct outq *q)
{
	bool full;

	pthread_mutex_lock(&q->lock);
	full = is_full(q);
	pthread_mutex_unlock(&q->lock);
	return full;
}

bool outq_is_empty(struct outq *q)
{
	bool empty;

	pthread_mutex_lock(&q->lock);
	empty = q->in.len + q->left == 0;
	pthread_mutex_unlock(&q->lock);
	return empty;
}

/* Tells the others how much of `out` is left, and takes what they put once it is all written. */
static bool next_to_write(struct outq *q)
{
	struct buf t;

	pthread_mutex_lock(&q->lock);
	if (q->sent == q->out.len) {
		buf_reset(&q->out);
		q->sent = 0;
		t = q->in;
		q->in = q->out;
		q->out = t;
	}
	q->left = q->out.len - q->sent;
	if (!is_full(q))
		pthread_cond_broadcast(&q->room);
	pthread_mutex_unlock(&q->lock);
	return q->left > 0;
}

int outq_write(struct outq *q, int fd)
{
	size_t written = 0;

	while (next_to_write(q)) {
		ssize_t n;

		if (written >= OUTQ_ROUND)
			return 1;
		n = write(fd, q->out.p + q->sent, q->out.len - q->sent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 1 : -errno;
		q->sent += (size_t)n;
		written += (size_t)n;
	}
	return 0;
}
