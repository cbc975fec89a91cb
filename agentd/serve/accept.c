/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/serve/accept.h"

#include "agentd/serve/conn.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/log.h"
#include "common/loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* When there are no descriptors or processes to be had, accepting pauses for this long. */
#define ACCEPT_PAUSE_MS 200
/* A dead client is noticed after KEEP_IDLE_S + KEEP_PROBES * KEEP_EVERY_S seconds. */
#define KEEP_IDLE_S  60
#define KEEP_EVERY_S 20
#define KEEP_PROBES  3

struct child {
	struct server *server;
	pid_t pid;
	struct loop_io io; /* stream socket: enum serve_word */
	char peer[LISTEN_TEXT_MAX];
	bool logged_in;
	unsigned sessions;
};

struct server {
	const struct serve_options *o;
	ssh_bind bind;
	struct loop *loop;
	struct listeners *listeners;
	struct loop_io listening[LISTEN_MAX];
	struct loop_timer resume;
	struct child *children[SERVE_CONNECTIONS_MAX];
	size_t n_children;
	bool over;

	/* Set in a child that was forked. */
	bool is_child;
	int child_fd, child_parent;
	char child_peer[LISTEN_TEXT_MAX];
};

static unsigned count_sessions(const struct server *s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->n_children; i++)
		n += s->children[i]->sessions;
	return n;
}

static unsigned count_startups(const struct server *s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->n_children; i++)
		n += !s->children[i]->logged_in;
	return n;
}

/* ---- Children ---- */

static void answer_ask(struct child *c)
{
	bool yes = count_sessions(c->server) < c->server->o->max_sessions;
	const char byte = yes ? SERVE_YES : SERVE_NO;

	c->sessions += yes;
	/* A child that is gone is reaped soon. */
	(void)!send(c->io.fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void on_child_says(struct loop_io *io, uint32_t events)
{
	struct child *c = io->arg;
	char byte;

	(void)events;
	if (recv(io->fd, &byte, 1, MSG_DONTWAIT) != 1) {
		loop_unwatch(c->server->loop, io);
		return;
	}
	if (byte == SERVE_LOGGED_IN)
		c->logged_in = true;
	else if (byte == SERVE_ASK)
		answer_ask(c);
	else if (byte == SERVE_ENDED && c->sessions)
		c->sessions--;
}

static void forget_child(struct server *s, size_t i)
{
	struct child *c = s->children[i];

	loop_unwatch(s->loop, &c->io);
	io_close(c->io.fd);
	free(c);
	s->children[i] = s->children[--s->n_children];
}

static void tell_end(const struct child *c, int status)
{
	if (!WIFSIGNALED(status))
		return;
	if (WTERMSIG(status) == SIGALRM)
		log_note("%s: did not log in within %g s", c->peer, c->server->o->login_grace);
	else if (WTERMSIG(status) != SIGTERM)
		log_error("%s: its process ended by signal %d (%s)", c->peer, WTERMSIG(status),
			strsignal(WTERMSIG(status)));
}

static void reap_children(struct server *s)
{
	for (size_t i = s->n_children; i-- > 0;) {
		int status;

		if (waitpid(s->children[i]->pid, &status, WNOHANG) != s->children[i]->pid)
			continue;
		tell_end(s->children[i], status);
		forget_child(s, i);
	}
}

static void on_signal(int signo, void *arg)
{
	struct server *s = arg;

	if (signo == SIGCHLD)
		reap_children(s);
	else
		s->over = true;
}

/* ---- Accepting ---- */

static void watch_listeners(struct server *s, bool on)
{
	for (size_t i = 0; i < s->listeners->n; i++)
		if (on)
			loop_watch(s->loop, &s->listening[i], EPOLLIN);
		else
			loop_unwatch(s->loop, &s->listening[i]);
}

static void on_resume(struct loop_timer *timer)
{
	watch_listeners(timer->arg, true);
}

static void pause_accepting(struct server *s, const char *why, int e)
{
	log_error("cannot %s: %s", why, strerror(e));
	watch_listeners(s, false);
	loop_timer_in(s->loop, &s->resume, ACCEPT_PAUSE_MS);
}

static void set_socket(int fd)
{
	const int on = 1, idle = KEEP_IDLE_S, every = KEEP_EVERY_S, probes = KEEP_PROBES;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

/* The default dispositions, until the connection watches for signals itself. */
static void unblock_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* 0 in the parent, 1 in the child, -errno. */
static int fork_child(struct server *s, struct child *c, int fd)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	c->pid = fork();
	if (c->pid < 0) {
		int e = errno;

		io_close(pair[0]);
		io_close(pair[1]);
		return -e;
	}
	if (c->pid == 0) {
		s->is_child = true;
		s->child_fd = fd;
		s->child_parent = pair[1];
		memcpy(s->child_peer, c->peer, sizeof(s->child_peer));
		io_close(pair[0]);
		unblock_signals();
		return 1;
	}
	io_close(pair[1]);
	c->io = (struct loop_io){.fd = pair[0], .fn = on_child_says, .arg = c};
	loop_watch(s->loop, &c->io, EPOLLIN);
	return 0;
}

static void start_child(struct server *s, int fd, const struct sockaddr *sa, socklen_t len)
{
	struct child *c = calloc(1, sizeof(*c));
	int r;

	if (!c) {
		io_close(fd);
		return;
	}
	c->server = s;
	listen_text(sa, len, c->peer);
	log_verbose("%s: connected", c->peer);
	set_socket(fd);
	r = fork_child(s, c, fd);
	if (r) {
		free(c);
		if (r < 0)
			pause_accepting(s, "start a process", -r);
	} else {
		s->children[s->n_children++] = c;
	}
	if (r <= 0)
		io_close(fd);
}

static bool has_room(const struct server *s)
{
	return s->n_children < SERVE_CONNECTIONS_MAX && count_startups(s) < SERVE_STARTUPS_MAX;
}

static void on_connection(struct loop_io *io, uint32_t events)
{
	/* Text before the version line is allowed to a server (RFC 4253 section 4.2). */
	static const char full[] = "Too many connections\r\n";
	struct server *s = io->arg;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd;

	(void)events;
	if (s->is_child || s->over)
		return;
	fd = accept4(io->fd, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_accepting(s, "accept", errno);
		return;
	}
	if (has_room(s)) {
		start_child(s, fd, (struct sockaddr *)&ss, len);
		return;
	}
	log_note("too many connections");
	(void)!send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	io_close(fd);
}

/* ---- Beginning and end ---- */

static void end_children(struct server *s)
{
	int64_t until = clock_mono_ms() + SERVE_END_MS, left;

	for (size_t i = 0; i < s->n_children; i++)
		kill(s->children[i]->pid, SIGTERM);
	while (s->n_children && (left = until - clock_mono_ms()) > 0)
		loop_once(s->loop, (int)left);
	while (s->n_children) {
		kill(s->children[0]->pid, SIGKILL);
		waitpid(s->children[0]->pid, NULL, 0);
		forget_child(s, 0);
	}
}

static int server_init(struct server *s, struct err *err)
{
	sigset_t signals;
	int r = 0;

	s->loop = loop_new(err);
	if (!s->loop)
		return -err->code;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	r = loop_signals(s->loop, &signals, on_signal, s, err);
	s->resume = (struct loop_timer){.fn = on_resume, .arg = s};
	for (size_t i = 0; !r && i < s->listeners->n; i++) {
		s->listening[i] =
			(struct loop_io){.fd = s->listeners->fds[i], .fn = on_connection, .arg = s};
		r = loop_watch(s->loop, &s->listening[i], EPOLLIN);
		if (r)
			err_sys(err, -r, "cannot listen");
	}
	return r;
}

/* What the child has of its parent's must go: the sockets, the loop, the other children. */
static int run_child(struct server *s)
{
	loop_free(s->loop);
	s->loop = NULL;
	listen_close(s->listeners);
	while (s->n_children) {
		struct child *c = s->children[--s->n_children];

		io_close(c->io.fd);
		free(c);
	}
	return conn_serve(s->o, s->bind, s->child_fd, s->child_parent, s->child_peer);
}

int accept_run(const struct serve_options *o, ssh_bind server, struct listeners *listeners,
	bool *ret_child, struct err *err)
{
	struct server s = {.o = o, .bind = server, .listeners = listeners};
	int r = server_init(&s, err);

	while (!r && !s.over && !s.is_child) {
		r = loop_once(s.loop, -1);
		if (r)
			err_sys(err, -r, "serve");
	}
	*ret_child = s.is_child;
	if (s.is_child)
		return run_child(&s);
	if (s.loop) {
		watch_listeners(&s, false);
		listen_close(listeners);
		end_children(&s);
	}
	loop_free(s.loop);
	return r;
}
