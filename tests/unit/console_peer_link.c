/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A peer and its link: broken, made anew, at rest, made by others. */
#include "tests/unit/peer_fixture.h"

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

int main(void)
{
	static const struct test *const all[] = {&broken_off, &a_warm_link_that_broke_is_made_anew,
		&interrupted, &the_question_cannot_be_sent, &large_buffers_are_given_back,
		&every_allocation_may_fail, &at_rest, &at_rest_without_a_question,
		&the_hello_is_kept, &an_adopted_link, &an_adopted_link_that_broke,
		&columns_that_others_had};
	int failed;

	events_end = &events;
	failed = test_main(all, ARRAY_LEN(all));
	at_end();
	return failed;
}
