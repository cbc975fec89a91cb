/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/ssh.h"

#include "common/io.h"
#include "common/str.h"
#include "common/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <libssh/server.h> /* ssh_set_message_callback */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* What libssh reads in one call. */
#define READ_BYTES 4096
#define ROUNDS_MAX (TRANSPORT_ROUND_BYTES / READ_BYTES)

/* ---- Ends ---- */

static void stop_watching(struct ssh *s)
{
	loop_timer_stop(s->env->loop, &s->timer);
	loop_unwatch(s->env->loop, &s->io);
}

/*
 * Once it has the descriptor, libssh closes it: after some errors at once, else in ssh_free. Not so
 * ssh_disconnect, which leaves it open, unless it finds out that the host is gone; so nobody would
 * know who has to close it, and it is not called. Channels go with the session.
 */
void ssh_end_session(struct ssh *s)
{
	/* The loop may be gone when a helper thread ends the session. */
	if (s->io.added)
		loop_unwatch(s->env->loop, &s->io);
	ssh_free(s->session);
	if (!s->handed)
		io_close(s->io.fd);
	s->handed = false;
	bridge_close(s->bridge);
	s->bridge = NULL;
	proxy_end(s->proxy);
	s->proxy = NULL;
	s->io.fd = -1;
	s->session = NULL;
	s->channel = NULL;
}

/* What the session held of the agent, while no helper has it. */
static void end_agent(struct ssh *s)
{
	if (!s->opening)
		return;
	(void)agent_auth_end(s->opening->agent, NULL, NULL);
	s->opening->agent = NULL;
}

/* The jump host under the connection went away: that is why, and another one may do. */
static bool jump_again(struct ssh *s, enum host_state *how, struct err *words)
{
	if (!bridge_broken(s->bridge, words))
		return false;
	*how = s->opening ? HOST_UNREACHABLE : HOST_FAILED;
	if (!s->opening)
		return false;
	end_agent(s);
	ssh_end_session(s);
	s->opening->trouble = *words;
	return ssh_dial_again(s, SSH_JUMP_TRIES) == 0;
}

int ssh_fail_err(struct ssh *s, enum host_state how, const struct err *err)
{
	struct err words = *err;
	bool outermost = !s->busy;

	if (jump_again(s, &how, &words))
		return -1;
	s->step = SSH_OVER;
	stop_watching(s);
	if (s->opening)
		ssh_dial_stop(s);
	end_agent(s);
	ssh_end_session(s);
	s->busy = true;
	s->t.up->closed(s->t.arg, how, &words);
	if (outermost) {
		s->busy = false;
		if (s->doomed)
			s->t.ops->close(&s->t);
	}
	return -1;
}

int ssh_fail(struct ssh *s, enum host_state how, const char *fmt, ...)
{
	struct err err = {.code = EIO};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err.text, sizeof(err.text), fmt, ap);
	va_end(ap);
	return ssh_fail_err(s, how, &err);
}

static void free_ssh(void *what)
{
	struct ssh *s = what;

	ssh_end_session(s);
	buf_done(&s->out);
	buf_done(&s->said);
	if (s->opening)
		ssh_asking_done(s->opening);
	free(s->opening);
	free(s);
}

static void close_ssh(struct transport *t)
{
	struct ssh *s = (struct ssh *)t;

	if (s->busy) {
		s->doomed = true;
		return;
	}
	stop_watching(s);
	/* Not in whatever thread frees the rest. */
	bridge_close(s->bridge);
	s->bridge = NULL;
	proxy_end(s->proxy);
	s->proxy = NULL;
	if (s->opening) {
		ssh_dial_stop(s);
		if (agent_auth_end(s->opening->agent, free_ssh, s))
			return;
		s->opening->agent = NULL;
	}
	free_ssh(s);
}

/* ---- Steps ---- */

/* Whatever a host asks of a client (channels, forwardings) is refused; libssh would store it. */
static int refuse_message(ssh_session session, ssh_message message, void *arg)
{
	(void)session;
	(void)message;
	(void)arg;
	return 1;
}

void ssh_connected(struct ssh *s, int fd)
{
	struct ssh_opening *o = s->opening;
	struct err err;

	s->io.fd = fd;
	s->counter = (struct ssh_counter_struct){0};
	s->heard = 0;
	/* It may be the second one: what the first still brought is forgotten. */
	s->odd_packets = s->got = false;
	buf_reset(&s->said);
	lines_done(s->t.in);
	o->looked = o->garbage = false;
	if (fd >= SSH_FD_MAX) {
		ssh_fail(s, HOST_FAILED, "more connections than libssh can do (%d)", SSH_FD_MAX);
		return;
	}
	s->session = ssh_new();
	err_set(&err, ENOMEM, "out of memory");
	if (!s->session || ssh_set_options(s, &err) < 0) {
		ssh_fail_err(s, HOST_FAILED, &err);
		return;
	}
	ssh_set_blocking(s->session, 0);
	ssh_set_counters(s->session, &s->counter, NULL);
	ssh_set_message_callback(s->session, refuse_message, NULL);
	o->n_ids = keys_for(s->env->ssh->keys, s->host, o->ids);
	o->at = 0;
	o->started = o->agent_tried = o->none_tried = o->asking = false;
	ssh_asking_done(o);
	s->step = SSH_HELLO;
	ssh_go_on(s);
}

/* Looks at the first bytes without taking them. False: the connection is gone already. */
static bool look(struct ssh *s)
{
	struct ssh_opening *o = s->opening;
	ssize_t n = recv(s->io.fd, o->first, sizeof(o->first) - 1, MSG_PEEK | MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	o->first[n] = '\0';
	o->first[strcspn(o->first, "\r\n")] = '\0';
	o->looked = true;
	o->garbage = !str_starts("SSH-", o->first) && !str_starts(o->first, "SSH-");
	return true;
}

static int no_ssh(struct ssh *s)
{
	char to[SSH_TO_MAX];

	return ssh_fail(s, HOST_FAILED, "no SSH server at %s: it sent \"%s\"", ssh_to(s, to),
		s->opening->first);
}

/*
 * sshd's words when there are as many who have not logged in yet as it takes (MaxStartups). From
 * 9.8 on it has the other words, also for those who wait for what they did (PerSourcePenalties).
 */
static const char busy[] = "Exceeded MaxStartups", not_now[] = "Not allowed at this time";

static bool turned_away(const struct ssh *s)
{
	return str_starts(s->opening->first, busy) || str_starts(s->opening->first, not_now);
}

static int come_back_later(struct ssh *s)
{
	const char *why = str_starts(s->opening->first, not_now)
				  ? " (too many at once, or logins failed: PerSourcePenalties)"
				  : "";
	char to[SSH_TO_MAX];

	err_set(&s->opening->trouble, EBUSY, "%s takes no more connections just now%s: \"%s\"",
		ssh_to(s, to), why, s->opening->first);
	ssh_end_session(s);
	if (ssh_dial_again(s, SSH_BUSY_TRIES) == 0)
		return 0;
	return ssh_fail_err(s, HOST_UNREACHABLE, &s->opening->trouble);
}

static int dropped(struct ssh *s)
{
	char to[SSH_TO_MAX];
	struct err gone;

	if (bridge_broken(s->bridge, &gone))
		return ssh_fail_err(s, HOST_UNREACHABLE, &gone);
	if (proxy_words(s->proxy)[0])
		return ssh_fail(s, HOST_UNREACHABLE, "ProxyCommand: %s", proxy_words(s->proxy));
	if (s->opening->garbage && turned_away(s))
		return come_back_later(s);
	ssh_end_session(s);
	s->opening->trouble.code = 0;
	if (ssh_dial_again(s, SSH_DROPPED_TRIES) == 0)
		return 0;
	return ssh_fail(s, HOST_FAILED, "%s closed the connection before its SSH banner, %u times",
		ssh_to(s, to), s->opening->tries);
}

/*
 * libssh's own words are lost when it closes the socket after them: what stands there is then an
 * errno that means nothing.
 */
static int no_exchange(struct ssh *s)
{
	const char *why = ssh_get_error(s->session);

	if (str_eq(why, "Socket error: disconnected"))
		why = "the host closed the connection";
	else if (str_eq(why, "Socket error: Success") ||
		 str_eq(why, "Socket error: Operation now in progress"))
		why = "no kex algos, host key or ciphers in common, or a bad packet";
	return ssh_fail(
		s, HOST_FAILED, "key exchange failed (--ssh-command ssh may do better): %s", why);
}

static int shake_hands(struct ssh *s)
{
	struct ssh_opening *o = s->opening;
	int r;

	if (!o->looked && !look(s))
		return dropped(s);
	s->handed = true;
	r = ssh_connect(s->session);
	/* It makes the socket blocking, and a write to a host that stopped reading would hang. */
	(void)fcntl(s->io.fd, F_SETFL, O_RDWR | O_NONBLOCK);
	if (r == SSH_AGAIN)
		return 0;
	if (r == SSH_OK) {
		s->step = SSH_HOST_KEY;
		return 1;
	}
	if (ssh_get_serverbanner(s->session))
		return no_exchange(s);
	if (o->garbage && !turned_away(s))
		return no_ssh(s);
	return dropped(s);
}

/* ---- The loop ---- */

/* A jump host is ready when it let us in. */
static int begin_serving(struct ssh *s)
{
	ssh_watch_packets(s, true);
	ssh_now_open(s);
	return s->doomed ? -1 : 1;
}

static int step(struct ssh *s)
{
	switch (s->step) {
	case SSH_HELLO:
		return shake_hands(s);
	case SSH_HOST_KEY:
		return ssh_check_host_key(s);
	case SSH_AUTH:
		return ssh_authenticate(s);
	case SSH_CHANNEL:
		return s->serve ? begin_serving(s) : ssh_open_channel(s);
	case SSH_SUBSYSTEM:
		return ssh_ask_subsystem(s);
	case SSH_OPEN:
		return s->serve ? s->serve(s) : ssh_talk(s);
	default:
		return 0;
	}
}

static int too_noisy(struct ssh *s)
{
	uint64_t most = s->step == SSH_OPEN ? SSH_NOISE_MAX : SSH_HANDSHAKE_BYTES_MAX;

	if (s->counter.in_bytes - s->heard <= most)
		return 0;
	if (s->opening && s->opening->garbage && !ssh_get_serverbanner(s->session))
		return no_ssh(s);
	return ssh_fail(s, HOST_FAILED, "protocol error: %u KiB received without any use",
		(unsigned)(most >> 10));
}

static bool has_session(const struct ssh *s)
{
	return s->session && s->step != SSH_AGENT && s->step != SSH_ASK && s->step != SSH_OVER &&
	       !s->doomed;
}

/* libssh gave it up while it read, as after a farewell, and told nobody yet. */
static void session_gone(struct ssh *s)
{
	if (s->step == SSH_AUTH)
		ssh_broke_off(s);
	else if (s->step > SSH_HELLO)
		ssh_lost(s);
	else if (ssh_get_serverbanner(s->session))
		no_exchange(s);
	else
		dropped(s);
}

static void watch(struct ssh *s, bool writing)
{
	bool closed = s->handed && ssh_get_fd(s->session) < 0 && s->step != SSH_OPEN;
	int r;

	if (closed || ssh_get_status(s->session) & SSH_CLOSED_ERROR) {
		session_gone(s);
		return;
	}
	r = loop_watch(s->env->loop, &s->io, EPOLLIN | (writing ? EPOLLOUT : 0u));

	if (r < 0)
		ssh_fail(s, HOST_FAILED, "cannot watch the connection: %s", strerror(-r));
}

/*
 * Steps until the host must be waited for, but not for more than a round's worth of bytes. What
 * libssh took from the socket epoll does not tell of again: so after bytes moved, look again.
 */
static void pump(struct ssh *s, bool first_flush_only)
{
	uint64_t before, between;
	int flushed = SSH_OK;

	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		before = s->counter.in_bytes;
		if (first_flush_only)
			first_flush_only = false;
		else
			while (step(s) > 0)
				;
		if (!has_session(s) || s->paused || too_noisy(s) < 0)
			return;
		between = s->counter.in_bytes;
		flushed = ssh_blocking_flush(s->session, 0);
		if (s->counter.in_bytes == between && between - before < READ_BYTES) {
			watch(s, flushed == SSH_AGAIN);
			return;
		}
	}
	/* Others' turn. */
	watch(s, flushed == SSH_AGAIN);
	s->only_send = false;
	if (has_session(s) && loop_timer_in(s->env->loop, &s->timer, 0) < 0)
		ssh_fail(s, HOST_FAILED, "out of memory");
}

/* Between the two nothing is freed under our feet. */
void ssh_enter(struct ssh *s)
{
	s->busy = true;
	if (s->step >= SSH_CHANNEL)
		ssh_watch_packets(s, true);
}

void ssh_leave(struct ssh *s)
{
	ssh_watch_packets(s, false);
	s->busy = false;
	if (s->doomed)
		close_ssh(&s->t);
}

void ssh_go_on(struct ssh *s)
{
	if (s->busy)
		return;
	ssh_enter(s);
	pump(s, false);
	ssh_leave(s);
}

void ssh_wait(struct ssh *s)
{
	ssh_enter(s);
	pump(s, true);
	ssh_leave(s);
}

static void ready(struct loop_io *io, uint32_t events)
{
	(void)events;
	ssh_go_on(io->arg);
}

/* Looking for packets as well would cost as much as sending. */
static void send_out(struct ssh *s)
{
	uint64_t before = s->counter.in_bytes;

	s->only_send = false;
	if (ssh_write_out(s) == 0)
		pump(s, s->counter.in_bytes == before);
}

static void tick(struct loop_timer *timer)
{
	struct ssh *s = timer->arg;
	struct err err;

	if (s->step == SSH_RETRY) {
		if (ssh_dial(s, &err) < 0)
			ssh_fail_err(s, HOST_FAILED, &err);
		return;
	}
	if (s->step == SSH_CONNECT) {
		ssh_connected(s, s->io.fd);
		return;
	}
	ssh_enter(s);
	if (s->waiting_for_status)
		ssh_say_ended(s);
	else if (s->paused)
		ssh_write_out(s);
	else if (s->only_send && s->step == SSH_OPEN)
		send_out(s);
	else
		pump(s, false);
	ssh_leave(s);
}

/* ---- For the peer ---- */

static int send_bytes(struct transport *t, const void *p, size_t n)
{
	struct ssh *s = (struct ssh *)t;
	int r = buf_add(&s->out, p, n);

	/* In a callback of ours ssh_talk() sends it; else the next round does. */
	if (r == 0 && !s->busy && !s->waiting_for_status) {
		s->only_send |= !s->timer.slot;
		r = loop_timer_in(s->env->loop, &s->timer, 0);
	}
	return r;
}

static void pause_reading(struct transport *t, bool on)
{
	struct ssh *s = (struct ssh *)t;

	if (s->paused == on)
		return;
	s->paused = on;
	s->only_send = false;
	if (on) {
		loop_unwatch(s->env->loop, &s->io);
		if (!s->waiting_for_status)
			loop_timer_stop(s->env->loop, &s->timer);
	} else if (!s->waiting_for_status && loop_timer_in(s->env->loop, &s->timer, 0) < 0) {
		(void)loop_watch(s->env->loop, &s->io, EPOLLIN);
	}
}

static enum host_state overdue_opening(struct ssh *s, struct err *err)
{
	struct ssh_opening *o = s->opening;
	char to[SSH_TO_MAX];

	switch (s->step) {
	case SSH_RESOLVE:
		err_set(err, ETIMEDOUT, "cannot resolve %s: no answer from the name service",
			s->host->address);
		return HOST_UNREACHABLE;
	case SSH_CONNECT:
		/* What the try before was told says more. */
		if (o->trouble.code)
			*err = o->trouble;
		else
			err_set(err, ETIMEDOUT, "no answer from %s", ssh_to(s, to));
		return HOST_UNREACHABLE;
	case SSH_RETRY:
		if (o->trouble.code) {
			*err = o->trouble;
			return HOST_UNREACHABLE;
		}
		err_set(err, ETIMEDOUT, "%s dropped the connection before its SSH banner",
			ssh_to(s, to));
		return HOST_FAILED;
	case SSH_AGENT:
		err_set(err, ETIMEDOUT, "ssh-agent did not sign");
		return HOST_TIMED_OUT;
	case SSH_HELLO:
		break;
	default:
		err_set(err, ETIMEDOUT, "%s did not go on %s", ssh_to(s, to),
			s->step == SSH_AUTH ? "with authentication" : "to start the agent");
		return HOST_TIMED_OUT;
	}
	if (o->garbage) {
		err_set(err, EPROTO, "no SSH server at %s: it sent \"%s\"", ssh_to(s, to),
			o->first);
		return HOST_FAILED;
	}
	err_set(err, ETIMEDOUT, "connected to %s, but %s", ssh_to(s, to),
		s->session && ssh_get_serverbanner(s->session) ? "key exchange did not finish"
							       : "no SSH banner came");
	return HOST_TIMED_OUT;
}

static enum host_state overdue(struct transport *t, struct err *err)
{
	struct ssh *s = (struct ssh *)t;

	if (s->opening)
		return overdue_opening(s, err);
	err_set(err, ETIMEDOUT, "connected, but the agent did not say hello");
	return HOST_TIMED_OUT;
}

static const struct transport_ops ssh_ops = {
	.send = send_bytes,
	.pause = pause_reading,
	.overdue = overdue,
	.close = close_ssh,
};

bool ssh_may_be_held(const struct transport *t)
{
	const struct ssh *s = (const struct ssh *)t;

	return t->ops == &ssh_ops && s->step == SSH_OPEN && !s->busy && !s->out.len &&
	       !s->waiting_for_status;
}

int ssh_facts(struct transport *t, struct ssh_facts *ret)
{
	struct ssh *s = (struct ssh *)t;

	if (!ssh_may_be_held(t))
		return -EINVAL;
	ret->by_agent = s->by_agent || bridge_by_agent(s->bridge);
	return ssh_read_host_key(s, &ret->type, &ret->key);
}

static struct ssh *open_ssh(struct transport_env *env, const struct host_config *host,
	struct lines *in, const struct transport_up *up, void *arg, enum host_state *ret_how,
	struct err *err)
{
	struct ssh *s = calloc(1, sizeof(*s));

	*ret_how = HOST_FAILED;
	if (!s || !(s->opening = calloc(1, sizeof(*s->opening)))) {
		free(s);
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	s->t = (struct transport){.ops = &ssh_ops, .up = up, .arg = arg, .in = in};
	s->env = env;
	s->host = host;
	s->port = host->port ? host->port : 22;
	s->io = (struct loop_io){.fd = -1, .fn = ready, .arg = s};
	s->timer = (struct loop_timer){.fn = tick, .arg = s};
	s->exit_status = -1;
	buf_init(&s->out, WIRE_REQUEST_MAX * 2);
	buf_init(&s->said, SSH_STDERR_MAX);
	if (hostkeys_name(host->address, host->host_key_alias, s->port, &s->opening->name) < 0) {
		err_set(err, ENAMETOOLONG, "the host's address is too long");
		goto fail;
	}
	if (ssh_dial(s, err) == 0)
		return s;
fail:
	close_ssh(&s->t);
	return NULL;
}

struct transport *ssh_open(struct transport_env *env, const struct host_config *host,
	struct lines *in, const struct transport_up *up, void *arg, enum host_state *ret_how,
	struct err *err)
{
	struct ssh *s = open_ssh(env, host, in, up, arg, ret_how, err);

	return s ? &s->t : NULL;
}

struct ssh *ssh_open_jump(struct transport_env *env, const struct host_config *hop,
	const struct transport_up *up, void *arg, int (*serve)(struct ssh *s),
	enum host_state *ret_how, struct err *err)
{
	struct ssh *s = open_ssh(env, hop, NULL, up, arg, ret_how, err);

	if (s)
		s->serve = serve;
	return s;
}
