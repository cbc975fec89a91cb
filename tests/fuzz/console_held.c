/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames between clients and holders of connections. The first byte chooses: the reader of frames
 * alone; a holder, to which the rest is what a client says after its greeting; a client, to which
 * it is what a holder says.
 */
#include "console/fleet/held.h"
#include "console/fleet/held_key.h"
#include "console/fleet/holder.h"

#include "common/io.h"
#include "common/wire.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOSTS 4
#define FOUND "t k\nh\n"
/* What fits into a socket that nobody reads. */
#define SAID_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static char dir[32];
static int dir_fd = -1, listener = -1;
static struct held_name name;
static struct held_hi hi;
static struct loop *loop;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void clean_up(void)
{
	char path[64];

	held_dir_remove(dir_fd, &name);
	snprintf(path, sizeof(path), "%s/tocsin", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct held_name hidden;

	(void)argc;
	(void)argv;
	signal(SIGPIPE, SIG_IGN);
	snprintf(dir, sizeof(dir), "/tmp/tocsin-fuzz-XXXXXX");
	must(mkdtemp(dir) && setenv("XDG_RUNTIME_DIR", dir, 1) == 0);
	dir_fd = held_dir_open(NULL);
	listener = held_dir_listen(dir_fd, &hidden);
	name = held_dir_shown(&hidden, 1, 0);
	must(listener >= 0 && held_dir_show(dir_fd, &hidden, &name) == 0);
	must(held_hi_new(NULL, &hi) == 0);
	loop = loop_new(NULL);
	atexit(clean_up);
	return 0;
}

/* ---- Frames ---- */

static void read_frames(const char *p, size_t n, bool from_client)
{
	struct held_frame f;
	struct held_found found;
	long took;

	while ((took = held_take(p, n, from_client, &f)) > 0) {
		must((size_t)took <= n && f.n <= n && f.host < HELD_HOSTS_MAX);
		if (f.kind == HELD_FOUND && held_found_read(&f, &found) == 0)
			must(found.type.n + found.key.n + found.hello.n + 3 == f.n);
		p += took;
		n -= (size_t)took;
	}
	must(took == 0 || took == -EBADMSG);
}

/* ---- Hosts that say back what they hear ---- */

struct fake {
	struct transport t;
	struct loop_timer timer;
	char said[256];
	size_t n;
	bool closed;
};
static struct fake fakes[HOSTS];

static int fake_send(struct transport *t, const void *p, size_t n)
{
	struct fake *f = (struct fake *)t;

	must(!f->closed);
	f->n = n < sizeof(f->said) ? n : sizeof(f->said);
	memcpy(f->said, p, f->n);
	return f->said[0] == '!' ? -EMSGSIZE : loop_timer_in(loop, &f->timer, 0);
}

static void fake_turn(struct loop_timer *timer)
{
	struct fake *f = timer->arg;
	struct err err = {.text = "gone"};
	char *room;

	if (f->said[0] == '?') {
		f->t.up->closed(f->t.arg, HOST_FAILED, &err);
		return;
	}
	if (lines_room(f->t.in, f->n, &room) < 0)
		return;
	memcpy(room, f->said, f->n);
	lines_added(f->t.in, f->n);
	f->t.up->input(f->t.arg);
}

static void fake_pause(struct transport *t, bool on)
{
	(void)t;
	(void)on;
}

static enum host_state fake_overdue(struct transport *t, struct err *err)
{
	(void)t;
	(void)err;
	return HOST_FAILED;
}

static void fake_close(struct transport *t)
{
	struct fake *f = (struct fake *)t;

	must(!f->closed);
	f->closed = true;
	loop_timer_stop(loop, &f->timer);
}

static const struct transport_ops fake_ops = {
	.send = fake_send, .pause = fake_pause, .overdue = fake_overdue, .close = fake_close};

/* Host i has the key iii…, as text: the fuzzer is to find it. */
static struct held_key key_of(int i)
{
	struct held_key key;

	memset(&key, 'a' + i, sizeof(key));
	return key;
}

/* ---- A holder ---- */

struct rounds {
	struct loop_timer timer;
	struct holder *holder;
	int left;
};

static void end_of_round(struct loop_timer *timer)
{
	struct rounds *r = timer->arg;

	if (r->left-- > 0)
		(void)loop_timer_in(loop, timer, 0);
	else
		holder_stop(r->holder);
}

static void hear_client(const char *p, size_t n)
{
	struct holder_options o = {
		.loop = loop, .listener = listener, .hi = hi, .idle_ms = 60000, .sessions = HOSTS};
	struct rounds rounds = {.timer = {.fn = end_of_round, .arg = &rounds}, .left = 8};
	struct buf b;
	int fd = held_dir_connect(dir_fd, &name);

	rounds.holder = holder_new(&o);
	must(fd >= 0 && rounds.holder);
	for (int i = 0; i < HOSTS; i++) {
		struct holder_session s = {.t = &fakes[i].t,
			.key = key_of(i),
			.found = FOUND,
			.found_size = sizeof(FOUND) - 1};

		fakes[i] = (struct fake){
			.t.ops = &fake_ops, .timer = {.fn = fake_turn, .arg = &fakes[i]}};
		must(holder_add(rounds.holder, &s) == 0);
	}
	buf_init(&b, SIZE_MAX);
	must(held_put(&b, HELD_HI, 0, &hi, sizeof(hi)) == 0 && buf_add(&b, p, n) == 0);
	must(send(fd, b.p, b.len, MSG_NOSIGNAL) == (ssize_t)b.len);
	buf_done(&b);
	(void)loop_timer_in(loop, &rounds.timer, 0);
	holder_run(rounds.holder);
	close(fd);
	rounds.left = 2;
	loop_timer_stop(loop, &rounds.timer);
	holder_free(rounds.holder);
	for (int i = 0; i < HOSTS; i++)
		must(fakes[i].closed);
}

/* ---- A client ---- */

static struct client {
	struct transport *t;
	struct lines in;
	bool closed;
} clients[HOSTS];

static void nothing(void *arg)
{
	(void)arg;
}

static void client_input(void *arg)
{
	struct client *c = arg;
	char *line;
	size_t n;

	must(!c->closed);
	while (lines_next(&c->in, &line, &n) == 1)
		if (n && line[0] == '!') {
			c->t->ops->close(c->t);
			c->t = NULL;
			return;
		}
}

static void client_closed(void *arg, enum host_state how, const struct err *why)
{
	struct client *c = arg;

	(void)how;
	(void)why;
	must(!c->closed);
	c->closed = true;
}

static const struct transport_up client_up = {
	.opened = nothing, .input = client_input, .closed = client_closed};

static void take_found(void *arg, struct held_link *l, uint32_t host, const struct held_found *f)
{
	(void)arg;
	(void)f;
	if (clients[host].t)
		return;
	lines_init(&clients[host].in, WIRE_REPLY_MAX);
	clients[host].t = held_open(l, host, &clients[host].in, &client_up, &clients[host]);
}

static void hear_holder(const char *p, size_t n)
{
	struct held_key key = key_of(0);
	struct held_wish wishes[HOSTS];
	struct held_link *l = held_link_new(dir_fd, &name, &hi);
	int fd = accept(listener, NULL, NULL), patience = 5;
	struct buf b;

	must(l && fd >= 0);
	memset(clients, 0, sizeof(clients));
	for (uint32_t i = 0; i < HOSTS; i++)
		wishes[i] = (struct held_wish){i, &key};
	buf_init(&b, SIZE_MAX);
	must(held_put(&b, HELD_HI, 0, &hi, sizeof(hi)) == 0 && buf_add(&b, p, n) == 0);
	must(send(fd, b.p, b.len, MSG_NOSIGNAL) == (ssize_t)b.len);
	shutdown(fd, SHUT_WR);
	buf_done(&b);
	if (held_find(l, wishes, HOSTS, take_found, NULL, &patience) == 0 &&
		held_link_watch(l, loop) == 0)
		for (int i = 0; i < 4; i++)
			(void)loop_once(loop, 0);
	for (int i = 0; i < HOSTS; i++) {
		if (clients[i].t)
			clients[i].t->ops->close(clients[i].t);
		lines_done(&clients[i].in);
	}
	held_link_free(l);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *p = (const char *)data + 1;

	if (n < 1 || n > SAID_MAX)
		return 0;
	switch (data[0]) {
	case 'c':
		hear_client(p, n - 1);
		break;
	case 'h':
		hear_holder(p, n - 1);
		break;
	default:
		read_frames(p, n - 1, data[0] & 1);
	}
	return 0;
}
