/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A peer and what a host says to it: answers, nonsense, caps, deadlines. */
#include "tests/unit/peer_fixture.h"

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

/* What it waits for may stand behind what another one is not read for. */
TEST(others_wait_for_room_too)
{
	struct peer other;

	start();
	peer_init(&other, &env, &host, 1);
	peer_dial(&other);
	wire.t.up->opened(wire.t.arg);
	say(HELLO);
	other.asked = other.sent = true;
	say(COLUMNS);
	is_full = true;
	say(ROW);
	CHECK(wire.paused);
	turn(options.timeout_ms * 10);
	CHECK(!ended());
	is_full = false;
	other.asked = false;
	peers_resume(&env);
	turn(options.timeout_ms * 9);
	CHECK(!ended());
	turn(options.timeout_ms * 3);
	CHECK(ended() && ended()->state == HOST_TIMED_OUT);
	peer_done(&other);
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
		&idle_hosts_have_no_deadline, &back_pressure, &others_wait_for_room_too,
		&ended_while_it_waits_for_room, &an_action, &a_file, &its_own_request,
		&an_action_is_sent_once, &over_a_new_connection};
	int failed;

	events_end = &events;
	failed = test_main(all, ARRAY_LEN(all));
	at_end();
	return failed;
}
