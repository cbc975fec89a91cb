/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/client.h"

#include "agentd/daemon/request.h"
#include "agentd/daemon/subject.h"
#include "agentd/daemon/worker.h"
#include "common/io.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections accepted in one round. */
#define ACCEPT_ROUND 16
/* When descriptors have run out: look again. */
#define ACCEPT_AGAIN_MS 200
/*
 * Of n sessions, those of one user, and those of all who have their own rights only, may be this
 * many: one is always left.
 */
#define SHARE(n) ((n) > 1 ? (n) - ((n) + 3) / 4 : (n))
/* Packets that a connection may hold beside its first one. */
#define DRAIN_MAX 64

/* ---- Ends ---- */

static void unlink_client(struct client *c)
{
	struct client **p = &c->d->clients;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
}

static void frames_done(struct client *c)
{
	while (c->frames) {
		struct client_frame *f = c->frames;

		c->frames = f->next;
		buf_done(&f->bytes);
		io_close(f->fd);
		free(f);
	}
	c->frames_end = &c->frames;
	c->n_frames = 0;
}

static void close_channel(struct client *c)
{
	loop_unwatch(c->d->loop, &c->channel);
	c->channel.fd = io_close(c->channel.fd);
	frames_done(c);
}

static void forget_process(struct client *c)
{
	io_close(c->pidfd);
	c->pidfd = SUBJECT_PIDFD_UNKNOWN;
}

static void client_free(struct client *c)
{
	struct daemon *d = c->d;

	child_forget(c->asking);
	requests_forget(c);
	close_channel(c);
	loop_unwatch(d->loop, &c->io);
	io_close(c->io.fd);
	forget_process(c);
	loop_timer_stop(d->loop, &c->timer);
	if (c->state <= CLIENT_ASKED)
		d->n_new--;
	if (c->counted)
		d->n_sessions--;
	unlink_client(c);
	free(c);
	daemon_check_end(d);
}

/*
 * Bytes that nobody reads would end the connection by an error, before the other side has read why.
 * The descriptors that came with them are not taken.
 */
static void drain(struct client *c)
{
	char byte;

	for (int i = 0; i < DRAIN_MAX && recv(c->io.fd, &byte, 1, MSG_DONTWAIT) > 0; i++)
		;
}

static void refuse(struct client *c, enum wire_code code, const char *text)
{
	const struct priv_refused refused = {.code = code, .text = text};

	drain(c);
	if (priv_put_refused(&c->d->out, 0, &refused) == 0)
		(void)priv_send(c->io.fd, &c->d->out, NULL, 0, false);
	client_free(c);
}

static void audit_session(struct client *c, const char *status, const char *detail)
{
	const struct audit_entry entry = {.event = AUDIT_SESSION,
		.who = &c->who,
		.session = c->number,
		.status = status,
		.detail = detail};

	ration_write(c->d, &entry);
}

/* What it told before it ended may not have been heard yet. */
static void hear_out(struct client *c)
{
	while (c->channel.fd >= 0 && priv_receive(c->channel.fd, &c->d->in, NULL, 0, false) > 0)
		if (request_take_last(c, &c->d->in) < 0)
			return;
}

/* A worker that was taken over need not tell of its queries, but they cost time. */
static void audit_end(struct client *c, const char *detail, int64_t cpu_ms)
{
	json_t *after = json_pack(
		"{s:I, s:I}", "queries", (json_int_t)c->queries, "cpu_ms", (json_int_t)cpu_ms);
	const struct audit_entry entry = {.event = AUDIT_SESSION_END,
		.who = &c->who,
		.session = c->number,
		.detail = detail,
		.after = after};

	ration_write(c->d, &entry);
	json_decref(after);
}

/* The worker is gone: the session process is told, and that was it. */
static void tell_end(struct client *c, int status, int64_t cpu_ms)
{
	struct priv_ended ended;
	char text[PRIV_REFUSAL_MAX];

	hear_out(c);
	worker_ended(c, status, &ended, text);
	if (ended.text[0])
		log_note("session %lld of %s: %s", (long long)c->number, c->who.user, ended.text);
	audit_end(c, ended.text, cpu_ms);
	drain(c);
	if (priv_put_ended(&c->d->out, 0, &ended) == 0)
		(void)priv_send(c->io.fd, &c->d->out, NULL, 0, false);
	client_free(c);
}

bool clients_reaped(struct daemon *d, pid_t pid, int status, int64_t cpu_ms)
{
	for (struct client *c = d->clients; c; c = c->next)
		if (c->worker == pid) {
			c->worker = 0;
			tell_end(c, status, cpu_ms);
			return true;
		}
	return false;
}

static void on_kill_time(struct loop_timer *timer)
{
	struct client *c = timer->arg;

	c->killed = true;
	kill(c->worker, SIGKILL);
}

void client_end(struct client *c, const char *because)
{
	if (c->state != CLIENT_RUNS)
		return;
	c->state = CLIENT_ENDING;
	c->because = because;
	c->timer.fn = on_kill_time;
	kill(c->worker, SIGTERM);
	loop_timer_in(c->d->loop, &c->timer, DAEMON_WORKER_END_MS);
}

/* It broke the rules: nothing that it says counts any more. */
static void broken(struct client *c, const char *how)
{
	log_error("session %lld of %s: the worker %s", (long long)c->number, c->who.user, how);
	close_channel(c);
	client_end(c, "the agent's worker broke the rules");
	if (!c->killed)
		on_kill_time(&c->timer);
}

void clients_drop_new(struct daemon *d)
{
	for (struct client *c = d->clients, *next; c; c = next) {
		next = c->next;
		if (c->state <= CLIENT_ASKED)
			client_free(c);
	}
}

void clients_free(struct daemon *d)
{
	while (d->clients) {
		struct client *c = d->clients;

		/* Not waited for: one that hangs in the kernel does not end by it. */
		if (c->worker)
			kill(c->worker, SIGKILL);
		client_free(c);
	}
}

/* ---- The worker's channel ---- */

static void watch_channel(struct client *c)
{
	loop_watch(c->d->loop, &c->channel, c->frames ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void flush_frames(struct client *c)
{
	while (c->frames) {
		struct client_frame *f = c->frames;
		int r = priv_send(c->channel.fd, &f->bytes, &f->fd, f->fd >= 0, false);

		if (r == -EAGAIN)
			return;
		/* Any other error is seen at its end. */
		c->frames = f->next;
		if (!c->frames)
			c->frames_end = &c->frames;
		c->n_frames--;
		buf_done(&f->bytes);
		io_close(f->fd);
		free(f);
	}
}

static bool keep_frame(struct client *c, int fd)
{
	struct client_frame *f = c->n_frames < CLIENT_FRAMES_MAX ? calloc(1, sizeof(*f)) : NULL;

	if (!f)
		return false;
	buf_init(&f->bytes, PRIV_FRAME_MAX);
	f->fd = fd;
	if (buf_add(&f->bytes, c->d->out.p, c->d->out.len) < 0) {
		free(f);
		return false;
	}
	*c->frames_end = f;
	c->frames_end = &f->next;
	c->n_frames++;
	return true;
}

void client_send(struct client *c, int fd)
{
	int r = -EAGAIN;

	if (c->channel.fd < 0) {
		io_close(fd);
		return;
	}
	if (!c->frames)
		r = priv_send(c->channel.fd, &c->d->out, &fd, fd >= 0, false);
	if (r == -EAGAIN && keep_frame(c, fd)) {
		watch_channel(c);
		return;
	}
	io_close(fd);
	if (r == -EAGAIN)
		broken(c, "does not read");
}

static void on_channel(struct loop_io *io, uint32_t events)
{
	struct client *c = io->arg;
	struct daemon *d = c->d;
	int r;

	if (events & EPOLLOUT) {
		flush_frames(c);
		watch_channel(c);
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	r = priv_receive(io->fd, &d->in, NULL, 0, false);
	if (r == -EAGAIN)
		return;
	if (r <= 0)
		/* It has ended, or is about to: told by SIGCHLD. */
		close_channel(c);
	else if (request_take(c, &d->in) < 0)
		broken(c, "sent what is no request");
	if (r == -EBADMSG)
		broken(c, "sent what is no request");
}

/* ---- The session's beginning ---- */

/* The code that goes with the words, which are NULL where nothing does. */
static enum wire_code what_refuses(
	struct client *c, const struct priv_subject *s, const char **ret_why)
{
	struct daemon *d = c->d;
	size_t most = d->conf->sessions_max, own = 0, of_user = 0, of_user_max = SHARE(most);

	if (d->conf->sessions_user_max)
		of_user_max = d->conf->sessions_user_max;
	for (const struct client *o = d->clients; o; o = o->next) {
		own += o->counted && o->as_user;
		of_user += o->counted && o->who.uid == s->who.uid;
	}
	*ret_why = NULL;
	if (!s->allow)
		*ret_why = "no role of the agent's policy names you";
	else if (d->privileged && s->who.uid == d->worker_uid && s->who.uid != 0)
		*ret_why = "this account is the agent's own";
	if (*ret_why)
		return WIRE_CODE_DENIED;
	if (d->n_sessions >= most || (s->as_user && own >= SHARE(most)))
		*ret_why = "too many sessions at once";
	else if (of_user >= of_user_max)
		*ret_why = "too many sessions of one user at once";
	return WIRE_CODE_LIMIT;
}

static void start(struct client *c, const struct priv_subject *s)
{
	struct daemon *d = c->d;
	struct err err;

	c->who = s->who;
	c->allow = s->allow;
	c->as_user = s->as_user;
	c->number = ++d->sessions;
	if (worker_start(c, s, &err) < 0) {
		log_error("%s", err.text);
		refuse(c, WIRE_CODE_INTERNAL, "the agent cannot start a worker");
		return;
	}
	d->n_new--;
	d->n_sessions++;
	c->counted = true;
	c->state = CLIENT_RUNS;
	loop_timer_stop(d->loop, &c->timer);
	c->channel.fn = on_channel;
	c->channel.arg = c;
	watch_channel(c);
	audit_session(c, NULL, s->role);
}

/* What the child found out. */
static void on_subject(void *arg, const char *p, size_t n, int status)
{
	struct client *c = arg;
	struct priv_subject s;
	enum wire_code code;
	const char *why;

	c->asking = NULL;
	if (status != 0 || priv_read_subject(p, n, &s) < 0) {
		refuse(c, WIRE_CODE_INTERNAL, "the agent cannot tell who you are");
		return;
	}
	code = what_refuses(c, &s, &why);
	if (why) {
		log_note("user %s (%u): %s", s.who.user, (unsigned)s.who.uid, why);
		c->who = s.who;
		audit_session(c, wire_status_name(WIRE_REFUSED), why);
		refuse(c, code, why);
	} else {
		start(c, &s);
	}
	priv_subject_done(&s);
}

/* In the child: the name service may block, and so may what lies in the process tree. */
static void ask(int out, int fd, void *arg)
{
	struct client *c = arg;
	struct priv_subject s = {.who = c->who};
	struct rights rights = {.allow = 0};
	struct buf frame;

	subject_look_up(&s.who, fd >= 0 ? fd : c->pidfd);
	if (policy_rights(c->d->conf, &s.who, &rights) < 0)
		_exit(1);
	s.allow = rights.allow;
	s.as_user = rights.as_user;
	s.role = rights.role;
	s.deny_tables = (const char **)rights.deny_tables;
	s.deny_paths = (const char **)rights.deny_paths;
	buf_init(&frame, PRIV_FRAME_MAX);
	if (priv_put_subject(&frame, 0, &s) < 0 || io_write_all(out, frame.p, frame.len) < 0)
		_exit(1);
}

/*
 * Its first packet stays where it is, for the worker: only its bytes are looked at here. Whoever
 * takes the descriptors may have to wait for a file system that never answers, when they are
 * closed.
 */
static int look_at_handover(struct client *c)
{
	struct buf *b = &c->d->in;
	struct priv_handover hand;
	ssize_t n;

	buf_reset(b);
	if (buf_room(b, PRIV_FRAME_MAX) < 0)
		return -ENOMEM;
	n = recv(c->io.fd, b->p, PRIV_FRAME_MAX, MSG_PEEK | MSG_DONTWAIT);
	if (n <= 0)
		return n < 0 ? -errno : -EPIPE;
	if (priv_read_handover(b->p, (size_t)n, &hand) < 0)
		return -EBADMSG;
	snprintf(c->who.claimed, sizeof(c->who.claimed), "%s", hand.claimed);
	return 0;
}

static void on_handover(struct client *c)
{
	const struct child_plan plan = {.name = "who is it",
		.kind = CHILD_LOOKS_UP,
		.uid = c->who.uid,
		.run = ask,
		.arg = c,
		.fd = c->pidfd >= 0 ? c->pidfd : -1,
		.done = on_subject,
		.done_arg = c,
		.limit_ms = DAEMON_ASK_MS};
	struct err err;
	int r = look_at_handover(c);

	if (r == -EAGAIN)
		return;
	if (r < 0) {
		client_free(c);
		return;
	}
	c->asking = child_start(&c->d->children, &plan, &err);
	if (!c->asking) {
		log_error("%s", err.text);
		refuse(c, WIRE_CODE_LIMIT, "the agent is busy");
		return;
	}
	forget_process(c);
	c->state = CLIENT_ASKED;
	loop_timer_stop(c->d->loop, &c->timer);
	/* What it sends from now on is of no interest, only that it sends no more. */
	loop_watch(c->d->loop, &c->io, EPOLLRDHUP);
}

static void on_client(struct loop_io *io, uint32_t events)
{
	struct client *c = io->arg;

	if (c->state == CLIENT_NEW && (events & EPOLLIN)) {
		on_handover(c);
		return;
	}
	if (!(events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)))
		return;
	/* The session process is gone, or was told to end; watched any longer it would be told all
	 * the time. */
	loop_unwatch(c->d->loop, io);
	if (c->state <= CLIENT_ASKED)
		client_free(c);
	else
		client_end(c, "the session was ended");
}

static void on_silence(struct loop_timer *timer)
{
	client_free(timer->arg);
}

/* ---- Accepting ---- */

/* When most of it is taken, the rest is for those who have none yet. */
static bool has_room(const struct daemon *d, uid_t uid)
{
	size_t most = d->n_new < SHARE(DAEMON_NEW_MAX) ? DAEMON_NEW_OF_ONE : 1, of_one = 0;

	for (const struct client *c = d->clients; c; c = c->next)
		of_one += c->state <= CLIENT_ASKED && c->who.uid == uid;
	return d->n_new < DAEMON_NEW_MAX && of_one < most;
}

static void add(struct daemon *d, int fd)
{
	const struct priv_refused busy = {
		.code = WIRE_CODE_LIMIT, .text = "too many connections to the agent at once"};
	struct subject who;
	struct client *c = NULL;
	int pidfd;

	if (subject_of_socket(fd, &who, &pidfd) < 0) {
		io_close(fd);
		return;
	}
	if (has_room(d, who.uid))
		c = calloc(1, sizeof(*c));
	if (!c) {
		if (priv_put_refused(&d->out, 0, &busy) == 0)
			(void)priv_send(fd, &d->out, NULL, 0, false);
		io_close(fd);
		io_close(pidfd);
		return;
	}
	c->d = d;
	c->who = who;
	c->pidfd = pidfd;
	c->frames_end = &c->frames;
	c->channel.fd = -1;
	c->io = (struct loop_io){.fd = fd, .fn = on_client, .arg = c};
	c->timer = (struct loop_timer){.fn = on_silence, .arg = c};
	c->next = d->clients;
	d->clients = c;
	d->n_new++;
	if (loop_watch(d->loop, &c->io, EPOLLIN) < 0 ||
		loop_timer_in(d->loop, &c->timer, DAEMON_HELLO_MS) < 0)
		client_free(c);
}

void client_accept(struct daemon *d)
{
	for (unsigned i = 0; i < ACCEPT_ROUND; i++) {
		int fd = accept4(d->listen.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			add(d, fd);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
			/* Those who wait stay ready: not to be asked about all the time. */
			loop_unwatch(d->loop, &d->listen);
			loop_timer_in(d->loop, &d->accept_again, ACCEPT_AGAIN_MS);
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
}
