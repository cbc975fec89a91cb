/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client's side: its link to a holder, and the transports over it. */
#include "tests/unit/holder_fixture.h"

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

TEST_MAIN(&a_client, &a_client_refuses, &a_client_is_told_of_ends, &a_client_pauses,
	&a_client_asks_what_there_is, &a_holder_that_is_silent, &a_holder_that_trickles,
	&a_holder_that_talks_nonsense, &words_before_the_loop)
