/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A worker's calls to its daemon: answers find who asked, whatever else becomes of them. */
#include "agentd/privlink.h"
#include "common/clock.h"
#include "common/io.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

/* Far more than any of it takes. */
#define PATIENCE_MS 20000

static struct privlink *link_;
static int daemon_fd;
static atomic_bool cancelled;

struct asking {
	uint64_t number;
	pthread_t thread;
	int64_t until_ms;
	int r;
	struct privlink_answer answer;
	atomic_bool over;
};

static void begin(void)
{
	int pair[2];

	CHECK_INT(priv_pair(pair), 0);
	link_ = privlink_new(pair[0]);
	CHECK(link_);
	daemon_fd = pair[1];
	atomic_store(&cancelled, false);
}

static void end(void)
{
	privlink_free(link_);
	daemon_fd = io_close(daemon_fd);
}

static void *ask(void *arg)
{
	const struct priv_connect c = {.kind = PRIV_RELAY_WEB, .arg = ""};
	struct asking *a = arg;
	struct buf frame;

	buf_init(&frame, PRIV_FRAME_MAX);
	a->r = priv_put_connect(&frame, a->number, &c);
	if (!a->r)
		a->r = privlink_call(link_, a->number, &frame, &cancelled, a->until_ms, &a->answer);
	buf_done(&frame);
	atomic_store(&a->over, true);
	return NULL;
}

static void start(struct asking *a)
{
	*a = (struct asking){
		.number = privlink_number(link_), .until_ms = clock_mono_ms() + PATIENCE_MS};
	CHECK_INT(pthread_create(&a->thread, NULL, ask, a), 0);
}

/* The next call that comes in. */
static uint64_t next_number(void)
{
	struct pollfd p = {.fd = daemon_fd, .events = POLLIN};
	enum priv_type type;
	uint64_t number = 0;
	struct buf b;

	buf_init(&b, PRIV_FRAME_MAX);
	if (poll(&p, 1, PATIENCE_MS) == 1 && priv_receive(daemon_fd, &b, NULL, 0, false) > 0)
		(void)priv_peek(b.p, b.len, &type, &number);
	buf_done(&b);
	return number;
}

static void say(uint64_t number, int error, int fd)
{
	const struct priv_connected c = {.error = error};
	struct buf b;

	buf_init(&b, PRIV_FRAME_MAX);
	CHECK_INT(priv_put_connected(&b, number, &c), 0);
	CHECK_INT(priv_send(daemon_fd, &b, &fd, fd >= 0, true), 0);
	buf_done(&b);
}

static int error_of(const struct asking *a)
{
	struct priv_connected c = {.error = -1};

	(void)priv_read_connected(a->answer.frame.p, a->answer.frame.len, &c);
	return c.error;
}

TEST(answers_in_any_order)
{
	struct asking a[3];
	int null = open("/dev/null", O_RDONLY);

	begin();
	for (size_t i = 0; i < 3; i++) {
		start(&a[i]);
		CHECK_INT(next_number(), a[i].number);
	}
	say(a[2].number, 12, -1);
	say(999, 1, null); /* to nobody */
	say(a[0].number, 10, null);
	say(a[1].number, 11, -1);
	CHECK_INT(privlink_read(link_), 0);
	for (size_t i = 0; i < 3; i++) {
		pthread_join(a[i].thread, NULL);
		CHECK_INT(a[i].r, 0);
		CHECK_INT(error_of(&a[i]), 10 + (int)i);
		CHECK((a[i].answer.fd >= 0) == (i == 0));
		io_close(a[i].answer.fd);
		buf_done(&a[i].answer.frame);
	}
	io_close(null);
	end();
}

TEST(daemon_is_gone)
{
	struct asking a;

	begin();
	start(&a);
	CHECK_INT(next_number(), a.number);
	daemon_fd = io_close(daemon_fd);
	CHECK_INT(privlink_read(link_), -EPIPE);
	pthread_join(a.thread, NULL);
	CHECK_INT(a.r, -EPIPE);
	/* Later ones too, at once. */
	start(&a);
	pthread_join(a.thread, NULL);
	CHECK_INT(a.r, -EPIPE);
	end();
}

TEST(cancelled_and_late)
{
	struct asking a;

	begin();
	start(&a);
	CHECK_INT(next_number(), a.number);
	atomic_store(&cancelled, true);
	privlink_kick(link_);
	pthread_join(a.thread, NULL);
	CHECK_INT(a.r, -ECANCELED);
	atomic_store(&cancelled, false);
	a = (struct asking){.number = privlink_number(link_), .until_ms = clock_mono_ms() - 1};
	ask(&a);
	CHECK_INT(a.r, -ETIMEDOUT);
	/* The answers come after all: nobody is there for them. */
	say(1, 0, -1);
	say(2, 0, -1);
	CHECK_INT(privlink_read(link_), 0);
	end();
}

/* The daemon keeps a place for a file until it is told what became of it. */
TEST(file_that_comes_late)
{
	const struct priv_file file = {.size = 1};
	int null = open("/dev/null", O_RDONLY);
	enum priv_type type;
	struct asking a;
	uint64_t number;
	struct buf b;

	begin();
	a = (struct asking){.number = privlink_number(link_), .until_ms = clock_mono_ms() - 1};
	ask(&a);
	CHECK_INT(a.r, -ETIMEDOUT);
	CHECK_INT(next_number(), a.number);
	buf_init(&b, PRIV_FRAME_MAX);
	CHECK_INT(priv_put_file(&b, a.number, &file), 0);
	CHECK_INT(priv_send(daemon_fd, &b, &null, 1, true), 0);
	CHECK_INT(privlink_read(link_), 0);
	CHECK(priv_receive(daemon_fd, &b, NULL, 0, false) > 0);
	CHECK(priv_peek(b.p, b.len, &type, &number) && type == PRIV_GOT && number == a.number);
	buf_done(&b);
	io_close(null);
	end();
}

TEST(no_more_than_there_is_room_for)
{
	static struct asking a[PRIVLINK_CALLS_MAX];
	struct asking more;

	begin();
	for (size_t i = 0; i < PRIVLINK_CALLS_MAX; i++) {
		start(&a[i]);
		CHECK_INT(next_number(), a[i].number);
	}
	start(&more);
	pthread_join(more.thread, NULL);
	CHECK_INT(more.r, -EBUSY);
	atomic_store(&cancelled, true);
	privlink_kick(link_);
	for (size_t i = 0; i < PRIVLINK_CALLS_MAX; i++) {
		pthread_join(a[i].thread, NULL);
		CHECK_INT(a[i].r, -ECANCELED);
	}
	end();
}

TEST(nonsense)
{
	struct buf b;

	begin();
	buf_init(&b, PRIV_FRAME_MAX);
	CHECK_INT(buf_puts(&b, "nonsense"), 0);
	CHECK_INT(priv_send(daemon_fd, &b, NULL, 0, true), 0);
	CHECK_INT(privlink_read(link_), 0);
	buf_done(&b);
	end();
}

TEST_MAIN(&answers_in_any_order, &daemon_is_gone, &cancelled_and_late, &file_that_comes_late,
	&no_more_than_there_is_room_for, &nonsense)
