/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/answer.h"
#include "agentd/outq.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/str.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

/* A queue with a pipe behind it, large enough for what the tests write. */
static struct outq *q;
static int ends[2];
static int woken;
static atomic_bool cancelled;
static struct buf got;

#define PIPE_SIZE (1 << 20)

static void wake(void *arg)
{
	(void)arg;
	woken++;
}

static void setup(size_t max)
{
	signal(SIGPIPE, SIG_IGN);
	woken = 0;
	cancelled = false;
	q = outq_new(max, wake, NULL);
	CHECK(q != NULL);
	CHECK(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
	CHECK(fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE) >= PIPE_SIZE);
	buf_init(&got, 16 << 20);
}

static void teardown(void)
{
	outq_free(q);
	close(ends[0]);
	close(ends[1]);
	buf_done(&got);
}

/* Everything in the queue, through the pipe, into `got`. */
static void drain(void)
{
	for (int r = 1; r == 1;) {
		ssize_t n;

		r = outq_write(q, ends[1]);
		CHECK(r >= 0);
		do {
			CHECK(buf_room(&got, 65536) == 0);
			n = read(ends[0], got.p + got.len, 65536);
			if (n > 0)
				buf_added(&got, (size_t)n);
		} while (n > 0);
	}
}

/* The ops of the lines in `got`, each of which must be whole: "columns rows done". */
static const char *ops(void)
{
	static char text[4096];
	struct span rest = {buf_str(&got), got.len}, line;
	struct err err;

	text[0] = '\0';
	CHECK(got.len == 0 || got.p[got.len - 1] == '\n');
	while (span_split(&rest, '\n', &line) && line.n) {
		json_t *tree = json_read_object(line.p, line.n, &err);

		CHECK(tree != NULL);
		CHECK(line.n < WIRE_REPLY_MAX);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			text[0] ? " " : "", json_string_value(json_object_get(tree, "op")));
		json_decref(tree);
	}
	return text;
}

static const struct wire_column column[] = {{"a", "TEXT"}};

static struct cell text(const char *s, size_t n)
{
	return (struct cell){.type = CELL_TEXT, .n = (uint32_t)n, .p = s};
}

static void answer(struct answer *a, int64_t ms)
{
	CHECK(answer_init(a, q, 7, ms, &cancelled) == 0);
}

/* ---- The queue ---- */

TEST(queue_in_order)
{
	setup(10);
	CHECK(outq_is_empty(q) && !outq_is_full(q));
	CHECK(outq_put(q, "one\n", 4, 0, &cancelled) == 0);
	CHECK_INT(woken, 1);
	CHECK(outq_put(q, "two is long\n", 12, 0, &cancelled) == 0);
	CHECK_INT(woken, 1);
	CHECK(outq_is_full(q) && !outq_is_empty(q));
	CHECK_INT(outq_put(q, "x", 1, clock_mono_ms() + 5, &cancelled), -ETIMEDOUT);
	cancelled = true;
	CHECK_INT(outq_put(q, "x", 1, clock_mono_ms() + 10000, &cancelled), -ECANCELED);
	CHECK(outq_put_now(q, "now\n", 4) == 0);
	drain();
	CHECK_STR(got.p, "one\ntwo is long\nnow\n");
	CHECK(outq_is_empty(q));
	CHECK(outq_put_now(q, "again\n", 6) == 0);
	CHECK_INT(woken, 2);
	teardown();
}

struct putter {
	int result;
	int64_t until_ms;
};

static void *put_one(void *arg)
{
	struct putter *p = arg;

	p->result = outq_put(q, "late\n", 5, p->until_ms, &cancelled);
	return NULL;
}

/* Somebody waits for room in a full queue; then `what` happens. */
static int put_while(void (*what)(void))
{
	struct putter p = {1, clock_mono_ms() + 20000};
	pthread_t thread;

	setup(4);
	CHECK(outq_put(q, "full\n", 5, 0, &cancelled) == 0);
	CHECK(pthread_create(&thread, NULL, put_one, &p) == 0);
	what();
	pthread_join(thread, NULL);
	return p.result;
}

static void cancel_it(void)
{
	cancelled = true;
	outq_kick(q);
}

static void close_it(void)
{
	outq_close(q);
}

TEST(queue_waits_for_room)
{
	CHECK_INT(put_while(drain), 0);
	drain();
	CHECK_STR(got.p, "full\nlate\n");
	teardown();
	CHECK_INT(put_while(cancel_it), -ECANCELED);
	teardown();
	CHECK_INT(put_while(close_it), -EPIPE);
	CHECK_INT(outq_put_now(q, "x", 1), -EPIPE);
	CHECK(outq_is_empty(q));
	teardown();
}

TEST(queue_whose_reader_is_gone)
{
	setup(4);
	CHECK(outq_put_now(q, "x", 1) == 0);
	close(ends[0]);
	ends[0] = -1;
	CHECK_INT(outq_write(q, ends[1]), -EPIPE);
	teardown();
}

/* ---- Answers ---- */

TEST(small_answer_leaves_at_once)
{
	struct answer a;
	struct cell c = text("x", 1);
	const char *warnings[] = {"w"};
	struct wire_done done = {.warnings = warnings, .n_warnings = 1};

	setup(1 << 20);
	answer(&a, 1000);
	CHECK(answer_columns(&a, column, 1) == 0);
	CHECK(answer_row(&a, &c, 1) == 0);
	CHECK(outq_is_empty(q));
	answer_end(&a, &done);
	CHECK(a.over && a.told);
	CHECK_INT(woken, 1);
	drain();
	CHECK_STR(ops(), "columns rows done");
	CHECK(strstr(got.p, "\"rows\":1,") != NULL);
	answer_done(&a);
	teardown();
}

TEST(rows_leave_when_they_are_old)
{
	struct answer a;
	struct cell c = text("x", 1);

	setup(1 << 20);
	answer(&a, 10000);
	CHECK(answer_columns(&a, column, 1) == 0);
	CHECK(answer_row(&a, &c, 1) == 0);
	answer_flush_old(&a);
	CHECK(outq_is_empty(q));
	clock_turn_mono_ms(ANSWER_FIRST_MS);
	answer_flush_old(&a);
	drain();
	CHECK_STR(ops(), "columns rows");
	CHECK(answer_row(&a, &c, 1) == 0);
	clock_turn_mono_ms(ANSWER_LATER_MS);
	CHECK(answer_row(&a, &c, 1) == 0);
	drain();
	CHECK_STR(ops(), "columns rows rows");
	answer_done(&a);
	teardown();
}

TEST(nothing_follows_an_end)
{
	struct answer a;
	struct cell c = text("x", 1);
	struct wire_done done = {.n_warnings = 0};

	setup(1 << 20);
	answer(&a, 1000);
	CHECK(answer_columns(&a, column, 1) == 0);
	CHECK(answer_row(&a, &c, 1) == 0);
	CHECK(answer_give_up(&a, WIRE_CODE_TIMEOUT, "out of time"));
	CHECK_INT(answer_row(&a, &c, 1), -ECANCELED);
	answer_end(&a, &done);
	answer_fail(&a, WIRE_CODE_INTERNAL, "x");
	CHECK(answer_give_up(&a, WIRE_CODE_CANCELLED, "cancelled"));
	answer_flush_old(&a);
	drain();
	CHECK_STR(ops(), "columns rows error");
	CHECK(strstr(got.p, "\"timeout\"") != NULL);
	answer_done(&a);
	teardown();
}

TEST(reader_that_does_not_read)
{
	struct answer a;
	char big[2048];
	struct cell c = text(big, sizeof(big));
	int r = 0, rows = 0;

	memset(big, 'b', sizeof(big));
	setup(100000);
	answer(&a, 50);
	CHECK(answer_columns(&a, column, 1) == 0);
	while (!r && rows++ < 1000)
		r = answer_row(&a, &c, 1);
	CHECK_INT(r, -ETIMEDOUT);
	CHECK_INT(answer_failed(&a), -ETIMEDOUT);
	CHECK_INT(answer_row(&a, &c, 1), -ETIMEDOUT);
	CHECK(answer_blocked_ms(&a) >= 50);
	CHECK_INT(answer_blocked_ms(&a), a.blocked_ms);
	answer_fail(&a, WIRE_CODE_TIMEOUT, "out of time");
	drain();
	CHECK(str_ends(ops(), "rows error"));
	answer_done(&a);
	teardown();
}

/* Each allocation fails once: lines stay whole, and somebody is told. */
static void one_failing(long n, bool *ret_spent)
{
	static char big[200000];
	struct cell c[2] = {text(big, sizeof(big)), text(big, 70000)};
	struct answer a;
	struct wire_done done = {.n_warnings = 0};
	int r;

	memset(big, 'b', sizeof(big));
	setup(1 << 20);
	answer(&a, 1000);
	failalloc_countdown = n;
	r = answer_columns(&a, column, 1);
	for (int i = 0; !r && i < 3; i++)
		r = answer_row(&a, c, 2);
	if (r)
		answer_fail(&a, WIRE_CODE_INTERNAL, "out of memory");
	else
		answer_end(&a, &done);
	*ret_spent = failalloc_spent();
	failalloc_countdown = 0;
	CHECK(a.over && a.told);
	drain();
	CHECK(*ret_spent || str_eq(ops(), "columns rows rows rows done"));
	CHECK(str_ends(ops(), "error") || str_ends(ops(), "done") || *ret_spent);
	answer_done(&a);
	teardown();
}

TEST(allocations_fail)
{
	bool spent = true;
	long n = 1;

	for (; spent && n < 200; n++)
		one_failing(n, &spent);
	CHECK(n > 3 && !spent);
}

TEST_MAIN(&queue_in_order, &queue_waits_for_room, &queue_whose_reader_is_gone,
	&small_answer_leaves_at_once, &rows_leave_when_they_are_old, &nothing_follows_an_end,
	&reader_that_does_not_read, &allocations_fail)
