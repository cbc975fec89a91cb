/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/str.h"
#include "console/store_block.h"
#include "console/store_outcome.h"

#include <errno.h>

#define ROWS 300
#define COLS 4

static struct cell cells[ROWS * COLS];
static char texts[ROWS][16];

static struct cell text(const char *s)
{
	return (struct cell){.type = CELL_TEXT, .n = (uint32_t)strlen(s), .p = s};
}

static struct cell number(int64_t i)
{
	return (struct cell){.type = CELL_INT, .i = i};
}

/* Numbers at the edges, texts new and met before, blobs with the bytes of a text, reals, nulls. */
static void fill(void)
{
	static const int64_t numbers[] = {
		0, 1, -1, INT64_MAX, INT64_MIN, 7, INT64_C(1) << 60, -(INT64_C(1) << 60)};

	for (size_t i = 0; i < ROWS; i++) {
		struct cell *row = cells + i * COLS;

		snprintf(texts[i], sizeof(texts[i]), "text %zu", i % 90);
		row[0] = number(numbers[i % ARRAY_LEN(numbers)]);
		row[1] = text(texts[i]);
		row[2] = text(i % 3 ? "" : texts[i]);
		row[2].type = i % 2 ? CELL_BLOB : CELL_TEXT;
		row[3] = i % 5 ? (struct cell){.type = CELL_REAL, .r = (double)i / 3}
			       : (struct cell){.type = CELL_NULL};
	}
}

static bool same(const struct cell *a, const struct cell *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == CELL_NULL)
		return true;
	if (!cell_has_bytes(a))
		return a->i == b->i;
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

static void write_block(struct buf *out)
{
	struct block_writer *w = block_writer_new();

	CHECK(w);
	fill();
	/* What stood in the block before leaves nothing behind. */
	CHECK_INT(block_add(w, 9, cells, 10, COLS), 0);
	block_drop(w);
	CHECK_INT(block_add(w, 3, cells, 100, COLS), 0);
	CHECK_INT(block_add(w, 3, cells + 100 * COLS, 50, COLS), 0);
	CHECK_INT(block_add(w, 0, cells + 150 * COLS, 150, COLS), 0);
	CHECK_INT(block_add(w, 0, cells, 1, COLS - 1), -EMSGSIZE);
	CHECK_INT(block_rows(w), ROWS);
	CHECK_INT(block_finish(w, 5, out), 0);
	CHECK_INT(block_rows(w), 0);
	block_writer_free(w);
}

TEST(what_goes_in_comes_out)
{
	struct block_reader *r = block_reader_new();
	struct block b;
	struct buf out;

	buf_init(&out, BLOCK_RAW_MAX);
	write_block(&out);
	CHECK_INT(block_read(r, out.p, out.len, &b), 0);
	CHECK_INT(b.shape, 5);
	CHECK_INT(b.n_rows, ROWS);
	CHECK_INT(b.n_cols, COLS);
	for (size_t i = 0; i < ROWS; i++)
		CHECK_INT(b.hosts[i], i < 150 ? 3 : 0);
	for (size_t i = 0; i < ROWS * COLS; i++)
		CHECK(same(&b.cells[i], &cells[i]));
	block_reader_free(r);
	buf_done(&out);
}

/* Cut anywhere or with any byte changed it is refused or read, but nothing else happens. */
TEST(damaged_blocks)
{
	struct block_reader *r = block_reader_new();
	struct block b;
	struct buf out;

	buf_init(&out, BLOCK_RAW_MAX);
	write_block(&out);
	for (size_t n = 0; n < out.len; n++)
		CHECK(block_read(r, out.p, n, &b) < 0);
	for (size_t i = 0; i < out.len; i++) {
		out.p[i] = (char)(out.p[i] ^ 0x55);
		(void)block_read(r, out.p, out.len, &b);
		out.p[i] = (char)(out.p[i] ^ 0x55);
	}
	CHECK_INT(block_read(r, out.p, out.len, &b), 0);
	block_reader_free(r);
	buf_done(&out);
}

TEST(without_memory)
{
	fill();
	for (long n = 1; n < 1000; n++) {
		struct block_writer *w;
		struct buf out;
		int r;

		buf_init(&out, BLOCK_RAW_MAX);
		failalloc_countdown = n;
		w = block_writer_new();
		r = w ? block_add(w, 1, cells, ROWS, COLS) : -ENOMEM;
		if (r == 0)
			r = block_finish(w, 0, &out);
		block_writer_free(w);
		buf_done(&out);
		CHECK(r == 0 || r == -ENOMEM);
		if (!failalloc_spent()) {
			CHECK_INT(r, 0);
			failalloc_countdown = 0;
			return;
		}
	}
	FAIL("it never succeeds");
}

TEST(outcomes_of_hosts)
{
	const struct host_config hosts[] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
	struct fleet_end good = {.state = HOST_ANSWERED, .rows = 7, .ms = 12, .truncated = true};
	struct fleet_end bad = {.state = HOST_TIMED_OUT, .error = "no\tanswer\nat all"};
	struct outcomes o, got;
	struct buf out;

	buf_init(&out, BLOCK_RAW_MAX);
	CHECK_INT(outcomes_init(&o, 3), 0);
	CHECK_INT(outcomes_take(&o, 0, &good), 0);
	CHECK_INT(outcomes_take(&o, 2, &bad), 0);
	CHECK_INT(outcomes_answered(&o), 1);
	CHECK_INT(outcomes_pack(&o, hosts, &out), 0);
	CHECK_INT(outcomes_unpack(out.p, out.len, &got), 0);
	CHECK_INT(got.n, 3);
	CHECK_STR(got.of[0].name, "a");
	CHECK_INT(got.of[0].rows, 7);
	CHECK_INT(got.of[0].ms, 12);
	CHECK(got.of[0].truncated);
	CHECK_INT(got.of[1].state, HOST_PENDING);
	CHECK_STR(got.of[2].error, "no answer at all");
	outcomes_done(&got);
	for (size_t n = 0; n < out.len; n++) {
		CHECK(outcomes_unpack(out.p, n, &got) < 0);
		outcomes_done(&got);
	}
	outcomes_done(&o);
	buf_done(&out);
}

TEST_MAIN(&what_goes_in_comes_out, &damaged_blocks, &without_memory, &outcomes_of_hosts)
