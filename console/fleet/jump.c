/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/jump.h"

#include "common/io.h"
#include "common/str.h"
#include "console/fleet/denial.h"
#include "console/fleet/ssh.h"

#include <libssh/server.h> /* ssh_execute_message_callbacks */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* Taken from a bridge's socket at once. */
#define PULL_BYTES (16u << 10)

enum bridge_state {
	BRIDGE_WAITING, /* for the jump host */
	BRIDGE_OPENING, /* the channel was asked for */
	BRIDGE_OPEN,
	BRIDGE_OVER, /* has no jump host any more; `why` */
};

struct bridge {
	struct loop *loop;
	struct jump *jump;	    /* NULL when over */
	struct bridge *prev, *next; /* of jump->pending, or jump->open */
	const struct bridge_up *up; /* NULL: nobody waits for it any more */
	void *arg;
	enum bridge_state state;
	enum bridge_end how;
	ssh_channel channel;
	struct ssh_channel_callbacks_struct callbacks;
	unsigned number;   /* of the channel, as libssh tells it; 0 when not known */
	struct loop_io io; /* our end of the pair */
	int far_fd;	   /* the other one, until it is handed over */
	struct loop_timer timer;
	struct buf in;	/* from the channel, not yet taken by the socket */
	struct buf out; /* the other way; empty but while it is stalled */
	bool told, denied, ended, stalled;
	char *why;
	uint16_t port;
	char address[];
};

enum jump_state { JUMP_CLOSED, JUMP_OPENING, JUMP_OPEN, JUMP_FAILED };

struct jump {
	struct jumps *all;
	struct jump *next;
	const struct host_config *hop;
	enum jump_state state;
	struct ssh *ssh;
	struct loop_timer timer; /* of connecting */
	char *why;		 /* failed */
	struct bridge *pending, *open;
	size_t n_open, n_stalled, held;
	struct bridge *creating;
	char *secret;		   /* its password, for the next time */
	char denied[ERR_TEXT_MAX]; /* libssh's last words about a refused channel */
	bool clogged;		   /* its socket takes no more */
	bool news;		   /* it is new */
	bool full;		   /* it has no more channels: another session is for the rest */
};

struct jumps {
	struct transport_env *env;
	struct jump *first;
};

/* ---- Lists ---- */

static void put(struct bridge **list, struct bridge *b)
{
	b->prev = NULL;
	b->next = *list;
	if (b->next)
		b->next->prev = b;
	*list = b;
}

static void unlink_bridge(struct bridge *b)
{
	struct jump *j = b->jump;

	if (!j)
		return;
	if (b->prev)
		b->prev->next = b->next;
	else if (b->state == BRIDGE_OPEN)
		j->open = b->next;
	else
		j->pending = b->next;
	if (b->next)
		b->next->prev = b->prev;
	j->n_open -= b->state == BRIDGE_OPEN;
	j->full = j->full && j->n_open >= JUMP_FULL_MIN;
	j->n_stalled -= b->stalled;
	j->held -= b->in.len;
	b->stalled = false;
	b->jump = NULL;
}

static void free_bridge(struct bridge *b)
{
	loop_timer_stop(b->loop, &b->timer);
	loop_unwatch(b->loop, &b->io);
	io_close(b->io.fd);
	io_close(b->far_fd);
	buf_done(&b->in);
	buf_done(&b->out);
	free(b->why);
	free(b);
}

static struct loop *loop_of(const struct jump *j)
{
	return j->all->env->loop;
}

/* ---- Between socket and channel ---- */

static void pump_soon(struct jump *j)
{
	if (j->state == JUMP_OPEN && !j->ssh->busy)
		(void)loop_timer_in(loop_of(j), &j->ssh->timer, 0);
}

static void watch_bridge(struct bridge *b)
{
	uint32_t events = (b->stalled || b->ended ? 0 : EPOLLIN) | (b->in.len ? EPOLLOUT : 0);

	/* Without any, the end of the other side would be told again and again. */
	if (!events)
		loop_unwatch(b->loop, &b->io);
	else
		(void)loop_watch(b->loop, &b->io, events);
}

static void stall(struct bridge *b)
{
	if (!b->stalled)
		b->jump->n_stalled++;
	b->stalled = true;
	watch_bridge(b);
}

/* `p` may be what waits already. False: out of memory. */
static bool keep_rest(struct bridge *b, const char *p, size_t n, size_t taken)
{
	if (p != b->out.p)
		return taken == n || buf_add(&b->out, p + taken, n - taken) == 0;
	buf_consume(&b->out, taken);
	return true;
}

/* What libssh does not take, and while keys are exchanged anew that is all of it, waits. */
static void give(struct bridge *b, const char *p, size_t n)
{
	int r = ssh_channel_write(b->channel, p, (uint32_t)n);

	if ((r < 0 && r != SSH_AGAIN) || !keep_rest(b, p, n, r > 0 ? (size_t)r : 0))
		b->ended = true;
	if (b->ended || !b->out.len)
		buf_done(&b->out);
}

static void wake_stalled(struct jump *j)
{
	if (!j->n_stalled || j->clogged || j->ssh->paused)
		return;
	for (struct bridge *b = j->open; b; b = b->next) {
		if (!b->stalled || !ssh_channel_window_size(b->channel))
			continue;
		if (b->out.len)
			give(b, b->out.p, b->out.len);
		if (b->out.len)
			continue;
		b->stalled = false;
		j->n_stalled--;
		watch_bridge(b);
	}
}

/* The far side is at its end, and all of it was handed on. */
static void end_if_empty(struct bridge *b)
{
	if (b->ended && !b->in.len)
		(void)shutdown(b->io.fd, SHUT_WR);
}

static void take_less(struct jump *j)
{
	if (j->state != JUMP_OPEN)
		return;
	if (j->held > JUMP_HELD_MAX)
		j->ssh->t.ops->pause(&j->ssh->t, true);
	else if (j->held < JUMP_HELD_MAX / 2)
		j->ssh->t.ops->pause(&j->ssh->t, false);
}

/* Hands on what waits. The other end may be closed: then there is nobody to want it. */
static void push(struct bridge *b)
{
	size_t before = b->in.len;
	ssize_t n = send(b->io.fd, b->in.p, b->in.len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0)
		buf_consume(&b->in, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		buf_reset(&b->in);
	b->jump->held -= before - b->in.len;
	if (!b->in.len)
		buf_done(&b->in);
	end_if_empty(b);
	take_less(b->jump);
	watch_bridge(b);
}

/* Takes no more than the channel does. */
static void pull(struct bridge *b)
{
	struct jump *j = b->jump;
	struct ssh *s = j->ssh;
	uint32_t window = ssh_channel_window_size(b->channel);
	char bytes[PULL_BYTES];
	ssize_t n;

	if (j->clogged || s->paused || s->odd_packets || !window || b->out.len) {
		stall(b);
		return;
	}
	n = recv(b->io.fd, bytes, window < sizeof(bytes) ? window : sizeof(bytes), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		b->ended = true;
		watch_bridge(b);
		return;
	}
	ssh_enter(s);
	give(b, bytes, (size_t)n);
	j->clogged = ssh_blocking_flush(s->session, 0) == SSH_AGAIN;
	ssh_leave(s);
	if (b->out.len)
		stall(b);
	watch_bridge(b);
	/* It may have read packets, too. */
	pump_soon(j);
}

static void bridge_ready(struct loop_io *io, uint32_t events)
{
	struct bridge *b = io->arg;

	if (b->in.len && events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		push(b);
	if (!b->stalled && !b->ended && events & ~(uint32_t)EPOLLOUT)
		pull(b);
}

/* ---- libssh's callbacks ---- */

static int take_data(
	ssh_session session, ssh_channel channel, void *data, uint32_t n, int is_stderr, void *arg)
{
	struct bridge *b = arg;
	ssize_t sent = 0;

	(void)session;
	(void)channel;
	if (is_stderr || !b->jump || b->io.fd < 0)
		return (int)n;
	b->jump->ssh->heard = b->jump->ssh->counter.in_bytes;
	if (!b->in.len)
		sent = send(b->io.fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return (int)n;
	if (sent < 0)
		sent = 0;
	if ((size_t)sent == n)
		return (int)n;
	if (buf_add(&b->in, (char *)data + sent, n - (size_t)sent) < 0) {
		b->ended = true;
		(void)shutdown(b->io.fd, SHUT_RDWR);
		return (int)n;
	}
	b->jump->held += n - (size_t)sent;
	watch_bridge(b);
	take_less(b->jump);
	return (int)n;
}

static void take_end(ssh_session session, ssh_channel channel, void *arg)
{
	struct bridge *b = arg;

	(void)session;
	(void)channel;
	if (!b->jump || b->io.fd < 0)
		return;
	b->ended = true;
	end_if_empty(b);
	watch_bridge(b);
}

/* ---- Opening channels ---- */

static void tell_soon(struct bridge *b)
{
	if (b->up)
		(void)loop_timer_in(b->loop, &b->timer, 0);
}

static void over(struct bridge *b, enum bridge_end how, char *why)
{
	unlink_bridge(b);
	loop_unwatch(b->loop, &b->io);
	b->io.fd = io_close(b->io.fd);
	b->channel = NULL;
	b->state = BRIDGE_OVER;
	b->how = how;
	free(b->why);
	b->why = why;
	if (!b->up)
		free_bridge(b);
	else if (!b->told)
		tell_soon(b);
}

static void let_channel_go(struct bridge *b)
{
	if (!b->channel)
		return;
	ssh_remove_channel_callbacks(b->channel, &b->callbacks);
	ssh_channel_free(b->channel);
	b->channel = NULL;
}

static void take_denial(struct bridge *b, const struct denial *d)
{
	b->how = d->how;
	b->denied = true;
	free(b->why);
	b->why = str_printf("jump host %s could not reach %s port %u: %s", b->jump->hop->name,
		b->address, (unsigned)b->port, d->words);
}

/*
 * libssh keeps only the last reason, of whatever channel. As long as channels are being opened its
 * log is so chatty that this is called after each packet.
 */
static void look_for_denial(struct jump *j)
{
	const char *text = ssh_get_error(j->ssh->session);
	struct denial d;

	if (str_eq(text, j->denied) || !denial_read(text, &d))
		return;
	(void)snprintf(j->denied, sizeof(j->denied), "%s", text);
	j->news = true;
	for (struct bridge *b = j->pending; b; b = b->next)
		if (b->state == BRIDGE_OPENING && b->number == d.channel)
			take_denial(b, &d);
}

static void note_log(struct ssh *s, const char *function, const char *text)
{
	struct jump *j = s->t.arg;

	if (j->creating && str_eq(function, "channel_open"))
		(void)denial_new_channel(text, &j->creating->number);
	if (s->chatty && s->session)
		look_for_denial(j);
}

static int ask_channel(struct bridge *b)
{
	struct jump *j = b->jump;
	int r;

	j->creating = b;
	r = ssh_channel_open_forward(b->channel, b->address, b->port, "127.0.0.1", 0);
	j->creating = NULL;
	return r;
}

static int start_channel(struct bridge *b)
{
	b->channel = ssh_channel_new(b->jump->ssh->session);
	if (!b->channel)
		return SSH_ERROR;
	b->callbacks = (struct ssh_channel_callbacks_struct){
		.userdata = b,
		.channel_data_function = take_data,
		.channel_eof_function = take_end,
		.channel_close_function = take_end,
	};
	ssh_callbacks_init(&b->callbacks);
	ssh_set_channel_callbacks(b->channel, &b->callbacks);
	b->state = BRIDGE_OPENING;
	b->jump->ssh->chatty = true;
	ssh_watch_packets(b->jump->ssh, true);
	return ask_channel(b);
}

static void now_open(struct bridge *b)
{
	struct jump *j = b->jump;

	unlink_bridge(b);
	b->jump = j;
	b->state = BRIDGE_OPEN;
	put(&j->open, b);
	j->n_open++;
	j->held += b->in.len;
	if (!b->up) {
		let_channel_go(b);
		unlink_bridge(b);
		free_bridge(b);
		return;
	}
	watch_bridge(b);
	tell_soon(b);
}

static void now_denied(struct bridge *b)
{
	struct jump *j = b->jump;
	char *why = b->why;

	b->why = NULL;
	if (!b->denied) {
		/* Others were refused at the same time: tried again, it will be told. */
		b->how = BRIDGE_SHORTAGE;
		why = str_printf("jump host %s refuses to reach %s port %u", j->hop->name,
			b->address, (unsigned)b->port);
	}
	if (b->how == BRIDGE_SHORTAGE && j->n_open >= JUMP_FULL_MIN)
		j->full = true;
	let_channel_go(b);
	over(b, b->how, why);
}

static void look_at_pending(struct jump *j)
{
	bool news;

	look_for_denial(j);
	news = j->news;
	j->news = false;
	for (struct bridge *b = j->pending, *next; b; b = next) {
		int r = SSH_AGAIN;

		next = b->next;
		if (b->state == BRIDGE_WAITING)
			r = start_channel(b);
		else if (ssh_channel_is_open(b->channel))
			r = SSH_OK;
		else if (b->denied)
			r = SSH_ERROR;
		else if (news)
			r = ask_channel(b);
		if (ssh_broken(j->ssh))
			return;
		if (r == SSH_OK)
			now_open(b);
		else if (r != SSH_AGAIN)
			now_denied(b);
	}
}

/* ---- The jump host's session ---- */

static int serve(struct ssh *s)
{
	struct jump *j = s->t.arg;

	(void)ssh_execute_message_callbacks(s->session);
	if (!ssh_broken(s) && !s->odd_packets)
		look_at_pending(j);
	if (s->odd_packets)
		return ssh_odd_packets(s);
	if (ssh_broken(s))
		return ssh_lost(s);
	if (!j->pending)
		s->chatty = false;
	j->clogged = ssh_blocking_flush(s->session, 0) == SSH_AGAIN;
	wake_stalled(j);
	return 0;
}

static void jump_opened(void *arg)
{
	struct jump *j = arg;

	loop_timer_stop(loop_of(j), &j->timer);
	j->state = JUMP_OPEN;
	for (struct bridge *b = j->pending; b; b = b->next)
		if (b->up)
			b->up->begun(b->arg);
}

static void no_input(void *arg)
{
	(void)arg;
}

/* The session has ended and its channels with it. */
static void end_all(struct jump *j, enum bridge_end how, const char *why)
{
	struct bridge *b;

	while ((b = j->pending ? j->pending : j->open))
		over(b, how,
			str_printf("jump host %s%s: %s", j->hop->name,
				how == BRIDGE_GONE ? " went away" : "", why));
}

static void jump_down(struct jump *j, const struct err *why)
{
	bool was_open = j->state == JUMP_OPEN;

	loop_timer_stop(loop_of(j), &j->timer);
	j->state = was_open ? JUMP_CLOSED : JUMP_FAILED;
	free(j->why);
	j->why = was_open ? NULL : strdup(why->text);
	if (j->ssh)
		j->ssh->t.ops->close(&j->ssh->t);
	j->ssh = NULL;
	j->clogged = j->full = false;
	j->denied[0] = '\0';
	end_all(j, was_open ? BRIDGE_GONE : BRIDGE_NO_JUMP, why->text);
}

static void jump_closed(void *arg, enum host_state how, const struct err *why)
{
	(void)how;
	jump_down(arg, why);
}

static const struct transport_up jump_up = {
	.opened = jump_opened, .input = no_input, .closed = jump_closed};

static int64_t connect_ms(const struct jump *j)
{
	return j->hop->connect_timeout_ms ? j->hop->connect_timeout_ms
					  : j->all->env->options->connect_timeout_ms;
}

static void too_late(struct loop_timer *timer)
{
	struct jump *j = timer->arg;
	int64_t whole = connect_ms(j);
	struct transport *t = &j->ssh->t;
	struct err err, words;

	/* It may stand behind another one, which is not its own fault. */
	if (t->begun_ms) {
		int64_t left = transport_time_left(t, whole);

		if (left > 0 && loop_timer_in(loop_of(j), timer, left) == 0)
			return;
	}
	(void)t->ops->overdue(t, &err);
	err_set(&words, ETIMEDOUT, "%s in %.3g s", err.text, (double)whole / 1000);
	jump_down(j, &words);
}

static void connect_jump(struct jump *j)
{
	struct transport_env *env = j->all->env;
	enum host_state how;
	struct err err;

	j->state = JUMP_OPENING;
	j->ssh = ssh_open_jump(env, j->hop, &jump_up, j, serve, &how, &err);
	if (j->ssh) {
		j->ssh->noted = note_log;
		j->ssh->secret = &j->secret;
		if (loop_timer_in(env->loop, &j->timer, connect_ms(j)) == 0)
			return;
		err_set(&err, ENOMEM, "out of memory");
	}
	jump_down(j, &err);
}

/* ---- Beginning and end ---- */

static struct jump *new_jump(struct jumps *jumps, const struct host_config *hop)
{
	struct jump *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->all = jumps;
	j->hop = hop;
	j->timer = (struct loop_timer){.fn = too_late, .arg = j};
	j->next = jumps->first;
	jumps->first = j;
	return j;
}

/* One that has channels to spare. */
static struct jump *find_jump(struct jumps *jumps, const struct host_config *hop)
{
	struct jump *full = NULL, *j;
	unsigned n = 0;

	for (j = jumps->first; j; j = j->next) {
		if (j->hop != hop)
			continue;
		if (!j->full)
			return j;
		full = j;
		n++;
	}
	if (n == JUMP_SESSIONS_MAX)
		return full;
	j = new_jump(jumps, hop);
	/* Nobody is asked for its password again. */
	if (j && full && full->secret)
		j->secret = strdup(full->secret);
	return j;
}

static void tell(struct loop_timer *timer)
{
	struct bridge *b = timer->arg;
	struct err err = {.code = EIO};
	int fd = b->far_fd;

	b->told = true;
	if (b->state == BRIDGE_OPEN) {
		b->far_fd = -1;
		b->up->connected(b->arg, fd);
		return;
	}
	err_set(&err, EIO, "%s", b->why ? b->why : "out of memory");
	b->up->failed(b->arg, b->how, &err);
}

struct bridge *bridge_open(struct jumps *jumps, const struct host_config *hop, const char *address,
	uint16_t port, const struct bridge_up *up, void *arg)
{
	struct jump *j = find_jump(jumps, hop);
	size_t n = strlen(address) + 1;
	struct bridge *b = j ? calloc(1, sizeof(*b) + n) : NULL;
	int fds[2];

	if (!b || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0) {
		free(b);
		return NULL;
	}
	memcpy(b->address, address, n);
	b->loop = jumps->env->loop;
	b->port = port;
	b->up = up;
	b->arg = arg;
	b->io = (struct loop_io){.fd = fds[0], .fn = bridge_ready, .arg = b};
	b->far_fd = fds[1];
	b->timer = (struct loop_timer){.fn = tell, .arg = b};
	/* The jump host's session is paused long before. */
	buf_init(&b->in, 2 * (size_t)JUMP_HELD_MAX);
	buf_init(&b->out, PULL_BYTES);
	b->jump = j;
	put(&j->pending, b);
	if (j->state == JUMP_FAILED)
		over(b, BRIDGE_NO_JUMP,
			str_printf("jump host %s: %s", hop->name, j->why ? j->why : "failed"));
	else if (j->state == JUMP_CLOSED)
		connect_jump(j);
	else if (j->state == JUMP_OPEN)
		up->begun(arg);
	pump_soon(j);
	return b;
}

void bridge_close(struct bridge *b)
{
	struct jump *j = b ? b->jump : NULL;
	struct ssh *s = j ? j->ssh : NULL;

	if (!b)
		return;
	b->up = NULL;
	if (j && b->state == BRIDGE_OPENING) {
		/* A channel cannot be taken back before the jump host has answered. */
		loop_unwatch(b->loop, &b->io);
		b->io.fd = io_close(b->io.fd);
		b->far_fd = io_close(b->far_fd);
		loop_timer_stop(b->loop, &b->timer);
		return;
	}
	/* Another process goes on with the jump host's session. */
	if (j && j->all->env->given_away)
		b->channel = NULL;
	if (b->channel) {
		ssh_enter(s);
		let_channel_go(b);
		ssh_leave(s);
	}
	unlink_bridge(b);
	free_bridge(b);
	if (j && !j->all->env->given_away) {
		take_less(j);
		pump_soon(j);
	}
}

bool bridge_by_agent(const struct bridge *b)
{
	const struct ssh *s = b && b->jump ? b->jump->ssh : NULL;

	return s && (s->by_agent || bridge_by_agent(s->bridge));
}

bool bridge_broken(const struct bridge *b, struct err *err)
{
	if (!b || b->state != BRIDGE_OVER || b->how != BRIDGE_GONE)
		return false;
	err_set(err, ENOLINK, "%s", b->why ? b->why : "the jump host went away");
	return true;
}

struct jumps *jumps_new(struct transport_env *env)
{
	struct jumps *jumps = calloc(1, sizeof(*jumps));

	if (jumps)
		jumps->env = env;
	return jumps;
}

void jumps_forgive(struct jumps *jumps)
{
	for (struct jump *j = jumps->first; j; j = j->next)
		if (j->state == JUMP_FAILED)
			j->state = JUMP_CLOSED;
}

void jumps_answer(struct jumps *jumps, unsigned id, const char *text)
{
	struct jump *j = jumps ? jumps->first : NULL;

	while (j && (!j->ssh || j->ssh->asked != id))
		j = j->next;
	if (j)
		ssh_answered(j->ssh, text);
}

void jumps_close_idle(struct jumps *jumps)
{
	struct err err;
	bool closed = true;

	err_set(&err, EIO, "closed");
	/* One that was closed may have been the last behind another one. */
	while (closed) {
		closed = false;
		for (struct jump *j = jumps->first; j; j = j->next)
			if (j->ssh && !j->open && !j->pending) {
				jump_down(j, &err);
				closed = true;
			}
	}
}

void jumps_free(struct jumps *jumps)
{
	struct jump *next;

	for (struct jump *j = jumps ? jumps->first : NULL; j; j = j->next) {
		struct err err;

		err_set(&err, EIO, "closed");
		jump_down(j, &err);
	}
	for (struct jump *j = jumps ? jumps->first : NULL; j; j = next) {
		next = j->next;
		if (j->secret)
			explicit_bzero(j->secret, strlen(j->secret));
		free(j->secret);
		free(j->why);
		free(j);
	}
	free(jumps);
}
