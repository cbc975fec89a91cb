/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A holder, spoken to frame by frame. */
#include "tests/unit/holder_fixture.h"

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

/* In one round, which are gathered then. */
TEST(answers_of_many)
{
	char question[32], answer[32];
	struct held_frame f;
	struct raw c;
	struct buf b;

	begin();
	c = greeted();
	buf_init(&b, SIZE_MAX);
	for (int i = 0; i < HOSTS; i++)
		CHECK(find(&c, i, (uint32_t)i));
	for (int round = 0; round < 200; round++) {
		unsigned heard = 0;
		int n = snprintf(question, sizeof(question), "echo %d\n", round);

		snprintf(answer, sizeof(answer), "%d\n", round);
		buf_reset(&b);
		for (uint32_t i = 0; i < HOSTS; i++)
			CHECK_INT(held_put(&b, HELD_SAY, i, question, (size_t)n), 0);
		CHECK_INT(io_write_all(c.fd, b.p, b.len), 0);
		for (int i = 0; i < HOSTS; i++) {
			CHECK(get(&c, &f) && is_text(&f, HELD_HEARD, answer));
			heard |= 1u << f.host;
		}
		CHECK_INT(heard, (1u << HOSTS) - 1);
	}
	buf_done(&b);
	raw_close(&c);
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

TEST_MAIN(&lending, &one_client_at_a_time, &what_comes_back, &what_does_not_come_back, &late_words,
	&ends_of_sessions, &another_agent, &what_others_have, &other_versions,
	&clients_that_talk_nonsense, &too_many_clients, &a_client_that_does_not_read,
	&answers_of_many, &questions_that_are_not_read_back, &sessions_at_rest_are_pinged,
	&idle_sessions_end, &after_a_long_sleep, &a_ping_and_a_loan, &old_sessions)
