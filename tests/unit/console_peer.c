/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One host on the level of the wire, behind a transport that is made of the test's own words. */
#include "console/fleet/peer.h"

#include "common/clock.h"
#include "common/str.h"
#include "tests/unit/test.h"

#define HELLO "{\"op\":\"hello\",\"protocol\":1,\"agent\":\"0.1.0\",\"privileged\":true}\n"
#define COLUMNS                                                                                    \
	"{\"op\":\"columns\",\"id\":2,\"columns\":[{\"name\":\"a\",\"type\":\"TEXT\"},{\"name\":"  \
	"\"b\",\"type\":\"INTEGER\"}]}\n"
#define ROW "{\"op\":\"rows\",\"id\":2,\"rows\":[[\"x\",1]]}\n"
#define DONE(n)                                                                                    \
	"{\"op\":\"done\",\"id\":2,\"rows\":" #n ",\"ms\":1.5,\"warnings\":[\"w1\",\"w2\"]}\n"

/* ---- The other side ---- */

static struct {
	struct transport t;
	struct buf sent;
	bool open, paused, cannot_send;
	int closes, rests;
} wire;

static int wire_send(struct transport *t, const void *p, size_t n)
{
	(void)t;
	return wire.cannot_send ? -EPIPE : buf_add(&wire.sent, p, n);
}

static void wire_pause(struct transport *t, bool on)
{
	(void)t;
	wire.paused = on;
}

static enum host_state wire_overdue(struct transport *t, struct err *err)
{
	(void)t;
	err_set(err, ETIMEDOUT, "no hello");
	return HOST_UNREACHABLE;
}

static void wire_close(struct transport *t)
{
	(void)t;
	wire.open = false;
	wire.closes++;
}

static void wire_rest(struct transport *t)
{
	(void)t;
	wire.rests++;
}

static const struct transport_ops wire_ops = {
	wire_send, wire_pause, wire_overdue, wire_close, wire_rest};

/* ---- The worker's part ---- */

static struct loop *loop;
static struct peer_env env;
static struct peer peer;
static struct question question;
static const struct fleet_options options = {
	.in_flight = 1, .connect_timeout_ms = 10000, .timeout_ms = 30000};
static const struct host_config host = {.name = "h", .address = "h"};
static struct fleet_event *events, **events_end;
static bool is_full, cannot_open, redialled;

static struct transport *fake_open(void *arg, struct peer *p, const struct transport_up *up,
	enum host_state *ret_how, struct err *err)
{
	(void)arg;
	if (cannot_open) {
		*ret_how = HOST_UNREACHABLE;
		err_set(err, ENOENT, "cannot open");
		return NULL;
	}
	wire.t = (struct transport){.ops = &wire_ops, .up = up, .arg = p, .in = &p->lines};
	wire.open = true;
	wire.paused = false;
	buf_reset(&wire.sent);
	return &wire.t;
}

static void take(void *arg, struct fleet_event *e)
{
	(void)arg;
	e->next = NULL;
	*events_end = e;
	events_end = &e->next;
}

static bool full(void *arg)
{
	(void)arg;
	return is_full;
}

static void linked(void *arg, struct peer *p, enum peer_link before)
{
	(void)arg;
	if (p->link == before)
		abort();
}

static void redial(void *arg, struct peer *p)
{
	(void)arg;
	(void)p;
	redialled = true;
}

static void forget_events(void)
{
	struct fleet_event *next;

	for (; events; events = next) {
		next = events->next;
		fleet_event_free(events);
	}
	events_end = &events;
}

static void begin(void)
{
	peer_done(&peer);
	forget_events();
	loop_free(loop);
	loop = loop_new(NULL);
	is_full = cannot_open = redialled = false;
	buf_done(&wire.sent);
	memset(&wire, 0, sizeof(wire));
	buf_init(&wire.sent, 1 << 20);
	peer_env_done(&env);
	env = (struct peer_env){.loop = loop,
		.options = &options,
		.question = &question,
		.open = fake_open,
		.event = take,
		.full = full,
		.linked = linked,
		.redial = redial};
	question = (struct question){.line = "Q\n",
		.n = 2,
		.id = 2,
		.cancel_id = 3,
		.max_rows = 10,
		.started_ms = clock_mono_ms()};
	peer_init(&peer, &env, &host, 0);
}

/* True when it is warm. */
static bool ask(void)
{
	struct fleet_event *e = calloc(1, sizeof(*e) + sizeof(struct fleet_end));

	if (!e)
		abort();
	e->type = FLEET_END;
	e->end = (struct fleet_end *)(e + 1);
	peer.end = e;
	return peer_ask(&peer);
}

static void say_n(const char *p, size_t n)
{
	char *room;

	while (n && wire.open) {
		size_t part = n < 4096 ? n : 4096;

		if (lines_room(wire.t.in, part, &room) == 0) {
			memcpy(room, p, part);
			lines_added(wire.t.in, part);
		}
		wire.t.up->input(wire.t.arg);
		p += part;
		n -= part;
	}
}

static void say(const char *text)
{
	say_n(text, strlen(text));
}

/* Connected, greeted and asked. */
static void start(void)
{
	begin();
	if (ask())
		abort();
	peer_dial(&peer);
	wire.t.up->opened(wire.t.arg);
	say(HELLO);
}

static const struct fleet_end *ended(void)
{
	for (const struct fleet_event *e = events; e; e = e->next)
		if (e->type == FLEET_END)
			return e->next ? NULL : e->end;
	return NULL;
}

static int count(enum fleet_event_type type)
{
	int n = 0;

	for (const struct fleet_event *e = events; e; e = e->next)
		n += e->type == type;
	return n;
}

static void turn(int64_t ms)
{
	clock_turn_mono_ms(ms);
	(void)loop_once(loop, 0);
}

/* ---- What goes well ---- */

TEST(an_answer)
{
	start();
	CHECK_STR(buf_str(&wire.sent), "Q\n");
	say(COLUMNS ROW ROW DONE(2));
	CHECK(ended());
	CHECK_INT(ended()->state, HOST_ANSWERED);
	CHECK_STR(ended()->error, "");
	CHECK_INT(ended()->rows, 2);
	CHECK(!ended()->truncated);
	CHECK_INT(ended()->n_warnings, 2);
	CHECK_STR(ended()->warnings[1], "w2");
	CHECK(ended()->connect_ms >= 0);
	CHECK_INT(count(FLEET_HELLO), 1);
	CHECK_INT(count(FLEET_COLUMNS), 1);
	CHECK_INT(count(FLEET_ROWS), 2);
	CHECK(wire.open);
	CHECK_STR(events->hello.agent, "0.1.0");
	CHECK_STR(events->next->columns.cols[1].type, "INTEGER");
	CHECK_INT(events->next->next->rows.cells[1].i, 1);
	CHECK(events->next->next->rows.cells[0].p[0] == 'x');
}

TEST(an_answer_byte_by_byte)
{
	const char *all = COLUMNS ROW DONE(1);

	start();
	for (; *all; all++)
		say_n(all, 1);
	CHECK(ended() && ended()->state == HOST_ANSWERED);
}

TEST(the_next_question_is_warm)
{
	start();
	say(COLUMNS DONE(0));
	CHECK(ended() && ended()->state == HOST_ANSWERED);
	forget_events();
	question.id = 4;
	buf_reset(&wire.sent);
	CHECK(ask());
	CHECK_STR(buf_str(&wire.sent), "Q\n");
	/* What still comes of the one before is not of this one. */
	say(ROW DONE(1));
	CHECK(!ended());
	say("{\"op\":\"columns\",\"id\":4,\"columns\":[{\"name\":\"a\",\"type\":\"TEXT\"}]}\n"
	    "{\"op\":\"done\",\"id\":4,\"rows\":0,\"ms\":1}\n");
	CHECK(ended() && ended()->state == HOST_ANSWERED);
	CHECK_INT(ended()->rows, 0);
}

TEST(only_connecting)
{
	begin();
	question.ping = true;
	CHECK(!ask());
	peer_dial(&peer);
	wire.t.up->opened(wire.t.arg);
	CHECK_INT(wire.sent.len, 0);
	say(HELLO);
	CHECK(ended() && ended()->state == HOST_ANSWERED);
	forget_events();
	question.id = 4;
	CHECK(ask());
	CHECK_STR(buf_str(&wire.sent), "Q\n");
	/* Neither an old answer nor rows are an answer to a ping. */
	say(ROW "{\"op\":\"done\",\"id\":4,\"rows\":0,\"ms\":1}\n");
	CHECK(!ended());
	say("{\"op\":\"pong\",\"id\":4}\n");
	CHECK(ended() && ended()->state == HOST_ANSWERED);
}

/* ---- What the agent refuses ---- */

TEST(errors_of_the_agent)
{
	start();
	say("{\"op\":\"error\",\"id\":2,\"code\":\"sql\",\"message\":\"no such table: x\"}\n");
	CHECK(ended() && ended()->state == HOST_FAILED);
	CHECK_STR(ended()->error, "no such table: x");
	CHECK(ended()->has_code && ended()->code == WIRE_CODE_SQL);
	CHECK(wire.open);

	start();
	say("{\"op\":\"error\",\"id\":2,\"code\":\"timeout\",\"message\":\"took too long\"}\n");
	CHECK(ended() && ended()->state == HOST_TIMED_OUT);

	start();
	say("{\"op\":\"error\",\"id\":null,\"code\":\"usage\",\"message\":\"what?\"}\n");
	CHECK(ended() && ended()->state == HOST_FAILED);

	start();
	say("{\"op\":\"error\",\"id\":2,\"code\":\"denied\",\"message\":\"\"}\n");
	CHECK(ended());
	CHECK_STR(ended()->error, "denied");
}

/* ---- What makes no sense ---- */

static void failed_by(const char *lines, const char *words)
{
	start();
	say(lines);
	if (!ended() || ended()->state != HOST_FAILED)
		FAIL("not failed by %s", lines);
	if (!strstr(ended()->error, words))
		FAIL("\"%s\" does not say \"%s\"", ended()->error, words);
	if (wire.open)
		FAIL("still listens after %s", lines);
}

TEST(nonsense)
{
	failed_by(ROW, "rows before columns");
	failed_by(DONE(0), "without columns");
	failed_by(COLUMNS COLUMNS, "columns twice");
	failed_by("{\"op\":\"columns\",\"id\":2,\"columns\":[]}\n", "without columns");
	failed_by(COLUMNS "{\"op\":\"rows\",\"id\":2,\"rows\":[[1,2,3]]}\n",
		"a row of 3 cells under 2 columns");
	failed_by(COLUMNS "{\"op\":\"rows\",\"id\":2,\"rows\":[[1,2],[3]]}\n", "protocol error");
	failed_by(COLUMNS "{\"op\":\"rows\",\"id\":2,\"rows\":[[1,99999999999999999999]]}\n",
		"protocol error");
	failed_by(COLUMNS ROW DONE(5), "5 rows announced, 1 received");
	failed_by(HELLO, "a second hello");
	failed_by("bash: tput: command not found\n", "\"bash: tput: command not found\"");
	failed_by("[1]\n", "protocol error");
	failed_by("{}\n", "protocol error");
	failed_by("{\"op\":\"done\",\"id\":2}\n", "protocol error");
	failed_by("{\"op\":{{{{{{{{{{{{{{{{{{{{{{\n", "protocol error");
	failed_by("\xff\xfe\n", "protocol error");
}

TEST(nothing_before_the_hello)
{
	static const char *const lines[] = {COLUMNS, ROW, DONE(0), "{\"op\":\"pong\",\"id\":2}\n",
		"{\"op\":\"error\",\"id\":null,\"code\":\"denied\",\"message\":\"no\"}\n",
		"Welcome to web1!\n", "{\"op\":\"news\"}\n"};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		begin();
		ask();
		peer_dial(&peer);
		wire.t.up->opened(wire.t.arg);
		say(lines[i]);
		CHECK(ended() && ended()->state == HOST_FAILED);
		CHECK(strstr(ended()->error, "protocol error"));
		CHECK_INT(ended()->connect_ms, -1);
	}
}

TEST(another_protocol)
{
	begin();
	ask();
	peer_dial(&peer);
	wire.t.up->opened(wire.t.arg);
	say("{\"op\":\"hello\",\"protocol\":2}\n");
	CHECK(ended() && ended()->state == HOST_FAILED);
	CHECK_STR(ended()->error, "its agent speaks version 2 of the protocol, this program 1");
}

TEST(an_endless_line)
{
	char *bytes = malloc(WIRE_REPLY_MAX);

	CHECK(bytes);
	memset(bytes, 'x', WIRE_REPLY_MAX);
	start();
	say_n(bytes, WIRE_REPLY_MAX);
	CHECK(!ended());
	say_n(bytes, 2);
	free(bytes);
	CHECK(ended() && ended()->state == HOST_FAILED);
	CHECK(strstr(ended()->error, "a line longer than 1024 KiB"));
}

/* A fleet of hosts that send long lines without an end does not eat all memory. */
TEST(endless_lines_of_many_hosts)
{
	char *bytes = malloc(WIRE_REPLY_MAX);

	CHECK(bytes);
	memset(bytes, 'x', WIRE_REPLY_MAX);
	start();
	env.long_lines = PEER_LONG_LINES_MAX - WIRE_REPLY_MAX / 2;
	say_n(bytes, WIRE_REPLY_MAX / 4);
	CHECK(!ended());
	say_n(bytes, WIRE_REPLY_MAX / 2);
	free(bytes);
	CHECK(ended() && ended()->state == HOST_FAILED);
	CHECK(strstr(ended()->error, "too many hosts with lines longer than 128 KiB"));
	CHECK_INT(env.long_lines, PEER_LONG_LINES_MAX - WIRE_REPLY_MAX / 2);
	/* Those with lines as they should be are not touched. */
	start();
	env.long_lines = PEER_LONG_LINES_MAX * 2;
	say(COLUMNS ROW DONE(1));
	CHECK(ended() && ended()->state == HOST_ANSWERED);
}

/* Says `line` until nobody listens, at most `most` times. */
static size_t repeat(const char *line, size_t most)
{
	size_t n = 0;

	while (wire.open && n < most) {
		say(line);
		n++;
	}
	return n;
}

TEST(floods)
{
	static const char *const lines[] = {"\n", "{\"op\":\"news\"}\n",
		"{\"op\":\"rows\",\"id\":7,\"rows\":[[1]]}\n", "{\"op\":\"pong\",\"id\":2}\n",
		"{\"op\":\"outcome\",\"id\":2,\"status\":\"done\"}\n"};
	size_t most = PEER_NOISE_MAX / PEER_NOISE_LINE;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		start();
		CHECK_INT(repeat(lines[i], most * 2), most + 1);
		CHECK(ended() && ended()->state == HOST_FAILED);
		CHECK(strstr(ended()->error, "4 MiB received that answer nothing"));
	}
	/* Rows without any row are no progress either. */
	start();
	say(COLUMNS);
	CHECK_INT(repeat("{\"op\":\"rows\",\"id\":2,\"rows\":[]}\n", most * 2), most + 1);
	/* Nor does a host that was not asked anything get more. */
	start();
	say(COLUMNS DONE(0));
	CHECK_INT(repeat(ROW, most * 2), most + 1);
	CHECK_INT(count(FLEET_END), 1);
}

/* ---- Caps ---- */

TEST(rows_at_their_cap)
{
	start();
	say(COLUMNS);
	for (int i = 0; i < 10; i++)
		say(ROW);
	CHECK(!ended());
	say(DONE(10));
	CHECK(ended() && ended()->state == HOST_ANSWERED && !ended()->truncated);
	CHECK_INT(ended()->rows, 10);
}

TEST(one_row_too_many)
{
	start();
	say(COLUMNS);
	for (int i = 0; i < 9; i++)
		say(ROW);
	buf_reset(&wire.sent);
	say("{\"op\":\"rows\",\"id\":2,\"rows\":[[\"x\",1],[\"y\",2],[\"z\",3]]}\n");
	CHECK(ended() && ended()->state == HOST_ANSWERED && ended()->truncated);
	CHECK_INT(ended()->rows, 10);
	CHECK_STR(buf_str(&wire.sent), "{\"op\":\"cancel\",\"id\":3,\"target\":2}\n");
	/* What is still on its way is not shown, and ends nothing. */
	say(ROW ROW "{\"op\":\"error\",\"id\":2,\"code\":\"cancelled\",\"message\":\"\"}\n");
	CHECK_INT(count(FLEET_END), 1);
	CHECK(wire.open);
}

TEST(bytes_at_their_cap)
{
	size_t n = 1u << 20, lines = 0;
	char *line = malloc(n + 1);
	const char *head = "{\"op\":\"rows\",\"id\":2,\"rows\":[[\"", *tail = "\",1]]}\n";

	CHECK(line);
	memset(line, 'x', n);
	memcpy(line, head, strlen(head));
	memcpy(line + n - strlen(tail), tail, strlen(tail));
	start();
	question.max_rows = WIRE_ANSWER_ROWS;
	say(COLUMNS);
	while (!ended() && lines < 100) {
		say_n(line, n);
		lines++;
		while (events && events->type != FLEET_END) {
			struct fleet_event *next = events->next;

			fleet_event_free(events);
			events = next;
		}
		if (!events)
			events_end = &events;
	}
	free(line);
	CHECK(ended() && ended()->state == HOST_ANSWERED && ended()->truncated);
	/* The newlines do not count: 65 lines of one byte less than a MiB are one too many. */
	CHECK_INT(lines, (WIRE_ANSWER_BYTES >> 20) + 1);
	CHECK_INT(ended()->rows, WIRE_ANSWER_BYTES >> 20);
}

TEST(the_agent_truncates)
{
	start();
	say(COLUMNS ROW "{\"op\":\"done\",\"id\":2,\"rows\":1,\"ms\":1,\"truncated\":true}\n");
	CHECK(ended() && ended()->state == HOST_ANSWERED && ended()->truncated);
}

/* ---- Deadlines ---- */

TEST(no_hello_in_time)
{
	begin();
	ask();
	peer_dial(&peer);
	turn(options.connect_timeout_ms - 50);
	CHECK(!ended());
	turn(100);
	CHECK(ended() && ended()->state == HOST_UNREACHABLE);
	CHECK_STR(ended()->error, "no hello in 10 s");
	CHECK(!wire.open);
}

TEST(no_answer_in_time)
{
	start();
	turn(options.timeout_ms + PEER_GRACE_MS - 50);
	CHECK(!ended());
	turn(100);
	CHECK(ended() && ended()->state == HOST_TIMED_OUT);
	CHECK_STR(ended()->error, "connected, but no answer in 30 s");
	CHECK(!wire.open);

	start();
	say(COLUMNS ROW);
	turn(options.timeout_ms + PEER_GRACE_MS + 50);
	CHECK(ended() && ended()->state == HOST_TIMED_OUT);
	CHECK_STR(ended()->error, "the answer did not end in 30 s, after 1 rows");
	CHECK_INT(ended()->rows, 1);
}

TEST(idle_hosts_have_no_deadline)
{
	start();
	say(COLUMNS DONE(0));
	turn(10000000);
	CHECK(wire.open);
}

/* ---- A caller who is slow ---- */

TEST(back_pressure)
{
	start();
	say(COLUMNS);
	is_full = true;
	say(ROW ROW);
	CHECK(wire.paused);
	CHECK_INT(count(FLEET_ROWS), 0);
	/* Its time stands still. */
	turn(options.timeout_ms * 10);
	CHECK(!ended());
	is_full = false;
	peers_resume(&env);
	CHECK(!wire.paused);
	CHECK_INT(count(FLEET_ROWS), 2);
	turn(options.timeout_ms - 1000);
	CHECK(!ended());
	say(DONE(2));
	CHECK(ended() && ended()->state == HOST_ANSWERED);
}

TEST(ended_while_it_waits_for_room)
{
	start();
	say(COLUMNS);
	is_full = true;
	say(ROW);
	CHECK(wire.paused && env.paused);
	peer_cancel(&peer);
	CHECK(ended() && ended()->state == HOST_FAILED);
	forget_events();
	is_full = false;
	peers_resume(&env);
	CHECK(!wire.paused && !env.paused);
	CHECK(!events);

	start();
	say(COLUMNS);
	is_full = true;
	say(ROW);
	wire.t.up->closed(wire.t.arg, HOST_FAILED, &(struct err){.text = "gone"});
	CHECK(!env.paused);
	CHECK(ended() && ended()->state == HOST_FAILED);
}

/* ---- Links that break ---- */

TEST(broken_off)
{
	const struct err gone = {.code = EPIPE, .text = "gone"};

	begin();
	ask();
	peer_dial(&peer);
	wire.t.up->closed(wire.t.arg, HOST_UNREACHABLE, &gone);
	CHECK(ended() && ended()->state == HOST_UNREACHABLE);
	CHECK_STR(ended()->error, "gone");

	/* Once there was a hello, it was reachable. */
	start();
	wire.t.up->closed(wire.t.arg, HOST_UNREACHABLE, &gone);
	CHECK(ended() && ended()->state == HOST_FAILED);

	begin();
	cannot_open = true;
	ask();
	peer_dial(&peer);
	CHECK(ended() && ended()->state == HOST_UNREACHABLE);
	CHECK_STR(ended()->error, "cannot open");
}

TEST(a_warm_link_that_broke_is_made_anew)
{
	const struct err gone = {.code = EPIPE, .text = "gone"};

	/* While nobody asked: nothing to tell. */
	start();
	say(COLUMNS DONE(0));
	forget_events();
	wire.t.up->closed(wire.t.arg, HOST_FAILED, &gone);
	CHECK(!events);
	CHECK(!ask());

	/* With the next question on its way. */
	start();
	say(COLUMNS DONE(0));
	forget_events();
	CHECK(ask());
	wire.t.up->closed(wire.t.arg, HOST_FAILED, &gone);
	CHECK(redialled && !events);
	peer_dial(&peer);
	wire.t.up->opened(wire.t.arg);
	CHECK_STR(buf_str(&wire.sent), "Q\n");
	/* But once only. */
	redialled = false;
	wire.t.up->closed(wire.t.arg, HOST_FAILED, &gone);
	CHECK(!redialled);
	CHECK(ended() && ended()->state == HOST_FAILED);

	/* Not when part of the answer is there. */
	start();
	say(COLUMNS DONE(0));
	forget_events();
	CHECK(ask());
	say(COLUMNS);
	wire.t.up->closed(wire.t.arg, HOST_FAILED, &gone);
	CHECK(!redialled);
	CHECK(ended() && ended()->state == HOST_FAILED);
}

TEST(interrupted)
{
	start();
	buf_reset(&wire.sent);
	peer_cancel(&peer);
	CHECK(ended() && ended()->state == HOST_FAILED);
	CHECK_STR(ended()->error, "interrupted");
	CHECK_STR(buf_str(&wire.sent), "{\"op\":\"cancel\",\"id\":3,\"target\":2}\n");
	peer_cancel(&peer);
	CHECK_INT(count(FLEET_END), 1);

	begin();
	ask();
	peer_dial(&peer);
	peer_cancel(&peer);
	CHECK(ended() && !wire.open);

	start();
	wire.cannot_send = true;
	peer_cancel(&peer);
	CHECK(ended());
}

TEST(the_question_cannot_be_sent)
{
	begin();
	ask();
	peer_dial(&peer);
	wire.cannot_send = true;
	wire.t.up->opened(wire.t.arg);
	CHECK(ended() && ended()->state == HOST_FAILED);
	CHECK(!wire.open);
}

TEST(large_buffers_are_given_back)
{
	struct buf b;

	start();
	say(COLUMNS);
	buf_init(&b, 1 << 20);
	CHECK(buf_puts(&b, "{\"op\":\"rows\",\"id\":2,\"rows\":[[\"") == 0);
	CHECK(buf_fill(&b, 'x', 200000) == 0 && buf_puts(&b, "\",1]]}\n") == 0);
	say_n(b.p, b.len);
	buf_done(&b);
	CHECK_INT(count(FLEET_ROWS), 1);
	CHECK_INT(peer.lines.buf.cap, 0);
	say(ROW DONE(2));
	CHECK(ended() && ended()->state == HOST_ANSWERED);
}

TEST(every_allocation_may_fail)
{
	long n = 0;

	do {
		begin();
		ask();
		failalloc_countdown = ++n;
		peer_dial(&peer);
		if (wire.open) {
			wire.t.up->opened(wire.t.arg);
			say(HELLO COLUMNS ROW DONE(1));
		}
		if (!ended())
			turn(options.connect_timeout_ms + options.timeout_ms * 2);
		CHECK(ended());
	} while (failalloc_spent() && n < 1000);
	failalloc_countdown = 0;
	CHECK(n > 3 && n < 1000);
	CHECK_INT(ended()->state, HOST_ANSWERED);
	begin();
}

static void at_end(void)
{
	begin();
	peer_done(&peer);
	buf_done(&wire.sent);
	peer_env_done(&env);
	loop_free(loop);
	loop = NULL;
}

/* ---- Links that others made, or get ---- */

TEST(at_rest)
{
	static const char *const unfinished[] = {"", COLUMNS, COLUMNS ROW,
		COLUMNS DONE(0) "{\"op\":\"pong\",\"id\":2}\n", COLUMNS DONE(0) "{\"op\"",
		COLUMNS DONE(0) "\n",
		"{\"op\":\"error\",\"id\":null,\"code\":\"usage\",\"message\":\"?\"}\n",
		COLUMNS ROW ROW ROW ROW ROW ROW ROW ROW ROW ROW ROW ROW};

	start();
	say(COLUMNS ROW DONE(1));
	CHECK(peer_at_rest(&peer));
	CHECK_INT(wire.rests, 1);
	start();
	say("{\"op\":\"error\",\"id\":2,\"code\":\"sql\",\"message\":\"no\"}\n");
	CHECK(peer_at_rest(&peer));
	for (size_t i = 0; i < ARRAY_LEN(unfinished); i++) {
		start();
		say(unfinished[i]);
		if (peer_at_rest(&peer))
			FAIL("at rest after %s", unfinished[i]);
	}
	start();
	say(COLUMNS);
	peer_cancel(&peer);
	CHECK(ended() && !peer_at_rest(&peer));
	say("{\"op\":\"error\",\"id\":2,\"code\":\"cancelled\",\"message\":\"\"}\n");
	CHECK(!peer_at_rest(&peer));
	CHECK_INT(wire.rests, 0);
}

TEST(at_rest_without_a_question)
{
	begin();
	question.ping = true;
	CHECK(!ask());
	CHECK(!peer_at_rest(&peer));
	peer_dial(&peer);
	wire.t.up->opened(wire.t.arg);
	say(HELLO);
	CHECK(peer_at_rest(&peer));
	question.id = 4;
	CHECK(ask());
	CHECK(!peer_at_rest(&peer));
	say("{\"op\":\"pong\",\"id\":4}\n");
	CHECK(peer_at_rest(&peer));
	peer_hang_up(&peer);
	CHECK(!peer_at_rest(&peer));
}

TEST(the_hello_is_kept)
{
	begin();
	env.keep_hello = sizeof(HELLO);
	CHECK(!ask());
	peer_dial(&peer);
	say(HELLO);
	CHECK(peer.hello && str_starts(HELLO, peer.hello));
	CHECK_INT(strlen(peer.hello), sizeof(HELLO) - 2);
	begin();
	env.keep_hello = sizeof(HELLO) - 2;
	CHECK(!ask());
	peer_dial(&peer);
	say(HELLO);
	CHECK(!peer.hello);
	start();
	CHECK(!peer.hello);
}

static void adopt(const char *hello)
{
	enum host_state how;

	begin();
	wire.t.up = NULL;
	CHECK(fake_open(NULL, &peer, &peer_up, &how, NULL) == &wire.t);
	CHECK_INT(peer_adopt(&peer, &wire.t, hello, strlen(hello) - 1), 0);
}

TEST(an_adopted_link)
{
	adopt(HELLO);
	CHECK(peer_at_rest(&peer));
	CHECK(ask());
	CHECK_STR(buf_str(&wire.sent), "Q\n");
	say(COLUMNS ROW DONE(1));
	CHECK(ended() && ended()->state == HOST_ANSWERED);
	CHECK_INT(ended()->connect_ms, -1);
	CHECK_INT(count(FLEET_HELLO), 0);
	CHECK(peer_at_rest(&peer));
	/* The hello is told when nothing else is asked, but answers nothing. */
	forget_events();
	question.ping = true;
	question.id = 4;
	CHECK(ask());
	CHECK_INT(count(FLEET_HELLO), 1);
	CHECK_STR(events->hello.agent, "0.1.0");
	CHECK(!ended());
	say("{\"op\":\"pong\",\"id\":4}\n");
	CHECK(ended() && ended()->state == HOST_ANSWERED);
	forget_events();
	question.id = 6;
	CHECK(ask());
	CHECK_INT(count(FLEET_HELLO), 0);
}

TEST(an_adopted_link_that_broke)
{
	struct err err = {0};

	adopt(HELLO);
	CHECK(ask());
	wire.t.up->closed(wire.t.arg, HOST_FAILED, &err);
	CHECK(redialled && !ended());
	peer_dial(&peer);
	wire.t.up->opened(wire.t.arg);
	say(HELLO COLUMNS DONE(0));
	CHECK(ended() && ended()->state == HOST_ANSWERED);
	CHECK_INT(count(FLEET_HELLO), 1);
	/* A hello that is none: its link is no good. */
	adopt("{}\n");
	question.ping = true;
	CHECK(!ask());
	CHECK(!wire.open && !ended());
}

TEST(columns_that_others_had)
{
	static const char other[] =
		"{\"op\":\"columns\",\"id\":2,\"columns\":[{\"name\":\"z\",\"type\":\"TEXT\"}]}\n";

	start();
	say(COLUMNS ROW DONE(1));
	CHECK(ended());
	for (int i = 0; i < 3; i++) {
		forget_events();
		CHECK(ask());
		say(i == 1 ? other : COLUMNS);
		say(i == 1 ? DONE(0) : ROW DONE(1));
		CHECK(ended() && ended()->state == HOST_ANSWERED);
		CHECK_INT(events->columns.n, i == 1 ? 1 : 2);
		CHECK_STR(events->columns.cols[0].name, i == 1 ? "z" : "a");
	}
	forget_events();
	CHECK(ask());
	say(COLUMNS COLUMNS);
	CHECK(ended() && ended()->state == HOST_FAILED);
	CHECK(strstr(ended()->error, "twice") != NULL);
}

/* ---- Actions and files ---- */

#define OUTCOME                                                                                    \
	"{\"op\":\"outcome\",\"id\":2,\"action\":\"kill\",\"status\":\"done\",\"detail\":\"d\","   \
	"\"before\":{\"pid\":7},\"after\":null,\"undo\":null}\n"
#define CHUNK(at, data) "{\"op\":\"chunk\",\"id\":2,\"offset\":" #at ",\"data\":\"" data "\"}\n"

static const struct fleet_event *first(enum fleet_event_type type)
{
	for (const struct fleet_event *e = events; e; e = e->next)
		if (e->type == type)
			return e;
	return NULL;
}

TEST(an_action)
{
	const struct fleet_event *e;

	start();
	question.action = true;
	say(ROW);
	CHECK_INT(count(FLEET_ROWS), 0);
	say(OUTCOME);
	CHECK(ended() && ended()->state == HOST_ANSWERED);
	e = first(FLEET_OUTCOME);
	CHECK(e);
	CHECK_STR(e->outcome.action, "kill");
	CHECK_STR(e->outcome.detail, "d");
	CHECK_INT(e->outcome.status, WIRE_DONE);
	CHECK_STR(e->outcome.before, "{\"pid\":7}");
	CHECK(!e->outcome.after && !e->outcome.undo);
	/* Nobody asked for an outcome. */
	start();
	say(OUTCOME);
	CHECK(!ended() && !first(FLEET_OUTCOME));
}

TEST(a_file)
{
	start();
	question.action = true;
	question.timeout_ms = 5000;
	say(CHUNK(0, "YWI="));
	turn(5900);
	CHECK(!ended());
	say(CHUNK(2, "Yw=="));
	turn(5900);
	CHECK(!ended());
	/* Nothing is no progress. */
	say(CHUNK(3, ""));
	CHECK_INT(count(FLEET_CHUNK), 2);
	CHECK_INT(first(FLEET_CHUNK)->chunk.n, 2);
	CHECK(memcmp(first(FLEET_CHUNK)->chunk.p, "ab", 2) == 0);
	turn(200);
	CHECK(ended() && ended()->state == HOST_TIMED_OUT);
	CHECK(strstr(ended()->error, "5 s") != NULL);
}

TEST(its_own_request)
{
	static const struct question_part parts[] = {{1, 2}};
	static const struct question_part none[] = {{0, 0}};

	begin();
	question.line = "xK\n";
	question.parts = parts;
	CHECK(!ask());
	peer_dial(&peer);
	wire.t.up->opened(wire.t.arg);
	CHECK_STR(buf_str(&wire.sent), "K\n");
	CHECK(peer_is_asked(&question, 0));
	question.parts = none;
	CHECK(!peer_is_asked(&question, 0));
	question.parts = NULL;
	CHECK(peer_is_asked(&question, 0));
}

TEST(an_action_is_sent_once)
{
	struct err why = {0};

	for (int once = 0; once < 2; once++) {
		start();
		question.action = true;
		say(OUTCOME);
		forget_events();
		question.once = once;
		CHECK(ask());
		err_set(&why, EPIPE, "the connection broke");
		wire.t.up->closed(wire.t.arg, HOST_UNREACHABLE, &why);
		CHECK_INT(redialled, !once);
		CHECK_INT(ended() != NULL, once);
	}
	CHECK_INT(ended()->state, HOST_FAILED);
	CHECK(strstr(ended()->error, "it may have been done") != NULL);
}

TEST(over_a_new_connection)
{
	start();
	question.action = true;
	say(OUTCOME);
	forget_events();
	question.fresh = true;
	CHECK(!ask());
	CHECK(!wire.open);
	CHECK_INT(peer.link, PEER_CLOSED);
}

int main(void)
{
	static const struct test *const all[] = {&an_answer, &an_answer_byte_by_byte,
		&the_next_question_is_warm, &only_connecting, &errors_of_the_agent, &nonsense,
		&nothing_before_the_hello, &another_protocol, &an_endless_line,
		&endless_lines_of_many_hosts, &floods, &rows_at_their_cap, &one_row_too_many,
		&bytes_at_their_cap, &the_agent_truncates, &no_hello_in_time, &no_answer_in_time,
		&idle_hosts_have_no_deadline, &back_pressure, &ended_while_it_waits_for_room,
		&broken_off, &a_warm_link_that_broke_is_made_anew, &interrupted,
		&the_question_cannot_be_sent, &large_buffers_are_given_back,
		&every_allocation_may_fail, &at_rest, &at_rest_without_a_question,
		&the_hello_is_kept, &an_adopted_link, &an_adopted_link_that_broke,
		&columns_that_others_had, &an_action, &a_file, &its_own_request,
		&an_action_is_sent_once, &over_a_new_connection};
	int failed;

	events_end = &events;
	failed = test_main(all, ARRAY_LEN(all));
	at_end();
	return failed;
}
