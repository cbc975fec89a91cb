/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/serve/link.h"

#include "agentd/serve/serve.h"
#include "common/io.h"
#include "common/log.h"
#include "common/spawn.h"
#include "common/str.h"
#include "common/wire.h"

#include <errno.h>
#include <libssh/callbacks.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Bytes held for each direction. */
#define LINK_CHUNK (32u << 10)
/* What the agent says is sent in packets of a page: see role_session.c. */
#define DOWN_CHUNK 4096
/* Chunks moved in one go, so that the other links get their turn. */
#define LINK_ROUNDS 8

struct chunk {
	size_t at, len; /* bytes at..len are still to be moved */
	char p[LINK_CHUNK];
};

struct link {
	const struct link_owner *owner;
	ssh_channel channel;
	struct ssh_channel_callbacks_struct callbacks;
	struct spawned agent;	   /* pid 0: none, or reaped */
	struct loop_io io;	   /* of agent.fd */
	struct loop_timer kill;	   /* runs once the agent was told to end */
	struct chunk up, down;	   /* to the agent, from it */
	bool started;		   /* an agent was started */
	bool up_ended, down_ended; /* the client, the agent has no more to say */
	bool deaf;		   /* the agent reads no more */
	bool closing;		   /* the client is gone, or all was said */
	int status;		   /* of waitpid(2), once pid is 0 */
};

static void on_agent(struct loop_io *io, uint32_t events)
{
	struct link *l = io->arg;

	(void)events;
	/* Watched anew by link_move: level-triggered, it would be told again and again. */
	loop_unwatch(l->owner->loop, io);
	l->owner->ready(l->owner->arg);
}

static void on_kill(struct loop_timer *timer)
{
	struct link *l = timer->arg;

	if (l->agent.pid > 0)
		kill(-l->agent.pid, SIGKILL);
}

/* ---- The beginning ---- */

static int start_agent(struct link *l)
{
	const char *argv[] = {l->owner->agent, "session", "--root", l->owner->root, NULL};
	struct rlimit memory;
	struct err err;

	if (!l->owner->may_start(l->owner->arg)) {
		log_note("no room for another session");
		return SSH_ERROR;
	}
	if (spawn(argv, 0, &l->agent, &err) < 0) {
		log_error("%s", err.text);
		l->owner->ended(l->owner->arg);
		return SSH_ERROR;
	}
	/* The bound on this process's memory is not the agent's. */
	if (getrlimit(RLIMIT_DATA, &memory) == 0) {
		memory.rlim_cur = memory.rlim_max;
		prlimit(l->agent.pid, RLIMIT_DATA, &memory, NULL);
	}
	l->started = true;
	l->io.fd = l->agent.fd;
	l->owner->ready(l->owner->arg);
	return SSH_OK;
}

/* What else a client may ask for on a channel (shell, exec, pty …) has no callback: refused. */
static int on_subsystem(ssh_session session, ssh_channel channel, const char *name, void *arg)
{
	struct link *l = arg;

	(void)session;
	(void)channel;
	if (l->started || !str_eq(name, WIRE_SUBSYSTEM))
		return SSH_ERROR;
	return start_agent(l);
}

struct link *link_new(const struct link_owner *owner, ssh_session session)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->owner = owner;
	l->agent = (struct spawned){.fd = -1, .err_fd = -1};
	l->io = (struct loop_io){.fd = -1, .fn = on_agent, .arg = l};
	l->kill = (struct loop_timer){.fn = on_kill, .arg = l};
	l->channel = ssh_channel_new(session);
	if (!l->channel) {
		free(l);
		return NULL;
	}
	l->callbacks.userdata = l;
	l->callbacks.channel_subsystem_request_function = on_subsystem;
	ssh_callbacks_init(&l->callbacks);
	ssh_set_channel_callbacks(l->channel, &l->callbacks);
	return l;
}

ssh_channel link_channel(const struct link *l)
{
	return l->channel;
}

/* ---- Bytes ---- */

/* 1: a chunk was read from the client, 0: nothing there, -1: the channel is of no use any more. */
static int read_client(struct link *l)
{
	int n = ssh_channel_read_nonblocking(l->channel, l->up.p, LINK_CHUNK, 0);

	if (n > 0) {
		l->up.at = 0;
		l->up.len = (size_t)n;
		return 1;
	}
	if (n == SSH_EOF || (n == 0 && ssh_channel_is_eof(l->channel)))
		l->up_ended = true;
	return n == SSH_ERROR ? -1 : 0;
}

/* True when the agent took all of the chunk. */
static bool write_agent(struct link *l)
{
	while (l->up.at < l->up.len && !l->deaf) {
		ssize_t n =
			send(l->agent.fd, l->up.p + l->up.at, l->up.len - l->up.at, MSG_NOSIGNAL);

		if (n > 0)
			l->up.at += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			return false;
		else if (n < 0 && errno != EINTR)
			l->deaf = true;
	}
	l->up.at = l->up.len = 0;
	return true;
}

static int move_up(struct link *l)
{
	int r = 1;

	for (unsigned i = 0; r > 0 && i < LINK_ROUNDS && write_agent(l); i++)
		r = l->up_ended ? 0 : read_client(l);
	if (r < 0)
		return r;
	if (l->up_ended && l->up.len == 0 && !l->deaf) {
		shutdown(l->agent.fd, SHUT_WR);
		l->deaf = true;
	}
	/* More may be there than one go moves. */
	if (r > 0 && l->up.len == 0)
		l->owner->ready(l->owner->arg);
	return 0;
}

/* True when something was read. */
static bool read_agent(struct link *l)
{
	ssize_t n = recv(l->agent.fd, l->down.p, DOWN_CHUNK, 0);

	if (n > 0) {
		l->down.at = 0;
		l->down.len = (size_t)n;
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		l->down_ended = true;
	return false;
}

/* Hands the chunk to the channel as far as its window reaches; never blocks. */
static int write_client(struct link *l)
{
	size_t n = l->down.len - l->down.at, window = ssh_channel_window_size(l->channel);
	int r;

	if (n > window)
		n = window;
	if (n == 0)
		return 0;
	r = ssh_channel_write(l->channel, l->down.p + l->down.at, (uint32_t)n);
	if (r < 0)
		return -1;
	l->down.at += (size_t)r;
	if (l->down.at == l->down.len)
		l->down.at = l->down.len = 0;
	return 0;
}

/* One chunk at a time: the next one when the connection has taken this one. */
static int move_down(struct link *l, bool blocked)
{
	if (blocked)
		return 0;
	if (l->down.len == 0 && !l->down_ended)
		read_agent(l);
	return l->down.len ? write_client(l) : 0;
}

static void watch(struct link *l, bool blocked)
{
	uint32_t events = 0;

	if (l->up.len && !l->deaf)
		events |= EPOLLOUT;
	if (!blocked && !l->down_ended && l->down.len == 0)
		events |= EPOLLIN;
	/* Without an event that is wanted it is not watched: a hang-up would be told all the time.
	 */
	if (events)
		loop_watch(l->owner->loop, &l->io, events);
	else
		loop_unwatch(l->owner->loop, &l->io);
}

/* ---- The end ---- */

/* As a shell tells it: killed by a signal is 128 and its number. */
static void send_status(struct link *l)
{
	int status = WIFEXITED(l->status) ? WEXITSTATUS(l->status) : 128 + WTERMSIG(l->status);

	ssh_channel_request_send_exit_status(l->channel, status);
	ssh_channel_send_eof(l->channel);
	ssh_channel_close(l->channel);
}

void link_end(struct link *l)
{
	l->closing = true;
	loop_unwatch(l->owner->loop, &l->io);
	l->agent.fd = io_close(l->agent.fd);
	if (l->agent.pid > 0 && !l->kill.slot) {
		kill(-l->agent.pid, SIGTERM);
		loop_timer_in(l->owner->loop, &l->kill, SERVE_AGENT_GRACE_MS);
	}
}

void link_reap(struct link *l)
{
	if (l->agent.pid <= 0 || waitpid(l->agent.pid, &l->status, WNOHANG) != l->agent.pid)
		return;
	l->agent.pid = 0;
	loop_timer_stop(l->owner->loop, &l->kill);
	l->owner->ended(l->owner->arg);
	l->owner->ready(l->owner->arg);
}

void link_free(struct link *l)
{
	if (!l)
		return;
	link_end(l);
	loop_timer_stop(l->owner->loop, &l->kill);
	if (l->agent.pid > 0) {
		spawn_end(&l->agent, SERVE_AGENT_GRACE_MS);
		l->owner->ended(l->owner->arg);
	}
	ssh_remove_channel_callbacks(l->channel, &l->callbacks);
	ssh_channel_free(l->channel);
	free(l);
}

bool link_move(struct link *l, bool blocked)
{
	if (!ssh_channel_is_open(l->channel) && !l->closing)
		link_end(l);
	if (l->closing)
		return l->agent.pid > 0;
	if (!l->started)
		return true;
	if (move_up(l) < 0 || move_down(l, blocked) < 0) {
		link_end(l);
		return l->agent.pid > 0;
	}
	if (l->down_ended && l->down.len == 0 && l->agent.pid == 0) {
		send_status(l);
		link_end(l);
		return false;
	}
	watch(l, blocked);
	return true;
}
