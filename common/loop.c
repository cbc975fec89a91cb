/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/loop.h"

#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Events fetched in one round. */
#define ROUND_MAX 64
/* Timers of one loop: two a host, with room. */
#define TIMERS_MAX (1u << 24)

struct loop {
	int epoll_fd;
	struct loop_io wake, signals;
	void (*on_wake)(void *arg);
	void *wake_arg;
	void (*on_signal)(int signo, void *arg);
	void *signal_arg;
	atomic_bool stopped;

	struct epoll_event round[ROUND_MAX]; /* data.ptr NULL: unwatched since it was fetched */
	int n_round, at_round;

	/* A binary heap, earliest first; heap[0] is unused so that slot 0 means "not running". */
	struct loop_timer **heap;
	size_t n_timers, heap_cap;
};

static void drain_wake(struct loop_io *io, uint32_t events)
{
	struct loop *loop = io->arg;
	uint64_t n;

	(void)events;
	if (read(io->fd, &n, sizeof(n)) == (ssize_t)sizeof(n) && loop->on_wake)
		loop->on_wake(loop->wake_arg);
}

struct loop *loop_new(struct err *err)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int r;

	if (!loop) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->wake = (struct loop_io){.fd = -1, .fn = drain_wake, .arg = loop};
	loop->signals.fd = -1;
	if (loop->epoll_fd < 0)
		goto fail;
	loop->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wake.fd < 0)
		goto fail;
	r = loop_watch(loop, &loop->wake, EPOLLIN);
	if (r < 0) {
		errno = -r;
		goto fail;
	}
	return loop;
fail:
	err_sys(err, errno, "cannot make an event loop");
	loop_free(loop);
	return NULL;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	io_close(loop->wake.fd);
	io_close(loop->signals.fd);
	io_close(loop->epoll_fd);
	free(loop->heap);
	free(loop);
}

void loop_forget(struct loop *loop)
{
	/* Not the wake descriptor: another thread may write to it at any time. */
	loop->epoll_fd = io_close(loop->epoll_fd);
}

int loop_watch(struct loop *loop, struct loop_io *io, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = io};

	if (io->added && io->events == events)
		return 0;
	if (epoll_ctl(loop->epoll_fd, io->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, io->fd, &ev) < 0)
		return -errno;
	io->events = events;
	io->added = true;
	return 0;
}

void loop_unwatch(struct loop *loop, struct loop_io *io)
{
	if (!io->added)
		return;
	/* The descriptor may be closed already, which unwatched it. */
	(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, io->fd, NULL);
	io->added = false;
	io->events = 0;
	for (int i = loop->at_round; i < loop->n_round; i++)
		if (loop->round[i].data.ptr == io)
			loop->round[i].data.ptr = NULL;
}

/* ---- Timers ---- */

static void heap_put(struct loop *loop, size_t slot, struct loop_timer *t)
{
	loop->heap[slot] = t;
	t->slot = (uint32_t)slot;
}

/* Moves the timer at `slot` to where it belongs. */
static void heap_settle(struct loop *loop, size_t slot)
{
	struct loop_timer *t = loop->heap[slot];

	while (slot > 1 && t->at_ms < loop->heap[slot / 2]->at_ms) {
		heap_put(loop, slot, loop->heap[slot / 2]);
		slot /= 2;
	}
	for (size_t child; (child = slot * 2) <= loop->n_timers; slot = child) {
		if (child < loop->n_timers &&
			loop->heap[child + 1]->at_ms < loop->heap[child]->at_ms)
			child++;
		if (t->at_ms <= loop->heap[child]->at_ms)
			break;
		heap_put(loop, slot, loop->heap[child]);
	}
	heap_put(loop, slot, t);
}

int loop_timer_at(struct loop *loop, struct loop_timer *timer, int64_t at_ms)
{
	if (!timer->slot) {
		int r = array_grow(&loop->heap, &loop->heap_cap, loop->n_timers + 2,
			sizeof(struct loop_timer *), TIMERS_MAX);

		if (r < 0)
			return r;
		heap_put(loop, ++loop->n_timers, timer);
	}
	timer->at_ms = at_ms;
	heap_settle(loop, timer->slot);
	return 0;
}

int loop_timer_in(struct loop *loop, struct loop_timer *timer, int64_t in_ms)
{
	return loop_timer_at(loop, timer, clock_mono_ms() + in_ms);
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
	size_t slot = timer->slot;
	struct loop_timer *last;

	if (!slot)
		return;
	timer->slot = 0;
	last = loop->heap[loop->n_timers--];
	if (last == timer)
		return;
	heap_put(loop, slot, last);
	heap_settle(loop, slot);
}

/* No more of them than there were: one that sets itself anew does not hold the loop. */
static void fire_timers(struct loop *loop)
{
	int64_t now = clock_mono_ms();
	size_t most = loop->n_timers;

	while (most-- && loop->n_timers && loop->heap[1]->at_ms <= now) {
		struct loop_timer *t = loop->heap[1];

		loop_timer_stop(loop, t);
		t->fn(t);
	}
}

static int wait_ms(const struct loop *loop, int max_wait_ms)
{
	int64_t left;

	if (!loop->n_timers)
		return max_wait_ms;
	left = loop->heap[1]->at_ms - clock_mono_ms();
	if (left < 0)
		left = 0;
	if (max_wait_ms >= 0 && left > max_wait_ms)
		return max_wait_ms;
	return left > 1 << 30 ? 1 << 30 : (int)left;
}

/* ---- Signals, wakes ---- */

static void read_signals(struct loop_io *io, uint32_t events)
{
	struct loop *loop = io->arg;
	struct signalfd_siginfo info;

	(void)events;
	while (read(io->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		loop->on_signal((int)info.ssi_signo, loop->signal_arg);
}

int loop_signals(struct loop *loop, const sigset_t *set, void (*fn)(int signo, void *arg),
	void *arg, struct err *err)
{
	int fd, r = pthread_sigmask(SIG_BLOCK, set, NULL);

	if (r)
		return err_sys(err, r, "cannot block signals");
	fd = signalfd(loop->signals.fd, set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return err_sys(err, errno, "cannot watch for signals");
	loop->on_signal = fn;
	loop->signal_arg = arg;
	loop->signals.fd = fd;
	loop->signals.fn = read_signals;
	loop->signals.arg = loop;
	r = loop_watch(loop, &loop->signals, EPOLLIN);
	return r < 0 ? err_sys(err, -r, "cannot watch for signals") : 0;
}

void loop_on_wake(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	loop->on_wake = fn;
	loop->wake_arg = arg;
}

void loop_wake(struct loop *loop)
{
	const uint64_t one = 1;
	int saved = errno;

	/* EAGAIN means that it is awake anyway. */
	if (write(loop->wake.fd, &one, sizeof(one)) < 0)
		errno = saved;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
	loop_wake(loop);
}

/* ---- Running ---- */

int loop_once(struct loop *loop, int max_wait_ms)
{
	loop->n_round = loop->at_round = 0;
	do
		loop->n_round = epoll_wait(
			loop->epoll_fd, loop->round, ROUND_MAX, wait_ms(loop, max_wait_ms));
	while (loop->n_round < 0 && errno == EINTR);
	if (loop->n_round < 0) {
		loop->n_round = 0;
		return -errno;
	}
	while (loop->at_round < loop->n_round) {
		struct epoll_event *ev = &loop->round[loop->at_round++];
		struct loop_io *io = ev->data.ptr;

		if (io)
			io->fn(io, ev->events);
	}
	fire_timers(loop);
	return 0;
}

int loop_run(struct loop *loop)
{
	int r = 0;

	while (r == 0 && !loop->stopped)
		r = loop_once(loop, -1);
	loop->stopped = false;
	return r;
}
