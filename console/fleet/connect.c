/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/connect.h"

#include "common/io.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

struct attempt {
	struct loop_io io;
	struct connecting *of;
};

struct connecting {
	struct loop *loop;
	struct loop_timer next; /* when the next address's turn comes */
	connect_fn *fn;
	void *arg;
	size_t started, failed;
	size_t last; /* the address that failed last, and how */
	int last_error;
	struct addresses to;
	struct attempt attempts[RESOLVE_ADDRESSES_MAX];
};

static void stop(struct connecting *c)
{
	loop_timer_stop(c->loop, &c->next);
	for (size_t i = 0; i < c->started; i++) {
		loop_unwatch(c->loop, &c->attempts[i].io);
		c->attempts[i].io.fd = io_close(c->attempts[i].io.fd);
	}
}

void connect_cancel(struct connecting *c)
{
	if (!c)
		return;
	stop(c);
	free(c);
}

static void say_failed(const struct connecting *c, struct err *err)
{
	const union address *to = &c->to.a[c->last];
	char name[ADDRESS_TEXT_MAX], others[48] = "";
	unsigned port = ntohs(to->any.sa_family == AF_INET6 ? to->in6.sin6_port : to->in.sin_port);

	address_text(to, name);
	if (c->to.n > 1)
		snprintf(others, sizeof(others), " (the last of %zu addresses)", c->to.n);
	if (c->last_error == ECONNREFUSED)
		err_set(err, ECONNREFUSED, "connection refused by %s port %u%s", name, port,
			others);
	else
		err_sys(err, c->last_error, "cannot connect to %s port %u%s", name, port, others);
}

/* Ends it: the socket is the receiver's, everything else is gone before it hears of it. */
static void finish(struct connecting *c, struct attempt *won)
{
	connect_fn *fn = c->fn;
	void *arg = c->arg;
	struct err err = {0};
	union address to = {0};
	int fd = -1;

	if (won) {
		to = c->to.a[won - c->attempts];
		fd = won->io.fd;
		loop_unwatch(c->loop, &won->io);
		won->io.fd = -1;
	} else {
		say_failed(c, &err);
	}
	connect_cancel(c);
	fn(arg, fd, &to, &err);
}

static void start_next(struct connecting *c);

static void attempt_failed(struct connecting *c, struct attempt *a, int error)
{
	loop_unwatch(c->loop, &a->io);
	a->io.fd = io_close(a->io.fd);
	c->last = (size_t)(a - c->attempts);
	c->last_error = error;
	c->failed++;
}

static void ready(struct loop_io *io, uint32_t events)
{
	struct attempt *a = io->arg;
	struct connecting *c = a->of;
	socklen_t n = sizeof(int);
	int error = 0;

	(void)events;
	if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		error = errno;
	if (error == 0) {
		finish(c, a);
		return;
	}
	attempt_failed(c, a, error);
	start_next(c);
}

/* So that a host that was unplugged shows, and the next question finds a new connection. */
static void set_options(int fd)
{
	const int on = 1, idle = CONNECT_IDLE_S, dead = CONNECT_DEAD_MS;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead, sizeof(dead));
}

/* 0: under way or connected (the loop will tell), else the errno. */
static int begin(struct connecting *c, struct attempt *a, const union address *to)
{
	const union address *from = &c->to.from;

	a->of = c;
	a->io = (struct loop_io){.fn = ready, .arg = a};
	a->io.fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->io.fd < 0)
		return errno;
	set_options(a->io.fd);
	if (from->any.sa_family && bind(a->io.fd, &from->any, address_size(from)) < 0)
		return errno;
	if (connect(a->io.fd, &to->any, address_size(to)) < 0 && errno != EINPROGRESS)
		return errno;
	return -loop_watch(c->loop, &a->io, EPOLLOUT);
}

/* Starts attempts until one is under way; without any left or pending, it has failed. */
static void start_next(struct connecting *c)
{
	while (c->started < c->to.n) {
		struct attempt *a = &c->attempts[c->started];
		int error = begin(c, a, &c->to.a[c->started++]);

		if (error == 0) {
			if (c->started < c->to.n)
				(void)loop_timer_in(c->loop, &c->next, CONNECT_STAGGER_MS);
			return;
		}
		attempt_failed(c, a, error);
	}
	if (c->failed == c->to.n)
		finish(c, NULL);
}

static void next_turn(struct loop_timer *timer)
{
	start_next(timer->arg);
}

struct connecting *connect_start(
	struct loop *loop, const struct addresses *addresses, connect_fn *fn, void *arg)
{
	struct connecting *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->loop = loop;
	c->fn = fn;
	c->arg = arg;
	c->to = *addresses;
	/* From the loop, so that a failure at once does not reach a caller who is not ready for it.
	 */
	c->next = (struct loop_timer){.fn = next_turn, .arg = c};
	if (loop_timer_in(loop, &c->next, 0) < 0) {
		free(c);
		return NULL;
	}
	return c;
}
