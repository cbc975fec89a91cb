/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/clock.h"
#include "common/io.h"
#include "common/loop.h"
#include "common/str.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

static struct loop *loop;
static struct err err;
static char log_text[256]; /* what happened, in order */

static void fresh(void)
{
	loop_free(loop);
	loop = loop_new(&err);
	CHECK(loop);
	log_text[0] = '\0';
}

static void note(const char *what)
{
	size_t n = strlen(log_text);

	snprintf(log_text + n, sizeof(log_text) - n, "%s", what);
}

/* ---- Timers ---- */

static void fired(struct loop_timer *t)
{
	note(t->arg);
}

static char names[3][2] = {"a", "b", "c"};
static struct loop_timer a = {.fn = fired, .arg = names[0]}, b = {.fn = fired, .arg = names[1]},
			 c = {.fn = fired, .arg = names[2]};

TEST(timers_in_order)
{
	fresh();
	CHECK_INT(loop_timer_in(loop, &c, 3000), 0);
	CHECK_INT(loop_timer_in(loop, &a, 1000), 0);
	CHECK_INT(loop_timer_in(loop, &b, 2000), 0);
	CHECK(a.slot && b.slot && c.slot);
	CHECK_INT(loop_once(loop, 0), 0);
	CHECK_STR(log_text, "");
	clock_turn_mono_ms(2000);
	CHECK_INT(loop_once(loop, -1), 0);
	CHECK_STR(log_text, "ab");
	CHECK(!a.slot && !b.slot && c.slot);
	clock_turn_mono_ms(1000);
	CHECK_INT(loop_once(loop, -1), 0);
	CHECK_STR(log_text, "abc");
}

TEST(timers_moved_and_stopped)
{
	fresh();
	loop_timer_in(loop, &a, 1000);
	loop_timer_in(loop, &b, 2000);
	loop_timer_in(loop, &c, 3000);
	loop_timer_in(loop, &c, 500);
	loop_timer_in(loop, &a, 4000);
	loop_timer_stop(loop, &b);
	loop_timer_stop(loop, &b);
	clock_turn_mono_ms(3000);
	CHECK_INT(loop_once(loop, -1), 0);
	CHECK_STR(log_text, "c");
	clock_turn_mono_ms(1000);
	CHECK_INT(loop_once(loop, -1), 0);
	CHECK_STR(log_text, "ca");
}

static void stops_b(struct loop_timer *t)
{
	note("s");
	loop_timer_stop(loop, t->arg);
}

TEST(a_timer_stops_another_that_is_due)
{
	struct loop_timer s = {.fn = stops_b, .arg = &b};

	fresh();
	loop_timer_in(loop, &s, 0);
	loop_timer_in(loop, &b, 1);
	clock_turn_mono_ms(10);
	CHECK_INT(loop_once(loop, 0), 0);
	CHECK_STR(log_text, "s");
}

static void again(struct loop_timer *t)
{
	note("r");
	loop_timer_in(loop, t, 0);
}

TEST(a_timer_that_sets_itself_does_not_hold_the_loop)
{
	struct loop_timer r = {.fn = again};

	fresh();
	loop_timer_in(loop, &r, 0);
	CHECK_INT(loop_once(loop, -1), 0);
	CHECK_STR(log_text, "r");
	CHECK_INT(loop_once(loop, -1), 0);
	CHECK_STR(log_text, "rr");
	loop_timer_stop(loop, &r);
}

static int64_t last_at;
static int n_fired;

static void ordered(struct loop_timer *t)
{
	CHECK(t->at_ms >= last_at);
	last_at = t->at_ms;
	n_fired++;
}

TEST(thousands_of_timers)
{
	static struct loop_timer timers[5000];
	int64_t now = clock_mono_ms();
	uint32_t x = 1;

	fresh();
	n_fired = 0;
	last_at = 0;
	for (size_t i = 0; i < ARRAY_LEN(timers); i++) {
		x = x * 1664525 + 1013904223;
		timers[i] = (struct loop_timer){.fn = ordered};
		CHECK_INT(loop_timer_at(loop, &timers[i], now + (x >> 16) % 10000), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(timers); i += 5)
		loop_timer_stop(loop, &timers[i]);
	for (size_t i = 1; i < ARRAY_LEN(timers); i += 5)
		CHECK_INT(loop_timer_at(loop, &timers[i], now + (int64_t)i), 0);
	clock_turn_mono_ms(10000);
	CHECK_INT(loop_once(loop, -1), 0);
	CHECK_INT(n_fired, 4000);
}

TEST(no_memory_for_a_timer)
{
	fresh();
	failalloc_countdown = 1;
	CHECK_INT(loop_timer_in(loop, &a, 0), -ENOMEM);
	CHECK_INT(a.slot, 0);
	CHECK_INT(loop_once(loop, 0), 0);
	CHECK_STR(log_text, "");
}

TEST(waiting_ends_in_time)
{
	int64_t start;

	fresh();
	start = clock_mono_ms();
	CHECK_INT(loop_once(loop, 30), 0);
	CHECK(clock_mono_ms() - start >= 30);
	loop_timer_in(loop, &a, 40);
	start = clock_mono_ms();
	/* Not before its time, and not with a round too many. */
	CHECK_INT(loop_once(loop, 60000), 0);
	CHECK_STR(log_text, "a");
	CHECK(clock_mono_ms() - start >= 40 && clock_mono_ms() - start < 30000);
}

/* ---- Descriptors ---- */

static int ends[2][2];
static struct loop_io io[2];

static void readable(struct loop_io *i, uint32_t events)
{
	char ch[2] = {0};

	CHECK(events & EPOLLIN);
	CHECK(read(i->fd, ch, 1) == 1);
	note(ch);
}

static void open_pipes(void (*fn)(struct loop_io *i, uint32_t events))
{
	fresh();
	for (int i = 0; i < 2; i++) {
		CHECK(pipe(ends[i]) == 0);
		io[i] = (struct loop_io){.fd = ends[i][0], .fn = fn, .arg = &io[!i]};
		CHECK_INT(loop_watch(loop, &io[i], EPOLLIN), 0);
	}
}

static void close_pipes(void)
{
	for (int i = 0; i < 2; i++) {
		io_close(ends[i][0]);
		io_close(ends[i][1]);
	}
}

TEST(readable_until_read)
{
	open_pipes(readable);
	CHECK(write(ends[0][1], "xy", 2) == 2);
	CHECK_INT(loop_once(loop, -1), 0);
	CHECK_INT(loop_once(loop, -1), 0);
	CHECK_STR(log_text, "xy");
	CHECK_INT(loop_once(loop, 0), 0);
	CHECK_STR(log_text, "xy");
	CHECK_INT(loop_watch(loop, &io[0], 0), 0);
	CHECK(write(ends[0][1], "z", 1) == 1);
	CHECK_INT(loop_once(loop, 0), 0);
	CHECK_STR(log_text, "xy");
	CHECK_INT(loop_watch(loop, &io[0], EPOLLIN), 0);
	CHECK_INT(loop_once(loop, 0), 0);
	CHECK_STR(log_text, "xyz");
	close_pipes();
}

static void unwatches_the_other(struct loop_io *i, uint32_t events)
{
	(void)events;
	note("u");
	loop_unwatch(loop, i->arg);
	loop_unwatch(loop, i);
	loop_unwatch(loop, i);
}

TEST(unwatched_in_the_same_round)
{
	open_pipes(unwatches_the_other);
	CHECK(write(ends[0][1], "x", 1) == 1);
	CHECK(write(ends[1][1], "y", 1) == 1);
	CHECK_INT(loop_once(loop, -1), 0);
	CHECK_STR(log_text, "u");
	CHECK(!io[0].added && !io[1].added);
	close_pipes();
}

TEST(unwatched_after_closing)
{
	open_pipes(readable);
	ends[0][0] = io_close(ends[0][0]);
	loop_unwatch(loop, &io[0]);
	CHECK_INT(loop_once(loop, 0), 0);
	io[0].fd = -1;
	CHECK_INT(loop_watch(loop, &io[0], EPOLLIN), -EBADF);
	CHECK(!io[0].added);
	close_pipes();
}

/* ---- Wakes, signals ---- */

static void woken(void *arg)
{
	note("w");
	if (arg)
		loop_stop(arg);
}

static void *wakes(void *arg)
{
	for (int i = 0; i < 1000; i++)
		loop_wake(arg);
	return NULL;
}

TEST(woken_by_another_thread)
{
	pthread_t t;

	fresh();
	loop_on_wake(loop, woken, NULL);
	CHECK(pthread_create(&t, NULL, wakes, loop) == 0);
	CHECK(pthread_join(t, NULL) == 0);
	CHECK_INT(loop_once(loop, -1), 0);
	CHECK_STR(log_text, "w");
	CHECK_INT(loop_once(loop, 0), 0);
	CHECK_STR(log_text, "w");
}

TEST(a_wake_while_waiting)
{
	pthread_t t;

	fresh();
	loop_on_wake(loop, woken, loop);
	CHECK(pthread_create(&t, NULL, wakes, loop) == 0);
	CHECK_INT(loop_run(loop), 0);
	CHECK(log_text[0] == 'w');
	CHECK(pthread_join(t, NULL) == 0);
}

TEST(a_stop_before_the_run_is_not_lost)
{
	fresh();
	loop_stop(loop);
	CHECK_INT(loop_run(loop), 0);
}

static void signalled(int signo, void *arg)
{
	(void)arg;
	note(signo == SIGUSR1 ? "1" : signo == SIGUSR2 ? "2" : "?");
}

TEST(signals_arrive_in_the_loop)
{
	sigset_t set;

	fresh();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	CHECK_INT(loop_signals(loop, &set, signalled, NULL, &err), 0);
	raise(SIGUSR2);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK_STR(log_text, "");
	CHECK_INT(loop_once(loop, -1), 0);
	CHECK(str_eq(log_text, "12") || str_eq(log_text, "21"));
	/* A second set takes the place of the first. */
	sigdelset(&set, SIGUSR1);
	CHECK_INT(loop_signals(loop, &set, signalled, NULL, &err), 0);
	raise(SIGUSR2);
	CHECK_INT(loop_once(loop, -1), 0);
	CHECK_INT(strlen(log_text), 3);
}

TEST(no_descriptors_left)
{
	struct rlimit old, none;

	loop_free(NULL);
	CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0);
	none = old;
	none.rlim_cur = 3;
	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	err_clear(&err);
	CHECK(!loop_new(&err));
	CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
	CHECK_INT(err.code, EMFILE);
	CHECK_STR(err.text, "cannot make an event loop: Too many open files");
	failalloc_countdown = 1;
	CHECK(!loop_new(&err));
	CHECK_INT(err.code, ENOMEM);
}

TEST_MAIN(&timers_in_order, &timers_moved_and_stopped, &a_timer_stops_another_that_is_due,
	&a_timer_that_sets_itself_does_not_hold_the_loop, &thousands_of_timers,
	&no_memory_for_a_timer, &waiting_ends_in_time, &readable_until_read,
	&unwatched_in_the_same_round, &unwatched_after_closing, &woken_by_another_thread,
	&a_wake_while_waiting, &a_stop_before_the_run_is_not_lost, &signals_arrive_in_the_loop,
	&no_descriptors_left)
