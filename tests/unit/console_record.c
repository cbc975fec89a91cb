/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"
#include "tests/unit/tree.h"

#include "console/fleet/event.h"
#include "console/store_record.h"
#include "console/store_run.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#define HOSTS 3

static char dir[PATH_MAX];
static const struct host_config hosts[HOSTS] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
static struct recorder *recorder;
static struct store *store;
static struct err why;

static void clean_up(void)
{
	recorder_free(recorder);
	recorder = NULL;
	store_close(store);
	store = NULL;
	if (dir[0])
		(void)tree_remove(dir);
	dir[0] = '\0';
}

static struct record *begin(void)
{
	const struct question_text question = {.sql = (char[]){"select n from t"}};
	const struct record_run run = {.command = "query",
		.question = &question,
		.target = "all",
		.hosts = hosts,
		.n_hosts = HOSTS};
	struct record *rec;

	clean_up();
	snprintf(dir, sizeof(dir), "/tmp/record.XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	CHECK_INT(setenv("XDG_STATE_HOME", dir, 1), 0);
	recorder = recorder_new();
	CHECK(recorder);
	rec = record_begin(recorder, &run);
	CHECK(rec);
	return rec;
}

static void put_columns(struct record *rec, host_id host)
{
	const struct wire_column column = {.name = "n", .type = "BIGINT"};

	record_event(rec, event_columns(host, &column, 1));
}

static void put_row(struct record *rec, host_id host, int64_t n)
{
	struct cell cell = {.type = CELL_INT, .i = n};
	const struct wire_rows rows = {.cells = &cell, .n_rows = 1, .n_cols = 1};

	record_event(rec, event_rows(host, &rows, 1));
}

static void put_end(struct record *rec, host_id host)
{
	struct fleet_event *e = event_end(host, NULL, 0);

	CHECK(e);
	e->end->state = HOST_ANSWERED;
	record_event(rec, e);
}

/* Each host says the numbers from 0 to n - 1, all of them in turns. */
static void answer(struct record *rec, int64_t n)
{
	for (host_id h = 0; h < HOSTS; h++)
		put_columns(rec, h);
	for (int64_t i = 0; i < n; i++)
		for (host_id h = 0; h < HOSTS; h++)
			put_row(rec, h, i);
	for (host_id h = 0; h < HOSTS; h++)
		put_end(rec, h);
}

/* Of the one run there is. */
static void check_rows(int64_t n)
{
	int64_t seen[HOSTS] = {0};
	struct run_info info;
	struct run run;
	struct block b;

	CHECK_INT(store_open(STORE_READ, &store, &why), 0);
	CHECK_INT(runs_first(store, &(struct run_filter){0}, &info, &why), 0);
	CHECK_INT(info.rows, n * HOSTS);
	CHECK_INT(info.answered, HOSTS);
	CHECK_INT(run_open(store, info.id, &run, &why), 0);
	while (run_next(&run, &b, &why) == 1)
		for (size_t i = 0; i < b.n_rows; i++)
			CHECK_INT(b.cells[i].i, seen[b.hosts[i]]++);
	for (size_t h = 0; h < HOSTS; h++)
		CHECK_INT(seen[h], n);
	run_done(&run);
	run_info_done(&info);
}

TEST(what_is_held_back_is_written_at_the_end)
{
	struct record *rec = begin();

	answer(rec, 1);
	record_end(rec, 1, false);
	recorder_stop(recorder);
	CHECK(!recorder_problem(recorder, &why));
	check_rows(1);
}

TEST(batches_keep_their_order)
{
	struct record *rec = begin();

	answer(rec, 20000);
	record_end(rec, 1, false);
	recorder_stop(recorder);
	CHECK(!recorder_problem(recorder, &why));
	check_rows(20000);
}

TEST(what_is_dropped_is_not_there)
{
	struct record *rec = begin();
	struct run_info info;

	answer(rec, 5000);
	record_drop(rec);
	recorder_stop(recorder);
	CHECK(!recorder_problem(recorder, &why));
	CHECK_INT(store_open(STORE_READ, &store, &why), 0);
	CHECK_INT(runs_first(store, &(struct run_filter){0}, &info, &why), -ENOENT);
	clean_up();
}

TEST_MAIN(&what_is_held_back_is_written_at_the_end, &batches_keep_their_order,
	&what_is_dropped_is_not_there)
