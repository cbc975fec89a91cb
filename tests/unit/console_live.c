/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions of several panes over one fleet, which is made up here: whose turn it is, what is
 * known. */
#include "tests/unit/test.h"

#include "common/clock.h"
#include "common/str.h"
#include "console/fleet/event.h"
#include "console/live.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#define N_HOSTS 10

/* ---- The fleet ---- */

static struct {
	struct fleet_event *first, **last;
	const char *sql; /* of the question that runs */
	bool in[N_HOSTS], refuses, left;
	size_t to_come;
	int cancels;
} fleet;

struct fleet *fleet_new(const struct fleet_options *options, const struct host_config *hosts,
	size_t n_hosts, struct err *err)
{
	(void)options;
	(void)hosts;
	(void)err;
	CHECK_INT(n_hosts, N_HOSTS);
	fleet.last = &fleet.first;
	return (struct fleet *)&fleet;
}

void fleet_leave(struct fleet *f)
{
	(void)f;
	fleet.left = true;
}

int fleet_fd(const struct fleet *f)
{
	(void)f;
	return 77;
}

int fleet_answer(struct fleet *f, const struct fleet_event *e, const char *text)
{
	(void)f;
	(void)e;
	(void)text;
	return 0;
}

int fleet_ask(struct fleet *f, const struct fleet_question *q, struct err *err)
{
	(void)f;
	if (fleet.refuses)
		return err_set(err, EMSGSIZE, "too long");
	CHECK_INT(fleet.to_come, 0);
	fleet.sql = q->sql;
	for (size_t i = 0; i < N_HOSTS; i++) {
		fleet.in[i] = !q->only || q->only[i];
		fleet.to_come += fleet.in[i];
	}
	return 0;
}

void fleet_progress(const struct fleet *f, struct fleet_progress *ret)
{
	(void)f;
	/* The first has ended by now. */
	*ret = (struct fleet_progress){.asked = fleet.to_come, .asking = fleet.to_come - 1};
}

static void add(struct fleet_event *e)
{
	CHECK(e);
	e->next = NULL;
	*fleet.last = e;
	fleet.last = &e->next;
}

static void end(host_id host, enum host_state state, const char *error)
{
	struct fleet_event *e = event_end(host, NULL, 0);

	CHECK(e);
	if (!fleet.in[host]) {
		fleet_event_free(e);
		return;
	}
	fleet.in[host] = false;
	fleet.to_come--;
	e->end->state = state;
	e->end->rows = 3;
	e->end->ms = 5;
	e->end->connect_ms = 2;
	str_copy(e->end->error, sizeof(e->end->error), error);
	add(e);
}

static void answer(host_id from, host_id to)
{
	for (host_id i = from; i <= to; i++)
		end(i, HOST_ANSWERED, "");
}

void fleet_cancel(struct fleet *f)
{
	(void)f;
	fleet.cancels++;
	for (host_id i = 0; i < N_HOSTS; i++)
		end(i, HOST_FAILED, "interrupted");
}

struct fleet_event *fleet_wait(struct fleet *f, int timeout_ms, bool *ret_over)
{
	struct fleet_event *list = fleet.first;

	(void)f;
	CHECK_INT(timeout_ms, 0);
	*ret_over = !list && fleet.to_come == 0;
	fleet.first = NULL;
	fleet.last = &fleet.first;
	return list;
}

/* ---- Those who ask ---- */

static struct app app;
static struct live *l;
static struct asker {
	int ends, overs;
	bool begun, cancelled;
} a, b, c;

static void on_event(void *arg, const struct fleet_event *e)
{
	((struct asker *)arg)->ends += e->type == FLEET_END;
}

static void on_over(void *arg, bool begun, bool cancelled)
{
	struct asker *who = arg;

	who->overs++;
	who->begun = begun;
	who->cancelled = cancelled;
}

static struct live_question question(struct asker *who, const char *sql)
{
	return (struct live_question){
		.fleet = {.sql = sql}, .event = on_event, .over = on_over, .arg = who};
}

static int64_t ask(struct asker *who, const char *sql)
{
	struct live_question q = question(who, sql);

	return live_ask(l, &q);
}

static void fresh(void)
{
	static struct host_config hosts[N_HOSTS];
	struct err err;

	live_free(l);
	for (struct fleet_event *next; fleet.first; fleet.first = next) {
		next = fleet.first->next;
		fleet_event_free(fleet.first);
	}
	memset(&fleet, 0, sizeof(fleet));
	app_init(&app);
	app.hosts = hosts;
	app.n_hosts = N_HOSTS;
	a = b = c = (struct asker){0};
	l = live_new(&app, &err);
	CHECK(l);
}

static void pump(void)
{
	while (live_pump(l, 10))
		continue;
}

/* ---- Tests ---- */

TEST(one_after_the_other)
{
	int64_t first;

	fresh();
	CHECK_INT(live_fd(l), 77);
	first = ask(&a, "a");
	CHECK(first > 0);
	CHECK(live_runs(l, first));
	CHECK_INT(ask(&b, "b"), first + 1);
	CHECK_STR(fleet.sql, "a");
	answer(0, 9);
	pump();
	CHECK_INT(a.ends, N_HOSTS);
	CHECK_INT(a.overs, 1);
	CHECK(a.begun && !a.cancelled);
	CHECK_STR(fleet.sql, "b");
	CHECK(!live_runs(l, first));
	CHECK_INT(b.overs, 0);
	answer(0, 9);
	pump();
	CHECK_INT(b.ends, N_HOSTS);
	CHECK_INT(b.overs, 1);
	CHECK(!live_cancel_running(l));
}

TEST(a_person_comes_before_a_refresh)
{
	struct live_question refresh;

	fresh();
	ask(&a, "a");
	refresh = question(&b, "refresh");
	refresh.background = true;
	live_ask(l, &refresh);
	ask(&c, "c");
	answer(0, 9);
	pump();
	CHECK_STR(fleet.sql, "c");
	answer(0, 9);
	pump();
	CHECK_STR(fleet.sql, "refresh");
	/* One that runs gives way at once. */
	end(3, HOST_ANSWERED, "");
	ask(&a, "a again");
	CHECK_INT(fleet.cancels, 1);
	pump();
	CHECK_STR(fleet.sql, "a again");
	CHECK(b.begun && b.cancelled);
	/* What was cut off is no worse than it was. */
	CHECK_INT(live_host(l, 4)->state, HOST_ANSWERED);
	CHECK(!live_host(l, 4)->error);
}

TEST(the_last_few_are_left_behind)
{
	fresh();
	ask(&a, "a");
	answer(0, 8);
	pump();
	ask(&b, "b");
	/* Not before a while. */
	CHECK_INT(fleet.cancels, 0);
	nanosleep(&(struct timespec){.tv_sec = LIVE_GIVE_WAY_MS / 1000,
			  .tv_nsec = (LIVE_GIVE_WAY_MS % 1000 + 50) * 1000000L},
		NULL);
	pump();
	CHECK_INT(fleet.cancels, 1);
	pump();
	CHECK(a.cancelled);
	CHECK_STR(fleet.sql, "b");
}

static int request(void *arg, host_id host, int64_t id, struct buf *line)
{
	(void)arg;
	(void)host;
	(void)id;
	(void)line;
	return 0;
}

TEST(an_action_gives_no_way)
{
	struct live_question q;

	fresh();
	q = question(&a, NULL);
	q.background = true;
	q.fleet.request = request;
	live_ask(l, &q);
	ask(&b, "b");
	pump();
	CHECK_INT(fleet.cancels, 0);
	/* Which hosts it is for is known only when they end. */
	CHECK(!live_host(l, 0)->asking);
}

TEST(cancelled)
{
	int64_t first, second;

	fresh();
	first = ask(&a, "a");
	second = ask(&b, "b");
	live_cancel(l, second);
	CHECK_INT(b.overs, 1);
	CHECK(!b.begun && b.cancelled);
	live_cancel(l, first);
	live_cancel(l, first);
	CHECK_INT(fleet.cancels, 1);
	CHECK_INT(a.overs, 0);
	pump();
	CHECK_INT(a.overs, 1);
	CHECK(a.begun && a.cancelled);
	live_cancel(l, first);
	live_cancel(l, 0);
	live_cancel(l, 999);
	CHECK_INT(fleet.cancels, 1);
	ask(&a, "a");
	CHECK(live_cancel_running(l));
	CHECK_INT(fleet.cancels, 2);
}

TEST(forgotten)
{
	int64_t first, second;

	fresh();
	first = ask(&a, "a");
	second = ask(&b, "b");
	live_forget(l, first);
	live_forget(l, second);
	pump();
	CHECK_INT(a.overs + a.ends + b.overs + b.ends, 0);
	CHECK_INT(fleet.to_come, 0);
	ask(&c, "c");
	CHECK_STR(fleet.sql, "c");
}

TEST(some_of_the_hosts)
{
	const bool only[N_HOSTS] = {[2] = true, [7] = true};
	struct live_question q;
	struct live_counts n;

	fresh();
	q = question(&a, "a");
	q.fleet.only = only;
	live_ask(l, &q);
	live_counts(l, &n);
	CHECK_INT(n.asked, 2);
	CHECK_INT(n.asking, 2);
	CHECK(live_host(l, 2)->asking && live_host(l, 7)->asking && !live_host(l, 0)->asking);
	answer(0, 9);
	pump();
	CHECK_INT(a.ends, 2);
	CHECK_INT(a.overs, 1);
	CHECK_INT(live_host(l, 0)->state, HOST_PENDING);
}

TEST(a_quiet_answer_is_no_news)
{
	struct live_question q;
	struct live_counts n;

	fresh();
	ask(&a, "a");
	answer(0, 9);
	pump();
	CHECK_INT(live_host(l, 0)->rows, 3);
	q = question(&b, "b");
	q.quiet = true;
	live_ask(l, &q);
	live_counts(l, &n);
	CHECK(!n.running);
	CHECK_INT(n.asking, 0);
	CHECK(!live_cancel_running(l));
	for (host_id i = 0; i < 9; i++) {
		end(i, HOST_ANSWERED, "");
		((struct fleet_event *)fleet.first)->end->rows = 55;
	}
	end(9, HOST_UNREACHABLE, "no route");
	pump();
	CHECK_INT(b.overs, 1);
	CHECK_INT(live_host(l, 0)->rows, 3);
	/* But that one is gone is. */
	CHECK_INT(live_host(l, 9)->state, HOST_UNREACHABLE);
	CHECK_STR(live_host(l, 9)->error, "no route");
}

TEST(what_is_known_of_hosts)
{
	const struct wire_hello hello = {.protocol = 1,
		.agent = "0.1.0",
		.privileged = true,
		.os = "Debian",
		.os_version = "12",
		.kernel = "6.1",
		.name = "",
		.machine_id = "",
		.boot_id = "",
		.arch = "",
		.quarantine = {.id = "q1", .by = "alice", .confirmed = true}};
	uint64_t version;
	struct live_counts n;

	fresh();
	version = live_version(l);
	ask(&a, "a");
	CHECK(live_version(l) > version);
	add(event_hello(1, &hello));
	/* No host of this fleet: what a broken one might say. */
	add(event_hello(N_HOSTS, &hello));
	end(0, HOST_TIMED_OUT, "no answer");
	end(1, HOST_ANSWERED, "");
	end(2, HOST_UNREACHABLE, "no route");
	end(3, HOST_FAILED, "key");
	pump();
	CHECK(live_host(l, 1)->known && live_host(l, 1)->privileged);
	CHECK_STR(live_host(l, 1)->os, "Debian 12");
	CHECK_STR(live_host(l, 1)->agent, "0.1.0");
	CHECK_STR(live_host(l, 1)->quarantine, "until released");
	CHECK_STR(live_host(l, 3)->error, "key");
	CHECK_INT(live_host(l, 1)->connect_ms, 2);
	CHECK_INT(live_host(l, 4)->connect_ms, -1);
	live_counts(l, &n);
	CHECK_INT(n.hosts, N_HOSTS);
	CHECK_INT(n.up, 1);
	CHECK_INT(n.quarantined, 1);
	CHECK_INT(n.timed_out, 1);
	CHECK_INT(n.unreachable, 1);
	CHECK_INT(n.failed, 1);
	CHECK_INT(n.asking, N_HOSTS - 4);
	CHECK_INT(n.ended, 4);
	CHECK(n.running);
	CHECK_INT(live_n_hosts(l), N_HOSTS);
}

TEST(too_many_wait)
{
	fresh();
	for (int i = 0; i <= LIVE_QUEUE_MAX; i++)
		CHECK(ask(&a, "a") > 0);
	CHECK_INT(ask(&b, "b"), -ENOBUFS);
	/* What waits and what runs is ended with the fleet. */
	live_free(l);
	l = NULL;
	CHECK_INT(a.overs, LIVE_QUEUE_MAX + 1);
	CHECK(a.cancelled);
	CHECK(fleet.left);
}

TEST(not_put_at_all)
{
	fresh();
	fleet.refuses = true;
	CHECK(ask(&a, "a") > 0);
	CHECK_INT(a.overs, 1);
	CHECK(!a.begun && !a.cancelled);
	fleet.refuses = false;
	ask(&b, "b");
	CHECK_STR(fleet.sql, "b");
}

TEST(nobody_listens)
{
	const struct live_question q = {.background = true, .fleet = {.sql = "x"}};

	fresh();
	CHECK(live_ask(l, &q) > 0);
	answer(0, 9);
	pump();
	live_free(l);
	l = NULL;
	live_free(NULL);
}

TEST_MAIN(&one_after_the_other, &a_person_comes_before_a_refresh, &the_last_few_are_left_behind,
	&an_action_gives_no_way, &cancelled, &forgotten, &some_of_the_hosts,
	&a_quiet_answer_is_no_news, &what_is_known_of_hosts, &too_many_wait, &not_put_at_all,
	&nobody_listens)
