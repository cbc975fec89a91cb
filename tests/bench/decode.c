/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast row lines become cells, against jansson building its tree of the same lines. The rows
 * look like those of `select * from processes`.
 *
 *   decode [--assert]    with --assert the status is 1 below ASSERT_RATIO
 */
#include "common/clock.h"
#include "common/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASSERT_RATIO 5.0
#define LINES	     16
#define ROUNDS	     30
#define LINE_MAX_LEN WIRE_REPLY_MAX

static const char *const commands[][2] = {
	{"/usr/lib/systemd/systemd", "/sbin/init splash"},
	{"/usr/sbin/sshd", "sshd: alice [priv]"},
	{"/usr/bin/python3.11",
		"/usr/bin/python3 /usr/bin/networkd-dispatcher --run-startup-triggers"},
	{"/usr/lib/jvm/java-17-openjdk-amd64/bin/java",
		"java -Xmx2g -Dlog4j.configuration=file:/etc/app/log4j.properties -jar "
		"/opt/app/lib/server.jar --name=\"blue green\""},
	{"/usr/sbin/nginx", "nginx: worker process"},
	{"/usr/lib/postgresql/15/bin/postgres", "postgres: 15/main: autovacuum launcher "},
	{"", ""},
	{"/home/zoë/bin/überwachung", "/home/zoë/bin/überwachung --täglich"},
};

static struct cell text(const char *s)
{
	return (struct cell){.type = CELL_TEXT, .n = (uint32_t)strlen(s), .p = s};
}

static struct cell integer(int64_t i)
{
	return (struct cell){.type = CELL_INT, .i = i};
}

static int put_row(struct buf *b, size_t row, unsigned seed)
{
	const char *const *command = commands[seed % (sizeof(commands) / sizeof(commands[0]))];
	const struct cell cells[] = {
		integer(1000 + seed * 7),
		text(*command[0] ? strrchr(command[0], '/') + 1 : "kworker/3:1-events"),
		text(command[0]),
		text(command[1]),
		text("S"),
		text("/"),
		integer(seed % 3 ? 0 : 1000),
		integer(seed % 3 ? 0 : 1000),
		integer(seed % 5 ? 1 : 2),
		integer((int64_t)seed * 40960),
		integer(1790000000 + seed),
		integer(seed % 40),
	};
	int r = wire_row_begin(b, row);

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]) && r == 0; i++)
		r = wire_put_cell(b, i, &cells[i]);
	return r < 0 ? r : wire_row_end(b);
}

/* A line as long as an agent makes them. */
static int put_line(struct buf *b, unsigned *seed)
{
	int r = wire_rows_begin(b, 1);

	for (size_t row = 0; r == 0 && b->len < WIRE_ROWS_MAX - 512; row++)
		r = put_row(b, row, (*seed)++);
	return r < 0 ? r : wire_rows_end(b);
}

struct corpus {
	struct buf lines[LINES];
	char *copy[LINES]; /* the reader writes into what it reads */
	size_t bytes;
};

static int corpus_init(struct corpus *c)
{
	unsigned seed = 0;

	for (size_t i = 0; i < LINES; i++) {
		buf_init(&c->lines[i], LINE_MAX_LEN);
		if (put_line(&c->lines[i], &seed) < 0)
			return -1;
		buf_cut(&c->lines[i], c->lines[i].len - 1);
		c->bytes += c->lines[i].len;
		c->copy[i] = malloc(c->lines[i].len + 1);
		if (!c->copy[i])
			return -1;
	}
	return 0;
}

/* Microseconds over the whole corpus, or -1. */
static int64_t one_pass(struct corpus *c, struct wire_rows *rows)
{
	int64_t started, id;

	for (size_t i = 0; i < LINES; i++)
		memcpy(c->copy[i], c->lines[i].p, c->lines[i].len + 1);
	started = clock_mono_us();
	for (size_t i = 0; i < LINES; i++) {
		if (wire_rows_read(c->copy[i], c->lines[i].len, &id, rows, NULL) != 1)
			return -1;
	}
	return clock_mono_us() - started;
}

static int64_t by_jansson(struct corpus *c)
{
	int64_t started = clock_mono_us();

	for (size_t i = 0; i < LINES; i++) {
		json_t *tree = json_loadb(c->lines[i].p, c->lines[i].len, JSON_ALLOW_NUL, NULL);

		if (!tree)
			return -1;
		json_decref(tree);
	}
	return clock_mono_us() - started;
}

/* The best round counts: what else runs on the machine only ever adds. */
static int64_t better(int64_t best, int64_t now)
{
	return best == 0 || now < best ? now : best;
}

int main(int argc, char **argv)
{
	static struct corpus c;
	struct wire_rows rows = {.cells = NULL};
	int64_t ours = 0, theirs = 0;
	double ratio;

	if (corpus_init(&c) < 0)
		return 2;
	for (int i = 0; i < ROUNDS; i++) {
		int64_t a = one_pass(&c, &rows), b = by_jansson(&c);

		if (a < 0 || b < 0)
			return 2;
		ours = better(ours, a);
		theirs = better(theirs, b);
	}
	ratio = (double)theirs / (double)(ours ? ours : 1);
	/* Rows of the table that tests/bench/run prints. */
	printf("result\trow lines to cells, one pass\t%.0f\tMB/s\t\t\n",
		(double)c.bytes / (double)(ours ? ours : 1));
	printf("result\tthe same lines loaded by jansson\t%.0f\tMB/s\t\t\n",
		(double)c.bytes / (double)(theirs ? theirs : 1));
	printf("result\ttimes as fast as jansson\t%.1f\t\t>= %g\t%s\n", ratio, ASSERT_RATIO,
		ratio < ASSERT_RATIO ? "missed" : "met");
	wire_rows_free(&rows);
	for (size_t i = 0; i < LINES; i++) {
		buf_done(&c.lines[i]);
		free(c.copy[i]);
	}
	return argc > 1 && strcmp(argv[1], "--assert") == 0 && ratio < ASSERT_RATIO;
}
