/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the database holds of a run, after a disk that went bad: its columns, what came of its hosts
 * and a block of rows. Packed here, so that the bytes behind the compression vary; read, compared
 * with itself and with another run.
 *
 * The input: two lengths of two bytes, columns as JSON, outcomes, the block; a block alone is
 * looked at as it is, too.
 */
#include "common/str.h"
#include "console/diff.h"
#include "console/store.h"
#include "console/store_block.h"
#include "console/store_outcome.h"
#include "console/store_run.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Rows that are compared: what more there is costs time only. */
#define ROWS_MAX 20000

static struct store *store;
static char dir[] = "/tmp/fuzz-store.XXXXXX";

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void forget_dir(void)
{
	static const char *const names[] = {"/tocsin/tocsin.db", "/tocsin/tocsin.db-wal",
		"/tocsin/tocsin.db-shm", "/tocsin", ""};

	store_close(store);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *path = str_printf("%s%s", dir, names[i]);

		if (path)
			remove(path);
		free(path);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err;

	(void)argc, (void)argv;
	must(mkdtemp(dir) && setenv("XDG_STATE_HOME", dir, 1) == 0);
	must(store_open(STORE_WRITE, &store, &err) == 0);
	must(store_exec(store, "PRAGMA synchronous = OFF", &err) == 0);
	atexit(forget_dir);
	return 0;
}

static void look_at(const struct block *b)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < b->n_rows; i++)
		sum += b->hosts[i];
	for (size_t i = 0; i < b->n_rows * b->n_cols; i++)
		if (cell_has_bytes(&b->cells[i]) && b->cells[i].n > 0)
			sum += (uint64_t)b->cells[i].p[b->cells[i].n - 1];
	must(sum != UINT64_MAX);
}

static void read_alone(const uint8_t *data, size_t n)
{
	static struct block_reader *r;
	struct block b;

	if (!r)
		r = block_reader_new();
	if (block_read(r, data, n, &b) == 0)
		look_at(&b);
}

/* ---- A run of such parts ---- */

static void bind_packed(sqlite3_stmt *q, int column, const uint8_t *p, size_t n)
{
	struct buf b;

	buf_init(&b, 2 * BLOCK_RAW_MAX);
	must(block_pack(p, n, &b) == 0);
	sqlite3_bind_blob64(q, column, b.p, b.len, SQLITE_TRANSIENT);
	buf_done(&b);
}

static void put_run(int64_t id, struct span shapes, struct span outcome, struct span block)
{
	struct err err;
	sqlite3_stmt *q;

	must(store_do(store, &err,
		     "INSERT INTO runs (id, finished, time, question, target, operator, hosts, "
		     "rows) "
		     "VALUES (?, 1, 1, 'q', 'all', 'me', 1, 1)",
		     "i", id) == 0);
	must(store_prepare(store, &q, &err,
		     "INSERT INTO details (run, sql, shapes, outcome) VALUES (?, '', ?, ?)", "i",
		     id) == 0);
	bind_packed(q, 2, (const uint8_t *)shapes.p, shapes.n);
	bind_packed(q, 3, (const uint8_t *)outcome.p, outcome.n);
	must(store_end(store, q, sqlite3_step(q), &err) == 0);
	must(store_prepare(store, &q, &err, "INSERT INTO blocks (run, data) VALUES (?, ?)", "i",
		     id) == 0);
	bind_packed(q, 2, (const uint8_t *)block.p, block.n);
	must(store_end(store, q, sqlite3_step(q), &err) == 0);
}

/* 0 where it can be read to its end. */
static int read_run(struct run *run, size_t *rows)
{
	struct block b;
	struct err err;
	int r;

	while ((r = run_next(run, &b, &err)) == 1) {
		must(b.shape < run->n_shapes && run->shapes[b.shape].n == b.n_cols);
		look_at(&b);
		*rows += b.n_rows;
	}
	return r;
}

static void compare(struct run *a, struct run *b, const struct diff_options *o, bool same)
{
	struct err err = {0};
	struct diff d;
	int r = diff_runs(a, b, o, &d, &err);

	must(r == 0 || err.text[0]);
	must(r != 0 || !same || d.added + d.removed + d.changed == 0);
	must(r != 0 || results_rows(d.rows) == d.added + d.removed + d.changed);
	diff_done(&d);
}

static void open_and_compare(void)
{
	static const struct diff_options all = {0}, keyed = {.key = "a", .ignore = "b"};
	struct run runs[2];
	struct err err;
	size_t rows = 0;
	int r = 0;

	for (int i = 0; i < 2; i++) {
		int opened = run_open(store, i + 1, &runs[i], &err);

		r = r < 0 ? r : opened < 0 ? opened : read_run(&runs[i], &rows);
	}
	if (r == 0 && rows <= ROWS_MAX) {
		compare(&runs[0], &runs[0], &all, true);
		compare(&runs[0], &runs[1], &all, false);
		compare(&runs[1], &runs[0], &keyed, false);
	}
	for (int i = 0; i < 2; i++)
		run_done(&runs[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* Columns a and b; two hosts that answered; no rows but one: a is 1, b is "x". */
	static const char block[] = "\x01\x00\x01\x02\x00\x01\x01\x00\x11\x01\x02\x02\x01x";
	static const char shapes[] = "[[\"a\",\"b\"]]",
			  outcome[] = "h\t1\t1\t1\t0\t\ni\t1\t0\t1\t0\t\n";
	struct span parts[3] = {{NULL, 0}};
	size_t at = 4;
	struct err err;

	read_alone(data, n);
	for (size_t i = 0; i < 3; i++) {
		size_t want = i < 2 && n >= 4 ? data[2 * i] | (size_t)data[2 * i + 1] << 8 : n;
		size_t left = at < n ? n - at : 0;

		parts[i] = (struct span){
			(const char *)data + (at < n ? at : n), want < left ? want : left};
		at += parts[i].n;
	}
	must(store_exec(store, "BEGIN", &err) == 0);
	put_run(1, parts[0], parts[1], parts[2]);
	put_run(2, (struct span){shapes, sizeof(shapes) - 1},
		(struct span){outcome, sizeof(outcome) - 1},
		(struct span){block, sizeof(block) - 1});
	open_and_compare();
	must(store_exec(store, "ROLLBACK", &err) == 0);
	return 0;
}
