/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A holder in a thread of its own, with hosts that are made of the test's own words; spoken to
 * frame by frame, and by the transport that clients use.
 */
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
#define HOSTS	3
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

static void deliver(struct fake *f)
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

static void fake_turn(struct loop_timer *timer)
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

static void answer_ping(struct fake *f, const char *line, size_t n)
{
	struct wire_request r;

	f->pings++;
	if (f->mute || wire_request_read(line, n - 1, &r, NULL) < 0)
		return;
	if (f->odd)
		(void)buf_puts(&f->out, "odd\n");
	else
		(void)wire_put_pong(&f->out, r.id);
	wire_request_done(&r);
}

static int fake_send(struct transport *t, const void *p, size_t n)
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

static void fake_pause(struct transport *t, bool on)
{
	struct fake *f = (struct fake *)t;

	f->paused = on;
	if (!on)
		(void)loop_timer_in(loop, &f->timer, 0);
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

	loop_timer_stop(loop, &f->timer);
	f->closes++;
}

static const struct transport_ops fake_ops = {
	.send = fake_send, .pause = fake_pause, .overdue = fake_overdue, .close = fake_close};

/* ---- The holder ---- */

/* Host i has the key iii…; the last one was authenticated by an agent. */
static struct held_key key_of(int i)
{
	struct held_key key;

	memset(&key, i, sizeof(key));
	return key;
}

static void *run(void *arg)
{
	(void)arg;
	holder_run(holder);
	return NULL;
}

static void add_hosts(void)
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

static void begin(void)
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

static void stop(void)
{
	if (running) {
		holder_stop(holder);
		pthread_join(thread, NULL);
	}
	running = false;
	holder_free(holder);
	holder = NULL;
}

static void end(void)
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

static void put(struct raw *c, enum held_kind kind, uint32_t host, const void *p, size_t n)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	if (held_put(&b, kind, host, p, n) < 0 || io_write_all(c->fd, b.p, b.len) < 0)
		b.len = 0;
	buf_done(&b);
}

/* False at the end. */
static bool get(struct raw *c, struct held_frame *f)
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

static struct raw raw_open(const struct held_hi *mine)
{
	struct raw c = {.fd = held_dir_connect(dir_fd, &name)};

	buf_init(&c.in, SIZE_MAX);
	put(&c, HELD_HI, 0, mine, sizeof(*mine));
	return c;
}

static void raw_close(struct raw *c)
{
	c->fd = io_close(c->fd);
	buf_done(&c->in);
}

static struct raw greeted(void)
{
	struct raw c = raw_open(&hi);
	struct held_frame f;

	if (!get(&c, &f) || f.kind != HELD_HI)
		abort();
	return c;
}

static bool is_text(const struct held_frame *f, enum held_kind kind, const char *text)
{
	return f->kind == kind && span_eq((struct span){f->p, f->n}, text);
}

/* Asks for host `i` under the number `as`: is it lent? */
static bool find(struct raw *c, int i, uint32_t as)
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

static bool says(struct raw *c, uint32_t host, const char *request, const char *answer)
{
	struct held_frame f;

	put(c, HELD_SAY, host, request, strlen(request));
	return get(c, &f) && f.host == host && is_text(&f, HELD_HEARD, answer);
}

TEST(lending)
{
	struct raw c;
	struct held_frame f;

	begin();
	c = greeted();
	CHECK(find(&c, 0, 5));
	CHECK(says(&c, 5, "echo one\n", "one\n"));
	CHECK(find(&c, 1, 900));
	put(&c, HELD_AGAIN, 900, NULL, 0);
	CHECK(get(&c, &f) && f.host == 900 && is_text(&f, HELD_HEARD, "one\n"));
	CHECK(!find(&c, 0, 6));
	CHECK(!find(&c, HOSTS, 7));
	raw_close(&c);
	end();
}

TEST(one_client_at_a_time)
{
	struct raw a, b;

	begin();
	a = greeted();
	b = greeted();
	CHECK(find(&a, 0, 0));
	CHECK(!find(&b, 0, 0));
	CHECK(find(&b, 1, 0));
	/* Numbers are each client's own. */
	CHECK(says(&a, 0, "echo a\n", "a\n"));
	CHECK(says(&b, 0, "echo b\n", "b\n"));
	CHECK(says(&a, 0, "echo aa\n", "aa\n"));
	put(&a, HELD_REST, 0, NULL, 0);
	put(&a, HELD_BACK, 0, NULL, 0);
	CHECK(!find(&a, 1, 1));
	CHECK(find(&b, 0, 1));
	raw_close(&a);
	raw_close(&b);
	end();
}

/* Is host `i` at rest after what was done with it, or closed? At rest again afterwards. */
static bool comes_back(int i)
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

TEST(what_comes_back)
{
	struct raw c;

	begin();
	/* Never asked. */
	c = greeted();
	CHECK(find(&c, 0, 0));
	raw_close(&c);
	WAIT_FOR(comes_back(0));
	/* Asked, and all answered. */
	c = greeted();
	CHECK(find(&c, 0, 0));
	CHECK(says(&c, 0, "echo x\n", "x\n"));
	put(&c, HELD_REST, 0, NULL, 0);
	raw_close(&c);
	WAIT_FOR(comes_back(0));
	CHECK_INT(fakes[0].closes, 0);
	/* Nobody said that it rests. */
	c = greeted();
	CHECK(find(&c, 0, 0));
	CHECK(says(&c, 0, "echo x\n", "x\n"));
	raw_close(&c);
	WAIT_FOR(fakes[0].closes == 1);
	CHECK(!comes_back(0));
	end();
}

TEST(what_does_not_come_back)
{
	struct raw c;

	begin();
	/* Half a line, whatever the client says. */
	c = greeted();
	CHECK(find(&c, 0, 0));
	CHECK(says(&c, 0, "half x\n", "x"));
	put(&c, HELD_REST, 0, NULL, 0);
	put(&c, HELD_BACK, 0, NULL, 0);
	WAIT_FOR(fakes[0].closes == 1);
	/* Dropped. */
	CHECK(find(&c, 1, 1));
	put(&c, HELD_DROP, 1, NULL, 0);
	WAIT_FOR(fakes[1].closes == 1);
	raw_close(&c);
	CHECK(!comes_back(0));
	CHECK(!comes_back(1));
	end();
}

TEST(late_words)
{
	struct raw c;
	struct held_frame f;

	begin();
	/* To the client, while it has the session. */
	c = greeted();
	CHECK(find(&c, 0, 0));
	CHECK(says(&c, 0, "twice x\n", "x\n"));
	put(&c, HELD_REST, 0, NULL, 0);
	CHECK(get(&c, &f) && is_text(&f, HELD_HEARD, "late\n"));
	raw_close(&c);
	WAIT_FOR(fakes[0].closes == 1);
	/* To nobody afterwards. */
	c = greeted();
	CHECK(find(&c, 1, 0));
	CHECK(says(&c, 0, "twice x\n", "x\n"));
	put(&c, HELD_REST, 0, NULL, 0);
	put(&c, HELD_BACK, 0, NULL, 0);
	WAIT_FOR(fakes[1].closes == 1);
	CHECK(!find(&c, 1, 1));
	raw_close(&c);
	end();
}

TEST(ends_of_sessions)
{
	struct raw c;
	struct held_frame f;

	begin();
	c = greeted();
	CHECK(find(&c, 0, 0));
	put(&c, HELD_SAY, 0, "die\n", 4);
	CHECK(get(&c, &f) && f.host == 0 && is_text(&f, HELD_GONE, "it died"));
	CHECK_INT(fakes[0].closes, 1);
	/* What is still said to it is for nobody. */
	put(&c, HELD_SAY, 0, "echo x\n", 7);
	put(&c, HELD_DROP, 0, NULL, 0);
	CHECK(find(&c, 1, 1));
	put(&c, HELD_SAY, 1, "full\n", 5);
	CHECK(get(&c, &f) && f.host == 1 && f.kind == HELD_GONE);
	raw_close(&c);
	end();
}

TEST(another_agent)
{
	struct held_hi other = hi;
	struct raw c;
	struct held_frame f;

	begin();
	other = hi;
	other.agent[0]++;
	c = raw_open(&other);
	CHECK(get(&c, &f) && f.kind == HELD_HI);
	CHECK(!find(&c, HOSTS - 1, 0));
	CHECK(find(&c, 0, 1));
	raw_close(&c);
	CHECK(comes_back(HOSTS - 1));
	end();
}

TEST(what_others_have)
{
	struct held_key key = key_of(0);
	struct raw a, b;
	struct held_frame f;

	begin();
	a = greeted();
	b = greeted();
	put(&b, HELD_HAVE, 3, &key, sizeof(key));
	key = key_of(HOSTS);
	put(&b, HELD_HAVE, 4, &key, sizeof(key));
	put(&b, HELD_ASKED, 0, NULL, 0);
	CHECK(get(&b, &f) && f.kind == HELD_HAS && f.host == 3);
	CHECK(get(&b, &f) && f.kind == HELD_TOLD);
	/* One that is lent is of no use to the next client. */
	CHECK(find(&a, 0, 0));
	key = key_of(0);
	put(&b, HELD_HAVE, 5, &key, sizeof(key));
	put(&b, HELD_ASKED, 0, NULL, 0);
	CHECK(get(&b, &f) && f.kind == HELD_TOLD);
	raw_close(&a);
	raw_close(&b);
	end();
}

TEST(other_versions)
{
	struct held_hi other;
	struct raw c;
	struct held_frame f;

	begin();
	other = hi;
	other.program[0]++;
	c = raw_open(&other);
	put(&c, HELD_KINDS + 1, 0, NULL, 0);
	CHECK(get(&c, &f) && f.kind == HELD_HI);
	CHECK(!get(&c, &f));
	raw_close(&c);
	CHECK(comes_back(0));
	end();
}

TEST(clients_that_talk_nonsense)
{
	struct held_key key = key_of(0);
	struct raw good, c;
	struct held_frame f;
	char junk[4096];

	begin();
	good = greeted();
	CHECK(find(&good, 1, 0));
	/* No greeting. */
	c = (struct raw){.fd = held_dir_connect(dir_fd, &name)};
	buf_init(&c.in, SIZE_MAX);
	put(&c, HELD_FIND, 0, &key, sizeof(key));
	CHECK(!get(&c, &f));
	raw_close(&c);
	/* Two of them. */
	c = greeted();
	put(&c, HELD_HI, 0, &hi, sizeof(hi));
	CHECK(!get(&c, &f));
	raw_close(&c);
	/* A number twice. */
	c = greeted();
	CHECK(find(&c, 0, 0));
	put(&c, HELD_FIND, 0, &key, sizeof(key));
	CHECK(!get(&c, &f));
	raw_close(&c);
	/* Anything. */
	c = greeted();
	memset(junk, 0xff, sizeof(junk));
	CHECK(io_write_all(c.fd, junk, sizeof(junk)) == 0);
	CHECK(!get(&c, &f));
	raw_close(&c);
	/* The holder's own words. */
	c = greeted();
	put(&c, HELD_TOLD, 0, NULL, 0);
	CHECK(!get(&c, &f));
	raw_close(&c);
	CHECK(says(&good, 0, "echo still here\n", "still here\n"));
	raw_close(&good);
	CHECK(comes_back(0));
	end();
}

TEST(too_many_clients)
{
	struct raw c[HOLDER_CLIENTS_MAX], one;
	struct held_frame f;

	begin();
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		c[i] = greeted();
	one = raw_open(&hi);
	CHECK(!get(&one, &f));
	raw_close(&one);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		raw_close(&c[i]);
	WAIT_FOR(comes_back(0));
	end();
}

TEST(a_client_that_does_not_read)
{
	struct raw c, other;
	struct held_frame f;
	size_t lines = 100000, bytes = 0;

	begin();
	c = greeted();
	other = greeted();
	CHECK(find(&c, 0, 0));
	CHECK(find(&other, 1, 0));
	put(&c, HELD_SAY, 0, "much 100000\n", 12);
	WAIT_FOR(fakes[0].paused);
	CHECK(says(&other, 0, "echo others go on\n", "others go on\n"));
	CHECK(fakes[0].paused);
	while (bytes < lines * (sizeof(LINE) - 1)) {
		CHECK(get(&c, &f) && f.kind == HELD_HEARD && f.n <= HELD_HEARD_MAX);
		bytes += f.n;
	}
	CHECK_INT(bytes, lines * (sizeof(LINE) - 1));
	CHECK(says(&c, 0, "echo and then\n", "and then\n"));
	/* One that goes away meanwhile. */
	put(&c, HELD_SAY, 0, "much 100000\n", 12);
	WAIT_FOR(fakes[0].paused);
	raw_close(&c);
	WAIT_FOR(fakes[0].closes == 1);
	raw_close(&other);
	end();
}

TEST(questions_that_are_not_read_back)
{
	struct raw c;
	struct held_frame f;
	struct held_key key = key_of(HOSTS);
	struct buf b;

	/* Answers to more than the buffers hold: the holder stops reading, not growing. */
	begin();
	c = greeted();
	buf_init(&b, SIZE_MAX);
	for (int i = 0; i < 100000; i++) {
		CHECK_INT(held_put(&b, HELD_HAVE, 1, &key, sizeof(key)), 0);
		CHECK_INT(held_put(&b, HELD_ASKED, 0, NULL, 0), 0);
	}
	for (size_t sent = 0, told = 0; told < 100000;) {
		ssize_t n = sent < b.len ? send(c.fd, b.p + sent, b.len - sent, MSG_NOSIGNAL) : -1;

		if (n > 0)
			sent += (size_t)n;
		else if (get(&c, &f))
			told += f.kind == HELD_TOLD;
		else
			FAIL("%zu of %zu sent, %zu told", sent, b.len, told);
	}
	buf_done(&b);
	raw_close(&c);
	end();
}

/* ---- Time ---- */

TEST(sessions_at_rest_are_pinged)
{
	begin();
	fakes[1].mute = true;
	fakes[2].odd = true;
	clock_turn_mono_ms(IDLE_MS / 4);
	WAIT_FOR(fakes[0].pings >= 1 && fakes[1].pings >= 1 && fakes[2].closes == 1);
	CHECK_INT(fakes[1].closes, 0);
	/* No answer in time. */
	clock_turn_mono_ms(IDLE_MS / 2);
	WAIT_FOR(fakes[1].closes == 1);
	CHECK_INT(fakes[0].closes, 0);
	CHECK(comes_back(0));
	end();
}

TEST(idle_sessions_end)
{
	struct raw c;

	begin();
	c = greeted();
	CHECK(find(&c, 0, 0));
	clock_turn_mono_ms(IDLE_MS);
	WAIT_FOR(fakes[1].closes == 1 && fakes[2].closes == 1);
	/* Not the one that is used. */
	CHECK_INT(fakes[0].closes, 0);
	CHECK(says(&c, 0, "echo x\n", "x\n"));
	put(&c, HELD_REST, 0, NULL, 0);
	raw_close(&c);
	WAIT_FOR(comes_back(0));
	clock_turn_mono_ms(IDLE_MS);
	WAIT_FOR(fakes[0].closes == 1);
	/* And with the last one, the holder. */
	pthread_join(thread, NULL);
	running = false;
	CHECK_INT(holder_sessions(holder), 0);
	end();
}

TEST(after_a_long_sleep)
{
	struct raw c;
	int before;

	begin();
	before = fakes[0].pings;
	/* The machine was suspended, and the steps of looking after sessions with it. */
	clock_turn_mono_ms(IDLE_MS - 5000);
	c = greeted();
	if (find(&c, 0, 0))
		CHECK(fakes[0].pings > before);
	raw_close(&c);
	WAIT_FOR(fakes[0].pings > before);
	WAIT_FOR(comes_back(0));
	end();
}

TEST(a_ping_and_a_loan)
{
	struct raw c;

	begin();
	fakes[0].mute = true;
	clock_turn_mono_ms(IDLE_MS / 4);
	WAIT_FOR(fakes[0].pings >= 1);
	c = greeted();
	CHECK(find(&c, 0, 0));
	/* Whatever comes first is no longer waited for, and heard. */
	CHECK(says(&c, 0, "echo x\n", "x\n"));
	put(&c, HELD_REST, 0, NULL, 0);
	raw_close(&c);
	WAIT_FOR(comes_back(0));
	end();
}

TEST(old_sessions)
{
	begin();
	clock_turn_mono_ms(HOLDER_AGE_MS + 1000);
	CHECK(!comes_back(0));
	end();
}

/* ---- The client's transport ---- */

static struct loop *mine;

struct client {
	struct transport *t;
	struct lines in;
	struct buf heard;
	int closed;
	struct err why;
};
static struct client clients[HOSTS];

static void nothing(void *arg)
{
	(void)arg;
}

static void client_input(void *arg)
{
	struct client *c = arg;
	char *line;
	size_t n;

	while (lines_next(&c->in, &line, &n) == 1) {
		(void)buf_add(&c->heard, line, n);
		(void)buf_putc(&c->heard, '|');
	}
}

static void client_closed(void *arg, enum host_state how, const struct err *why)
{
	struct client *c = arg;

	(void)how;
	c->closed++;
	c->why = *why;
}

static const struct transport_up client_up = {
	.opened = nothing, .input = client_input, .closed = client_closed};

static int refused;

static void take_found(
	void *arg, struct held_link *l, uint32_t host, const struct held_found *found)
{
	struct client *c = &clients[host];

	(void)arg;
	if ((int)host == refused || !span_eq(found->hello, HELLO) || !span_eq(found->key, "AAAA"))
		return;
	lines_init(&c->in, WIRE_REPLY_MAX);
	c->t = held_open(l, host, &c->in, &client_up, c);
}

static void take_has(void *arg, uint32_t host)
{
	*(unsigned *)arg |= 1u << host;
}

static struct held_link *connect_client(int without)
{
	struct held_key keys[HOSTS];
	struct held_wish wishes[HOSTS];
	struct held_link *l = held_link_new(dir_fd, &name, &hi);
	int patience = WAIT_MS;

	refused = without;
	memset(clients, 0, sizeof(clients));
	for (int i = 0; i < HOSTS; i++) {
		keys[i] = key_of(i);
		wishes[i] = (struct held_wish){(uint32_t)i, &keys[i]};
		buf_init(&clients[i].heard, SIZE_MAX);
	}
	if (!l || held_find(l, wishes, HOSTS, take_found, NULL, &patience) < 0)
		abort();
	mine = loop_new(NULL);
	if (held_link_watch(l, mine) < 0)
		abort();
	return l;
}

static void disconnect(struct held_link *l)
{
	for (int i = 0; i < HOSTS; i++) {
		if (clients[i].t)
			clients[i].t->ops->close(clients[i].t);
		lines_done(&clients[i].in);
		buf_done(&clients[i].heard);
	}
	held_link_free(l);
	loop_free(mine);
}

#define RUN_UNTIL(condition)                                                                       \
	do {                                                                                       \
		int64_t until_ = clock_mono_ms() + WAIT_MS;                                        \
		while (!(condition) && clock_mono_ms() < until_)                                   \
			(void)loop_once(mine, 5);                                                  \
		CHECK(condition);                                                                  \
	} while (0)

static void say(int i, const char *text)
{
	CHECK_INT(clients[i].t->ops->send(clients[i].t, text, strlen(text)), 0);
}

TEST(a_client)
{
	static const char request[] = "echo a request long enough to be said but once\n";
	static const char answer[] = "a request long enough to be said but once|";
	struct held_link *l;

	begin();
	l = connect_client(-1);
	CHECK_INT(held_lent(l), HOSTS);
	for (int i = 0; i < HOSTS; i++)
		say(i, request);
	for (int i = 0; i < HOSTS; i++)
		RUN_UNTIL(str_eq(buf_str(&clients[i].heard), answer));
	say(0, "echo x\n");
	RUN_UNTIL(str_ends(buf_str(&clients[0].heard), "|x|"));
	clients[0].t->ops->rest(clients[0].t);
	clients[1].t->ops->rest(clients[1].t);
	disconnect(l);
	/* Two rest, the third was left in the middle. */
	WAIT_FOR(fakes[2].closes == 1);
	WAIT_FOR(comes_back(0));
	CHECK(comes_back(1));
	end();
}

TEST(a_client_refuses)
{
	struct held_link *l;

	begin();
	l = connect_client(1);
	CHECK_INT(held_lent(l), HOSTS - 1);
	say(0, "echo x\n");
	RUN_UNTIL(str_eq(buf_str(&clients[0].heard), "x|"));
	WAIT_FOR(fakes[1].closes == 1);
	disconnect(l);
	end();
}

TEST(a_client_is_told_of_ends)
{
	struct held_link *l;

	begin();
	l = connect_client(-1);
	say(0, "die\n");
	RUN_UNTIL(clients[0].closed == 1);
	CHECK_STR(clients[0].why.text, "it died");
	CHECK_INT(clients[1].closed, 0);
	stop();
	RUN_UNTIL(clients[1].closed == 1 && clients[2].closed == 1);
	CHECK(strstr(clients[1].why.text, "holder") != NULL);
	CHECK_INT(clients[1].t->ops->send(clients[1].t, "x", 1), -EPIPE);
	disconnect(l);
	end();
}

TEST(a_client_pauses)
{
	struct held_link *l;

	begin();
	l = connect_client(-1);
	say(0, "much 50000\n");
	say(1, "echo x\n");
	RUN_UNTIL(clients[0].heard.len > 0);
	clients[0].t->ops->pause(clients[0].t, true);
	WAIT_FOR(fakes[0].paused);
	(void)loop_once(mine, 0);
	(void)loop_once(mine, 0);
	CHECK(clients[0].heard.len < 50000 * (sizeof(LINE) - 1) / 2);
	clients[0].t->ops->pause(clients[0].t, false);
	RUN_UNTIL(clients[0].heard.len == 50000 * (sizeof(LINE) - 1));
	CHECK_STR(buf_str(&clients[1].heard), "x|");
	disconnect(l);
	end();
}

TEST(a_client_asks_what_there_is)
{
	struct held_key keys[2] = {key_of(0), key_of(HOSTS)};
	struct held_wish wishes[2] = {{3, &keys[0]}, {4, &keys[1]}};
	struct held_link *l;
	unsigned has = 0;
	int patience = WAIT_MS;

	begin();
	l = held_link_new(dir_fd, &name, &hi);
	CHECK(l != NULL);
	CHECK_INT(held_have(l, wishes, 2, take_has, &has, &patience), 0);
	CHECK_INT(has, 1 << 3);
	held_link_free(l);
	end();
}

TEST(a_holder_that_is_silent)
{
	struct held_key key = key_of(0);
	struct held_wish wish = {0, &key};
	struct held_link *l;
	int patience = 50;

	begin();
	stop();
	l = held_link_new(dir_fd, &name, &hi);
	CHECK(l != NULL);
	CHECK_INT(held_find(l, &wish, 1, take_found, NULL, &patience), -ETIMEDOUT);
	CHECK(patience <= 0);
	held_link_free(l);
	end();
}

/* Says something that is not what was asked for, again and again. */
static void *trickle(void *arg)
{
	int fd = accept(listener, NULL, NULL), *turns = arg;
	struct buf b;

	buf_init(&b, SIZE_MAX);
	(void)held_put(&b, HELD_HI, 0, &hi, sizeof(hi));
	while ((*turns)-- > 0 && io_write_all(fd, b.p, b.len) == 0) {
		buf_reset(&b);
		(void)held_put(&b, HELD_HEARD, 0, "x", 1);
		poll(NULL, 0, 10);
	}
	buf_done(&b);
	io_close(fd);
	return NULL;
}

TEST(a_holder_that_trickles)
{
	struct held_key key = key_of(0);
	struct held_wish wish = {0, &key};
	struct held_link *l;
	int patience = 100, turns = WAIT_MS / 10;

	begin();
	stop();
	l = held_link_new(dir_fd, &name, &hi);
	CHECK(l != NULL);
	CHECK_INT(pthread_create(&thread, NULL, trickle, &turns), 0);
	CHECK_INT(held_find(l, &wish, 1, take_found, NULL, &patience), -ETIMEDOUT);
	held_link_free(l);
	pthread_join(thread, NULL);
	end();
}

/* Plays a holder that says these bytes. */
static int find_at(const void *bytes, size_t n)
{
	struct held_key key = key_of(0);
	struct held_wish wish = {0, &key};
	struct held_link *l = held_link_new(dir_fd, &name, &hi);
	int fd = accept(listener, NULL, NULL), patience = 200, r;

	memset(clients, 0, sizeof(clients));
	refused = -1;
	if (!l || fd < 0 || io_write_all(fd, bytes, n) < 0)
		abort();
	r = held_find(l, &wish, 1, take_found, NULL, &patience);
	if (clients[0].t)
		clients[0].t->ops->close(clients[0].t);
	lines_done(&clients[0].in);
	held_link_free(l);
	close(fd);
	return r;
}

TEST(a_holder_that_talks_nonsense)
{
	struct held_hi other;
	struct buf b;

	begin();
	stop();
	CHECK_INT(io_nonblock(listener, false), 0);
	buf_init(&b, SIZE_MAX);
	CHECK_INT(held_put(&b, HELD_TOLD, 0, NULL, 0), 0);
	CHECK_INT(find_at(b.p, b.len), -EBADMSG);
	other = hi;
	other.version[0]++;
	buf_reset(&b);
	CHECK_INT(held_put(&b, HELD_HI, 0, &other, sizeof(other)), 0);
	CHECK_INT(find_at(b.p, b.len), -EBADMSG);
	buf_reset(&b);
	CHECK_INT(held_put(&b, HELD_HI, 0, &hi, sizeof(hi)), 0);
	CHECK_INT(find_at(b.p, b.len), -ETIMEDOUT);
	/* Numbers that nobody asked for; a host that has no key. */
	CHECK_INT(held_put(&b, HELD_FOUND, 1, FOUND, sizeof(FOUND) - 1), 0);
	CHECK_INT(find_at(b.p, b.len), -EBADMSG);
	buf_cut(&b, HELD_HEAD + sizeof(hi));
	CHECK_INT(held_put(&b, HELD_FOUND, 0, "x\n", 2), 0);
	CHECK_INT(find_at(b.p, b.len), -EBADMSG);
	buf_cut(&b, HELD_HEAD + sizeof(hi));
	CHECK_INT(held_put(&b, HELD_HAS, 0, NULL, 0), 0);
	CHECK_INT(find_at(b.p, b.len), -EBADMSG);
	buf_cut(&b, HELD_HEAD + sizeof(hi));
	/* Words of hosts that are not lent are nobody's. */
	CHECK_INT(held_put(&b, HELD_HEARD, 9, "x", 1), 0);
	CHECK_INT(held_put(&b, HELD_GONE, 9, "x", 1), 0);
	CHECK_INT(held_put(&b, HELD_TOLD, 0, NULL, 0), 0);
	CHECK_INT(find_at(b.p, b.len), 0);
	buf_done(&b);
	end();
}

TEST(words_before_the_loop)
{
	struct held_key keys[HOSTS];
	struct held_wish wishes[HOSTS];
	struct held_link *l;
	struct buf b;
	int fd, patience = WAIT_MS;

	begin();
	stop();
	CHECK_INT(io_nonblock(listener, false), 0);
	l = held_link_new(dir_fd, &name, &hi);
	fd = accept(listener, NULL, NULL);
	buf_init(&b, SIZE_MAX);
	memset(clients, 0, sizeof(clients));
	refused = -1;
	CHECK_INT(held_put(&b, HELD_HI, 0, &hi, sizeof(hi)), 0);
	for (uint32_t i = 0; i < HOSTS; i++) {
		keys[i] = key_of((int)i);
		wishes[i] = (struct held_wish){i, &keys[i]};
		buf_init(&clients[i].heard, SIZE_MAX);
		CHECK_INT(held_put(&b, HELD_FOUND, i, FOUND, sizeof(FOUND) - 1), 0);
	}
	CHECK_INT(held_put(&b, HELD_HEARD, 0, "early\n", 6), 0);
	CHECK_INT(held_put(&b, HELD_GONE, 1, "gone", 4), 0);
	CHECK_INT(held_put(&b, HELD_TOLD, 0, NULL, 0), 0);
	CHECK_INT(held_put(&b, HELD_HEARD, 2, "later\n", 6), 0);
	CHECK_INT(io_write_all(fd, b.p, b.len), 0);
	CHECK_INT(held_find(l, wishes, HOSTS, take_found, NULL, &patience), 0);
	CHECK_INT(held_lent(l), HOSTS);
	CHECK_INT(clients[1].closed, 0);
	mine = loop_new(NULL);
	CHECK_INT(held_link_watch(l, mine), 0);
	RUN_UNTIL(clients[1].closed == 1 && clients[0].heard.len && clients[2].heard.len);
	CHECK_STR(buf_str(&clients[0].heard), "early|");
	CHECK_STR(buf_str(&clients[2].heard), "later|");
	buf_done(&b);
	close(fd);
	disconnect(l);
	end();
}

TEST_MAIN(&lending, &one_client_at_a_time, &what_comes_back, &what_does_not_come_back, &late_words,
	&ends_of_sessions, &another_agent, &what_others_have, &other_versions,
	&clients_that_talk_nonsense, &too_many_clients, &a_client_that_does_not_read,
	&questions_that_are_not_read_back, &sessions_at_rest_are_pinged, &idle_sessions_end,
	&after_a_long_sleep, &a_ping_and_a_loan, &old_sessions, &a_client, &a_client_refuses,
	&a_client_is_told_of_ends, &a_client_pauses, &a_client_asks_what_there_is,
	&a_holder_that_is_silent, &a_holder_that_trickles, &a_holder_that_talks_nonsense,
	&words_before_the_loop)
