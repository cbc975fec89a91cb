/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/serve/conn.h"

#include "agentd/serve/keys.h"
#include "agentd/serve/link.h"
#include "common/io.h"
#include "common/log.h"
#include "common/loop.h"

#include <errno.h>
#include <libssh/callbacks.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

/* Rounds of reading from the connection before others get their turn. */
#define CONN_ROUNDS 16
/* Bytes of a user's name in the log. */
#define CONN_USER_SHOWN 64

struct conn {
	const struct serve_options *o;
	const char *peer;
	int parent;
	ssh_session ssh;
	ssh_event event;
	struct ssh_server_callbacks_struct callbacks;
	struct ssh_counter_struct counter;
	unsigned tries;
	bool logged_in, over;

	struct loop *loop;
	struct loop_io ssh_io, parent_io;
	struct link_owner owner;
	struct link *links[SERVE_CHANNELS_MAX];
	size_t n_links;
};

/* ---- The parent ---- */

static void tell(struct conn *c, enum serve_word word)
{
	const char byte = (char)word;

	if (io_write_all(c->parent, &byte, 1) < 0)
		c->over = true;
}

/* The parent answers at once, whatever else it does. */
static bool may_start(void *arg)
{
	struct conn *c = arg;
	char byte = SERVE_NO;

	tell(c, SERVE_ASK);
	while (!c->over && read(c->parent, &byte, 1) < 0)
		c->over = errno != EINTR;
	return byte == SERVE_YES;
}

static void link_ended(void *arg)
{
	tell(arg, SERVE_ENDED);
}

static void ready(void *arg)
{
	struct conn *c = arg;

	loop_wake(c->loop);
}

/* ---- Login ---- */

static bool known_key(struct conn *c, ssh_key key)
{
	bool known = false;
	struct err err;

	if (++c->tries > SERVE_AUTH_TRIES_MAX) {
		log_note("%s: too many keys", c->peer);
		c->over = true;
		return false;
	}
	if (authorized_key(c->o->authorized_keys, key, &known, &err) < 0)
		log_error("%s", err.text);
	return known;
}

static int on_pubkey(
	ssh_session ssh, const char *user, struct ssh_key_struct *key, char state, void *arg)
{
	struct conn *c = arg;
	char *print;

	(void)ssh;
	if (c->over || !known_key(c, key))
		return SSH_AUTH_DENIED;
	/* So far the client has only asked whether the key would do. */
	if (state == SSH_PUBLICKEY_STATE_NONE)
		return SSH_AUTH_SUCCESS;
	if (state != SSH_PUBLICKEY_STATE_VALID)
		return SSH_AUTH_DENIED;
	print = key_fingerprint(key);
	log_note("%s: \"%.*s\" logged in with key %s", c->peer, CONN_USER_SHOWN, user,
		print ? print : "?");
	ssh_string_free_char(print);
	c->logged_in = true;
	return SSH_AUTH_SUCCESS;
}

static ssh_channel on_channel(ssh_session ssh, void *arg)
{
	struct conn *c = arg;
	struct link *l;

	if (!c->logged_in || c->n_links == SERVE_CHANNELS_MAX)
		return NULL;
	l = link_new(&c->owner, ssh);
	if (!l)
		return NULL;
	c->links[c->n_links++] = l;
	return link_channel(l);
}

/* Blocking; the alarm bounds it. */
static int login(struct conn *c)
{
	ssh_set_auth_methods(c->ssh, SSH_AUTH_METHOD_PUBLICKEY);
	c->callbacks.userdata = c;
	c->callbacks.auth_pubkey_function = on_pubkey;
	c->callbacks.channel_open_request_session_function = on_channel;
	ssh_callbacks_init(&c->callbacks);
	ssh_set_server_callbacks(c->ssh, &c->callbacks);
	if (ssh_handle_key_exchange(c->ssh) != SSH_OK) {
		log_verbose("%s: no key exchange: %s", c->peer, ssh_get_error(c->ssh));
		return -EPROTO;
	}
	if (ssh_event_add_session(c->event, c->ssh) != SSH_OK)
		return -ENOMEM;
	while (!c->logged_in)
		if (c->over || ssh_event_dopoll(c->event, -1) == SSH_ERROR) {
			log_note("%s: left without logging in", c->peer);
			return -EPROTO;
		}
	return 0;
}

/* ---- The channels ---- */

static void on_ssh(struct loop_io *io, uint32_t events)
{
	/* Read by pump, which runs after every round. */
	(void)io;
	(void)events;
}

/* The parent never speaks first: it is gone. */
static void on_parent(struct loop_io *io, uint32_t events)
{
	struct conn *c = io->arg;

	(void)events;
	c->over = true;
}

static void on_signal(int signo, void *arg)
{
	struct conn *c = arg;

	if (signo != SIGCHLD)
		c->over = true;
	for (size_t i = 0; i < c->n_links; i++)
		link_reap(c->links[i]);
}

/* Reads what the client sent. libssh takes 4 KiB a call, so it is called until nothing moves. */
static void read_client(struct conn *c)
{
	for (unsigned i = 0; i < CONN_ROUNDS; i++) {
		uint64_t before = c->counter.in_bytes;

		if (ssh_event_dopoll(c->event, 0) == SSH_ERROR)
			c->over = true;
		if (c->over || c->counter.in_bytes == before)
			return;
	}
	ready(c);
}

static bool is_blocked(struct conn *c)
{
	return ssh_blocking_flush(c->ssh, 0) == SSH_AGAIN;
}

static void move_links(struct conn *c)
{
	for (size_t i = c->n_links; i-- > 0;) {
		struct link *l = c->links[i];

		if (link_move(l, is_blocked(c)))
			continue;
		link_free(l);
		c->links[i] = c->links[--c->n_links];
	}
}

static void pump(struct conn *c)
{
	bool blocked;

	read_client(c);
	if (c->over)
		return;
	move_links(c);
	blocked = is_blocked(c);
	if (!ssh_is_connected(c->ssh))
		c->over = true;
	loop_watch(c->loop, &c->ssh_io, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static int run_channels(struct conn *c, struct err *err)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	r = loop_signals(c->loop, &signals, on_signal, c, err);
	if (r)
		return r;
	ssh_set_blocking(c->ssh, 0);
	c->ssh_io = (struct loop_io){.fd = ssh_get_fd(c->ssh), .fn = on_ssh, .arg = c};
	c->parent_io = (struct loop_io){.fd = c->parent, .fn = on_parent, .arg = c};
	r = loop_watch(c->loop, &c->ssh_io, EPOLLIN);
	if (!r)
		r = loop_watch(c->loop, &c->parent_io, EPOLLIN);
	/* The first requests may have come along with the login, and their agents be gone again. */
	on_signal(SIGCHLD, c);
	ready(c);
	while (!r && !c->over) {
		r = loop_once(c->loop, -1);
		if (!r && !c->over)
			pump(c);
	}
	return r ? err_sys(err, -r, "connection") : 0;
}

/* ---- Beginning and end ---- */

/* A client that makes libssh hoard memory ends its own connection, nothing else. */
static void limit_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
	struct rlimit limit;

	if (getrlimit(RLIMIT_DATA, &limit) == 0) {
		limit.rlim_cur = SERVE_CHILD_MEMORY;
		setrlimit(RLIMIT_DATA, &limit);
	}
#endif
}

static void start_alarm(double seconds)
{
	struct itimerval t = {.it_value = {(time_t)seconds,
				      (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6)}};

	signal(SIGALRM, SIG_DFL);
	setitimer(ITIMER_REAL, &t, NULL);
}

static int conn_init(struct conn *c, ssh_bind server, int fd, struct err *err)
{
	c->owner = (struct link_owner){.agent = c->o->agent,
		.root = c->o->root,
		.may_start = may_start,
		.ended = link_ended,
		.ready = ready,
		.arg = c};
	c->ssh = ssh_new();
	c->event = ssh_event_new();
	c->loop = loop_new(err);
	c->owner.loop = c->loop;
	if (!c->loop)
		return -err->code;
	if (!c->ssh || !c->event)
		return err_sys(err, ENOMEM, "connection");
	if (ssh_bind_accept_fd(server, c->ssh, fd) != SSH_OK)
		return err_set(err, EIO, "%s", ssh_get_error(server));
	ssh_set_counters(c->ssh, &c->counter, NULL);
	return 0;
}

static void conn_done(struct conn *c)
{
	for (size_t i = 0; i < c->n_links; i++)
		link_end(c->links[i]);
	while (c->n_links)
		link_free(c->links[--c->n_links]);
	if (c->event)
		ssh_event_free(c->event);
	if (c->ssh)
		ssh_disconnect(c->ssh);
	ssh_free(c->ssh);
	loop_free(c->loop);
}

int conn_serve(const struct serve_options *o, ssh_bind server, int fd, int parent, const char *peer)
{
	struct conn c = {.o = o, .parent = parent, .peer = peer};
	struct err err;
	int r;

	limit_memory();
	start_alarm(o->login_grace);
	r = conn_init(&c, server, fd, &err);
	if (r) {
		log_error("%s: %s", peer, err.text);
	} else if (login(&c) == 0) {
		start_alarm(0);
		tell(&c, SERVE_LOGGED_IN);
		r = run_channels(&c, &err);
		if (r)
			log_error("%s: %s", peer, err.text);
		log_verbose("%s: gone", peer);
	}
	conn_done(&c);
	io_close(parent);
	return r ? 1 : 0;
}
