/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/child.h"

#include "common/clock.h"
#include "common/io.h"
#include "common/spawn.h"
#include "common/str.h"
#include "common/wire.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_BYTES    (16u << 10)
#define LOOK_AGAIN_MS 10

/* ---- Command lines ---- */

struct words {
	struct buf *text;
	size_t at[CHILD_WORDS_MAX]; /* in the text, which moves while it grows */
	size_t n;
	int r;
};

static void add_word(struct words *w, const char *word)
{
	size_t at = w->text->len;

	if (w->n + 1 >= CHILD_WORDS_MAX)
		w->r = -E2BIG;
	if (w->r == 0)
		w->r = buf_add(w->text, word, strlen(word) + 1);
	if (w->r == 0)
		w->at[w->n++] = at;
}

static void add_pair(struct words *w, const char *flag, const char *value)
{
	if (!value)
		return;
	add_word(w, flag);
	add_word(w, value);
}

static void add_option(struct words *w, const char *name, const char *value)
{
	char *both = value ? str_printf("%s=%s", name, value) : NULL;

	if (value && !both)
		w->r = -ENOMEM;
	if (both)
		add_pair(w, "-o", both);
	free(both);
}

static void add_number(struct words *w, const char *flag, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	if (flag[0] == '-')
		add_pair(w, flag, text);
	else
		add_option(w, flag, text);
}

/* ssh splits the list at blanks but for those within quotes. */
static void add_known_hosts(struct words *w, const char *const *files)
{
	struct buf b;
	int r = 0;

	buf_init(&b, WIRE_REQUEST_MAX);
	for (size_t i = 0; files && files[i] && r == 0; i++)
		r = buf_printf(&b, "%s\"%s\"", i ? " " : "", files[i]);
	if (r < 0)
		w->r = r;
	else if (b.len)
		add_option(w, "UserKnownHostsFile", b.p);
	buf_done(&b);
}

static void add_ssh(struct words *w, const struct fleet_options *o, const struct host_config *h)
{
	struct span rest = span_str(o->ssh_command), word;

	while (w->r == 0 && span_split(&rest, ' ', &word)) {
		char *copy = word.n ? span_dup(word) : NULL;

		if (copy)
			add_word(w, copy);
		free(copy);
	}
	add_pair(w, "-F", o->ssh_config);
	add_pair(w, "-J", o->jump);
	if (h->port)
		add_number(w, "-p", h->port);
	add_pair(w, "-l", h->user);
	for (size_t i = 0; h->key_files && h->key_files[i]; i++)
		add_pair(w, "-i", h->key_files[i]);
	for (size_t i = 0; h->ssh_words && h->ssh_words[i]; i++)
		add_word(w, h->ssh_words[i]);
	add_option(w, "BatchMode", "yes");
	add_number(w, "ConnectTimeout", (o->connect_timeout_ms + 999) / 1000);
	add_option(w, "StrictHostKeyChecking", o->accept_new ? "accept-new" : "yes");
	add_known_hosts(w, o->known_hosts);
	add_option(w, "HostKeyAlias", h->host_key_alias);
	add_word(w, "-s");
	add_word(w, "--");
	add_word(w, h->address);
	add_word(w, WIRE_SUBSYSTEM);
}

int child_words(const struct fleet_options *options, const char *agent_program,
	const struct host_config *host, struct buf *text, const char *words[CHILD_WORDS_MAX],
	struct err *err)
{
	struct words w = {.text = text};

	if (host->connection == CONNECTION_LOCAL) {
		add_word(&w, agent_program);
		add_word(&w, "session");
	} else if (host->address[0] == '-') {
		return err_set(err, EINVAL, "%s is not a host's address", host->address);
	} else {
		add_ssh(&w, options, host);
	}
	if (w.r < 0)
		return err_set(err, -w.r, "the command line for the host is too long");
	for (size_t i = 0; i < w.n; i++)
		words[i] = text->p + w.at[i];
	words[w.n] = NULL;
	return 0;
}

enum host_state child_ssh_state(const char *words)
{
	static const char *const unreachable[] = {"Connection refused", "No route to host",
		"Network is unreachable", "Could not resolve hostname", "Connection timed out",
		"Operation timed out", "Host is down"};

	if (strstr(words, "during banner exchange"))
		return HOST_TIMED_OUT;
	for (size_t i = 0; i < ARRAY_LEN(unreachable); i++)
		if (strstr(words, unreachable[i]))
			return HOST_UNREACHABLE;
	return HOST_FAILED;
}

/* ---- Processes that are to end ---- */

struct dying {
	struct dying *next;
	pid_t pid;
	int64_t kill_at;
};

struct reaper {
	struct loop *loop;
	struct loop_timer timer;
	struct dying *list;
};

static void reap(struct reaper *r, int64_t now)
{
	for (struct dying **at = &r->list; *at;) {
		struct dying *d = *at;

		if (waitpid(d->pid, NULL, WNOHANG) != 0) {
			*at = d->next;
			free(d);
			continue;
		}
		if (now >= d->kill_at) {
			kill(-d->pid, SIGKILL);
			d->kill_at = INT64_MAX;
		}
		at = &d->next;
	}
}

static void tick(struct loop_timer *timer)
{
	struct reaper *r = timer->arg;

	reap(r, clock_mono_ms());
	if (r->list)
		(void)loop_timer_in(r->loop, timer, LOOK_AGAIN_MS);
}

struct reaper *reaper_new(struct loop *loop)
{
	struct reaper *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->loop = loop;
	r->timer = (struct loop_timer){.fn = tick, .arg = r};
	return r;
}

/* The program's input has ended already, which is enough for a good one. */
void reaper_take(struct reaper *r, pid_t pid)
{
	struct dying *d = malloc(sizeof(*d));

	kill(-pid, SIGTERM);
	if (!d) {
		kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return;
	}
	*d = (struct dying){
		.next = r->list, .pid = pid, .kill_at = clock_mono_ms() + CHILD_GRACE_MS};
	r->list = d;
	if (!r->timer.slot)
		(void)loop_timer_in(r->loop, &r->timer, LOOK_AGAIN_MS);
}

void reaper_free(struct reaper *r)
{
	struct dying *next;

	if (!r)
		return;
	loop_timer_stop(r->loop, &r->timer);
	/* Half of the time to end, half of it to be killed. */
	for (int i = 0; r->list && i < CHILD_GRACE_MS / LOOK_AGAIN_MS; i++) {
		reap(r, i * LOOK_AGAIN_MS < CHILD_GRACE_MS / 2 ? 0 : INT64_MAX - 1);
		if (r->list)
			poll(NULL, 0, LOOK_AGAIN_MS);
	}
	for (struct dying *d = r->list; d; d = next) {
		next = d->next;
		free(d);
	}
	free(r);
}

/* ---- The transport ---- */

struct child {
	struct transport t;
	struct transport_env *env;
	const struct host_config *host;
	struct loop_io io, err_io;
	struct loop_timer timer;
	pid_t pid;
	int status; /* of waitpid, when pid is 0 */
	int looks;  /* for the status, after the output's end */
	struct buf out, said;
	bool opened, ended, over, paused;
	bool busy, doomed; /* closed while in a callback: freed at its end */
};

static void close_child(struct transport *t)
{
	struct child *c = (struct child *)t;

	if (c->busy) {
		c->doomed = true;
		return;
	}
	loop_timer_stop(c->env->loop, &c->timer);
	loop_unwatch(c->env->loop, &c->io);
	loop_unwatch(c->env->loop, &c->err_io);
	io_close(c->io.fd);
	io_close(c->err_io.fd);
	if (c->pid > 0)
		reaper_take(c->env->reaper, c->pid);
	buf_done(&c->out);
	buf_done(&c->said);
	free(c);
}

static void enter(struct child *c)
{
	c->busy = true;
}

static void leave(struct child *c)
{
	c->busy = false;
	if (c->doomed)
		close_child(&c->t);
}

/* The last line of stderr says what went wrong. */
static const char *last_line(struct child *c)
{
	struct span s = span_trim((struct span){buf_str(&c->said), c->said.len});
	const char *newline = s.n ? memrchr(s.p, '\n', s.n) : NULL;

	if (!s.n)
		return "";
	c->said.p[(size_t)(s.p - c->said.p) + s.n] = '\0';
	return newline ? newline + 1 : s.p;
}

static void say_over(struct child *c)
{
	const char *words = last_line(c);
	bool ssh = c->host->connection == CONNECTION_SSH;
	char status[40] = "";
	struct err err;

	if (c->pid == 0 && WIFEXITED(c->status) && WEXITSTATUS(c->status))
		snprintf(status, sizeof(status), " with status %d", WEXITSTATUS(c->status));
	else if (c->pid == 0 && WIFSIGNALED(c->status))
		snprintf(status, sizeof(status), " by signal %d", WTERMSIG(c->status));
	if (ssh && words[0])
		err_set(&err, EIO, "%s", words);
	else
		err_set(&err, EIO, "%s ended%s%s%s", ssh ? "the ssh program" : "the agent", status,
			words[0] ? ": " : "", words);
	c->over = true;
	loop_timer_stop(c->env->loop, &c->timer);
	loop_unwatch(c->env->loop, &c->io);
	loop_unwatch(c->env->loop, &c->err_io);
	c->t.up->closed(c->t.arg, ssh ? child_ssh_state(words) : HOST_FAILED, &err);
}

static void read_stderr(struct child *c)
{
	char bytes[1024];
	ssize_t n;

	/* A round only: a program that never stops writing is not to be waited for. */
	for (int i = 0; i < 8 && (n = read(c->err_io.fd, bytes, sizeof(bytes))) > 0; i++) {
		size_t left = c->said.max - c->said.len;

		(void)buf_add(&c->said, bytes, (size_t)n < left ? (size_t)n : left);
	}
	if (n == 0)
		loop_unwatch(c->env->loop, &c->err_io);
}

/* Waits a moment for the exit status, to have the last words and their meaning. */
static void look_for_status(struct child *c)
{
	c->ended = true;
	loop_unwatch(c->env->loop, &c->io);
	if (c->pid > 0 && waitpid(c->pid, &c->status, WNOHANG) == c->pid)
		c->pid = 0;
	if (c->pid > 0 && c->looks++ < CHILD_GRACE_MS / LOOK_AGAIN_MS &&
		loop_timer_in(c->env->loop, &c->timer, LOOK_AGAIN_MS) == 0)
		return;
	read_stderr(c);
	say_over(c);
}

static void watch(struct child *c)
{
	uint32_t events = (c->paused ? 0u : EPOLLIN) | (c->out.len ? EPOLLOUT : 0u);

	if (c->ended || c->over || c->doomed)
		return;
	if (!events)
		loop_unwatch(c->env->loop, &c->io);
	else if (loop_watch(c->env->loop, &c->io, events) < 0)
		look_for_status(c);
}

static void write_out(struct child *c)
{
	while (c->out.len) {
		ssize_t n = send(c->io.fd, c->out.p, c->out.len, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		/* A program that is gone shows at the end of its output. */
		if (n < 0)
			break;
		buf_consume(&c->out, (size_t)n);
	}
	buf_done(&c->out);
}

/* 1: bytes came, 0: none for now, -1: the end. */
static int read_some(struct child *c, size_t *got)
{
	char *room;
	ssize_t n;

	/* Over-long: lines_next has told the peer. */
	if (lines_room(c->t.in, READ_BYTES, &room) < 0)
		return 0;
	n = recv(c->io.fd, room, READ_BYTES, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (n == 0)
		return -1;
	lines_added(c->t.in, (size_t)n);
	*got += (size_t)n;
	return 1;
}

static void read_in(struct child *c)
{
	size_t got = 0;
	int r = 1;

	while (r > 0 && got < TRANSPORT_ROUND_BYTES)
		r = read_some(c, &got);
	if (got)
		c->t.up->input(c->t.arg);
	if (r < 0 && !c->doomed)
		look_for_status(c);
}

static void ready(struct loop_io *io, uint32_t events)
{
	struct child *c = io->arg;

	enter(c);
	if (events & EPOLLOUT)
		write_out(c);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !c->paused)
		read_in(c);
	watch(c);
	leave(c);
}

static void err_ready(struct loop_io *io, uint32_t events)
{
	(void)events;
	read_stderr(io->arg);
}

static void timer_fired(struct loop_timer *timer)
{
	struct child *c = timer->arg;

	enter(c);
	if (c->ended) {
		look_for_status(c);
	} else if (!c->opened) {
		c->opened = true;
		c->t.up->opened(c->t.arg);
	}
	write_out(c);
	watch(c);
	leave(c);
}

static int send_bytes(struct transport *t, const void *p, size_t n)
{
	struct child *c = (struct child *)t;
	int r = buf_add(&c->out, p, n);

	if (r == 0 && !c->busy && !c->ended) {
		write_out(c);
		watch(c);
	}
	return r;
}

static void pause_reading(struct transport *t, bool on)
{
	struct child *c = (struct child *)t;

	c->paused = on;
	if (!c->busy)
		watch(c);
}

static enum host_state overdue(struct transport *t, struct err *err)
{
	struct child *c = (struct child *)t;
	const char *words = last_line(c);

	err_set(err, ETIMEDOUT, "%s did not say hello%s%s",
		c->host->connection == CONNECTION_SSH ? "the agent behind the ssh program"
						      : "the agent",
		words[0] ? ": " : "", words);
	return HOST_TIMED_OUT;
}

static const struct transport_ops child_ops = {
	.send = send_bytes,
	.pause = pause_reading,
	.overdue = overdue,
	.close = close_child,
};

static int start(struct child *c, struct err *err)
{
	const char *words[CHILD_WORDS_MAX];
	struct spawned p;
	struct buf text;
	int r;

	buf_init(&text, WIRE_REQUEST_MAX);
	r = child_words(c->env->options, c->env->agent_program, c->host, &text, words, err);
	if (r == 0)
		r = spawn(words, 1, &p, err);
	buf_done(&text);
	if (r < 0)
		return r;
	c->pid = p.pid;
	c->io.fd = p.fd;
	c->err_io.fd = p.err_fd;
	r = loop_watch(c->env->loop, &c->err_io, EPOLLIN);
	if (r == 0)
		r = loop_timer_in(c->env->loop, &c->timer, 0);
	return r < 0 ? err_sys(err, -r, "cannot watch %s", c->host->name) : 0;
}

struct transport *child_open(struct transport_env *env, const struct host_config *host,
	struct lines *in, const struct transport_up *up, void *arg, enum host_state *ret_how,
	struct err *err)
{
	struct child *c = calloc(1, sizeof(*c));

	*ret_how = HOST_FAILED;
	if (!c) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	c->t = (struct transport){.ops = &child_ops, .up = up, .arg = arg, .in = in};
	c->env = env;
	c->host = host;
	c->io = (struct loop_io){.fd = -1, .fn = ready, .arg = c};
	c->err_io = (struct loop_io){.fd = -1, .fn = err_ready, .arg = c};
	c->timer = (struct loop_timer){.fn = timer_fired, .arg = c};
	buf_init(&c->out, WIRE_REQUEST_MAX * 2);
	buf_init(&c->said, CHILD_STDERR_MAX);
	if (start(c, err) == 0)
		return &c->t;
	close_child(&c->t);
	return NULL;
}
