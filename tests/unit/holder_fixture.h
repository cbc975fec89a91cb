/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A holder in a thread of its own, with hosts that are made of the test's own words; spoken to
 * frame by frame, and by the transport that clients use.
 */
#ifndef TESTS_UNIT_HOLDER_FIXTURE_H
#define TESTS_UNIT_HOLDER_FIXTURE_H

#include "console/fleet/holder.h"

#include "common/clock.h"
#include "common/io.h"
#include "common/str.h"
#include "common/wire.h"
#include "console/fleet/held.h"
#include "console/fleet/held_key.h"
#include "tests/unit/test.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 20000
#define HOSTS	6
#define IDLE_MS 40000
#define HELLO	"{\"op\":\"hello\",\"protocol\":1}"
#define FOUND	"ssh-ed25519 AAAA\n" HELLO "\n"
#define LINE	"0123456789012345678901234567890123456789012345678901234567890\n"

/* ---- Hosts ---- */

/*
 * What a client says is what the host does: "echo TEXT" says TEXT and a newline, "half TEXT"
 * without one, "twice TEXT" says it again a moment later, "much N" says so many lines, "die" ends,
 * "full" is not taken. Pings are answered unless `mute`, or `odd`: with something else.
 */
struct fake {
	struct transport t;
	struct loop_timer timer;
	struct buf out;
	size_t lines, again;
	bool dies;
	atomic_bool mute, odd, paused;
	atomic_int closes, pings, asks;
};

static struct loop *loop;
static struct holder *holder;
static pthread_t thread;
static bool running;
static struct fake fakes[HOSTS];
static char dir[64];
static int dir_fd = -1, listener = -1;
static struct held_name name;
static struct held_hi hi;

static inline void deliver(struct fake *f)
{
	char *room;
	size_t n = f->out.len;

	if (!n || lines_room(f->t.in, n, &room) < 0)
		return;
	memcpy(room, f->out.p, n);
	lines_added(f->t.in, n);
	buf_reset(&f->out);
	f->t.up->input(f->t.arg);
}

static inline void fake_turn(struct loop_timer *timer)
{
	struct fake *f = timer->arg;
	struct err err;

	if (f->dies) {
		err_set(&err, EIO, "it died");
		f->t.up->closed(f->t.arg, HOST_FAILED, &err);
		return;
	}
	if (f->paused)
		return;
	for (int i = 0; i < 100 && f->lines; i++, f->lines--)
		(void)buf_puts(&f->out, LINE);
	deliver(f);
	if (f->again && !f->closes) {
		f->again = 0;
		(void)buf_puts(&f->out, "late\n");
	}
	if ((f->lines || f->out.len) && !f->closes)
		(void)loop_timer_in(loop, &f->timer, f->lines ? 0 : 50);
}

static inline void answer_ping(struct fake *f, const char *line, size_t n)
{
	struct wire_request r;

	f->pings++;
	if (f->mute || wire_request_read(line, n - 1, &r, NULL) < 0)
		return;
	if (f->odd)
		(void)buf_puts(&f->out, "odd\n");
	else
		(void)wire_put_pong(&f->out, r.id, NULL);
	wire_request_done(&r);
}

static inline int fake_send(struct transport *t, const void *p, size_t n)
{
	struct fake *f = (struct fake *)t;
	char text[128] = "";
	size_t rest = n < sizeof(text) ? n : sizeof(text) - 1;

	memcpy(text, p, rest);
	if (str_starts(text, "full"))
		return -EMSGSIZE;
	if (strstr(text, "\"ping\"")) {
		answer_ping(f, p, n);
	} else {
		f->asks++;
		if (str_starts(text, "echo "))
			(void)buf_add(&f->out, text + 5, rest - 5);
		else if (str_starts(text, "half "))
			(void)buf_add(&f->out, text + 5, rest - 6);
		else if (str_starts(text, "twice "))
			f->again = (size_t)(buf_add(&f->out, text + 6, rest - 6) == 0);
		else if (str_starts(text, "much "))
			f->lines = strtoul(text + 5, NULL, 10);
		else if (str_starts(text, "die"))
			f->dies = true;
	}
	return loop_timer_in(loop, &f->timer, 0);
}

static inline void fake_pause(struct transport *t, bool on)
{
	struct fake *f = (struct fake *)t;

	f->paused = on;
	if (!on)
		(void)loop_timer_in(loop, &f->timer, 0);
}

static inline enum host_state fake_overdue(struct transport *t, struct err *err)
{
	(void)t;
	(void)err;
	return HOST_FAILED;
}

static inline void fake_close(struct transport *t)
{
	struct fake *f = (struct fake *)t;

	loop_timer_stop(loop, &f->timer);
	f->closes++;
}

static const struct transport_ops fake_ops = {
	.send = fake_send, .pause = fake_pause, .overdue = fake_overdue, .close = fake_close};

/* ---- The holder ---- */

/* Host i has the key iii…; the last one was authenticated by an agent. */
static inline struct held_key key_of(int i)
{
	struct held_key key;

	memset(&key, i, sizeof(key));
	return key;
}

static inline void *run(void *arg)
{
	(void)arg;
	holder_run(holder);
	return NULL;
}

static inline void add_hosts(void)
{
	for (int i = 0; i < HOSTS; i++) {
		struct holder_session s = {.t = &fakes[i].t,
			.key = key_of(i),
			.by_agent = i == HOSTS - 1,
			.found = FOUND,
			.found_size = sizeof(FOUND) - 1};

		memset(&fakes[i], 0, sizeof(fakes[i]));
		fakes[i].t.ops = &fake_ops;
		fakes[i].timer = (struct loop_timer){.fn = fake_turn, .arg = &fakes[i]};
		buf_init(&fakes[i].out, 1 << 20);
		if (holder_add(holder, &s) < 0)
			abort();
	}
}

static inline void begin(void)
{
	struct holder_options o = {.idle_ms = IDLE_MS, .sessions = HOSTS};
	struct held_name hidden;

	signal(SIGPIPE, SIG_IGN);
	snprintf(dir, sizeof(dir), "/tmp/tocsin-holder-XXXXXX");
	if (!mkdtemp(dir))
		abort();
	setenv("XDG_RUNTIME_DIR", dir, 1);
	dir_fd = held_dir_open(NULL);
	listener = held_dir_listen(dir_fd, &hidden);
	name = held_dir_shown(&hidden, getpid(), 0);
	if (listener < 0 || held_dir_show(dir_fd, &hidden, &name) < 0 || held_hi_new(NULL, &hi) < 0)
		abort();
	loop = loop_new(NULL);
	o.loop = loop;
	o.listener = listener;
	o.hi = hi;
	holder = holder_new(&o);
	if (!holder)
		abort();
	add_hosts();
	running = pthread_create(&thread, NULL, run, NULL) == 0;
}

static inline void stop(void)
{
	if (running) {
		holder_stop(holder);
		pthread_join(thread, NULL);
	}
	running = false;
	holder_free(holder);
	holder = NULL;
}

static inline void end(void)
{
	char path[128];

	stop();
	held_dir_remove(dir_fd, &name);
	dir_fd = io_close(dir_fd);
	listener = io_close(listener);
	loop_free(loop);
	for (int i = 0; i < HOSTS; i++)
		buf_done(&fakes[i].out);
	snprintf(path, sizeof(path), "%s/tocsin", dir);
	(void)rmdir(path);
	(void)rmdir(dir);
}

#define WAIT_FOR(condition)                                                                        \
	do {                                                                                       \
		int64_t left_ = WAIT_MS;                                                           \
		while (!(condition) && left_-- > 0)                                                \
			poll(NULL, 0, 1);                                                          \
		CHECK(condition);                                                                  \
	} while (0)

/* ---- A client, frame by frame ---- */

struct raw {
	int fd;
	struct buf in;
	size_t at;
};

static inline void put(struct raw *c, enum held_kind kind, uint32_t host, const void *p, size_t n)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	if (held_put(&b, kind, host, p, n) < 0 || io_write_all(c->fd, b.p, b.len) < 0)
		b.len = 0;
	buf_done(&b);
}

/* False at the end. */
static inline bool get(struct raw *c, struct held_frame *f)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	ssize_t n;
	long r;

	buf_consume(&c->in, c->at);
	c->at = 0;
	while ((r = held_take(buf_str(&c->in), c->in.len, false, f)) == 0) {
		if (poll(&p, 1, WAIT_MS) != 1 || buf_room(&c->in, 65536) < 0)
			return false;
		n = recv(c->fd, c->in.p + c->in.len, 65536, 0);
		if (n <= 0)
			return false;
		buf_added(&c->in, (size_t)n);
	}
	c->at = r > 0 ? (size_t)r : 0;
	return r > 0;
}

static inline struct raw raw_open(const struct held_hi *mine)
{
	struct raw c = {.fd = held_dir_connect(dir_fd, &name)};

	buf_init(&c.in, SIZE_MAX);
	put(&c, HELD_HI, 0, mine, sizeof(*mine));
	return c;
}

static inline void raw_close(struct raw *c)
{
	c->fd = io_close(c->fd);
	buf_done(&c->in);
}

static inline struct raw greeted(void)
{
	struct raw c = raw_open(&hi);
	struct held_frame f;

	if (!get(&c, &f) || f.kind != HELD_HI)
		abort();
	return c;
}

static inline bool is_text(const struct held_frame *f, enum held_kind kind, const char *text)
{
	return f->kind == kind && span_eq((struct span){f->p, f->n}, text);
}

/* Asks for host `i` under the number `as`: is it lent? */
static inline bool find(struct raw *c, int i, uint32_t as)
{
	struct held_key key = key_of(i);
	struct held_frame f = {0};
	bool found = false;

	put(c, HELD_FIND, as, &key, sizeof(key));
	put(c, HELD_ASKED, 0, NULL, 0);
	while (get(c, &f) && f.kind != HELD_TOLD)
		found |= f.host == as && is_text(&f, HELD_FOUND, FOUND);
	if (f.kind != HELD_TOLD)
		abort();
	return found;
}

static inline bool says(struct raw *c, uint32_t host, const char *request, const char *answer)
{
	struct held_frame f;

	put(c, HELD_SAY, host, request, strlen(request));
	return get(c, &f) && f.host == host && is_text(&f, HELD_HEARD, answer);
}

/* Is host `i` at rest after what was done with it, or closed? At rest again afterwards. */
static inline bool comes_back(int i)
{
	struct raw c = raw_open(&hi);
	struct held_frame f;
	bool back = get(&c, &f) && find(&c, i, 0);

	if (back) {
		put(&c, HELD_BACK, 0, NULL, 0);
		/* When that is answered, this was heard. */
		(void)find(&c, HOSTS, 1);
	}
	raw_close(&c);
	return back;
}

#endif
