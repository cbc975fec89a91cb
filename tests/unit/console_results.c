/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "console/results.h"

#include <errno.h>

static struct results *r;
static const struct wire_column ab[] = {{"a", "TEXT"}, {"b", "BIGINT"}};
static const struct wire_column ba[] = {{"b", "BIGINT"}, {"a", "TEXT"}};
static const struct wire_column aac[] = {{"a", ""}, {"a", ""}, {"c", ""}};

static struct cell text(const char *s)
{
	return (struct cell){.type = CELL_TEXT, .n = (uint32_t)strlen(s), .p = s};
}

static struct cell number(int64_t i)
{
	return (struct cell){.type = CELL_INT, .i = i};
}

static void begin(size_t hosts)
{
	results_free(r);
	r = results_new(hosts);
	CHECK(r);
}

static void add(host_id host, const char *a, int64_t b)
{
	const struct cell row[] = {text(a), number(b)};

	CHECK_INT(results_add(r, host, row, 1), 0);
}

static void is_text(row_id row, size_t column, const char *want)
{
	struct cell c = results_unpack(r, results_cell(r, row, column));

	CHECK_INT(c.type, CELL_TEXT);
	CHECK_INT(c.n, strlen(want));
	CHECK(memcmp(c.p, want, c.n) == 0);
}

static void is_number(row_id row, size_t column, int64_t want)
{
	struct cell c = results_unpack(r, results_cell(r, row, column));

	CHECK_INT(c.type, CELL_INT);
	CHECK_INT(c.i, want);
}

TEST(rows_of_two_hosts)
{
	const struct cell other[] = {number(7), text("x")};

	begin(2);
	CHECK_INT(results_columns(r, 0, ab, 2), 0);
	CHECK_INT(results_columns(r, 1, ba, 2), 0);
	CHECK_INT(results_columns_n(r), 2);
	add(0, "x", 5);
	CHECK_INT(results_add(r, 1, other, 1), 0);
	CHECK_INT(results_rows(r), 2);
	CHECK_INT(results_host(r, 0), 0);
	CHECK_INT(results_host(r, 1), 1);
	is_text(0, 0, "x");
	is_text(1, 0, "x");
	is_number(0, 1, 5);
	is_number(1, 1, 7);
	/* Each text once. */
	CHECK_INT(results_texts(r), 1);
	CHECK(results_cell(r, 0, 0) == results_cell(r, 1, 0));
}

TEST(columns_of_the_same_name)
{
	const struct cell row[] = {text("1"), text("2"), text("3")};

	begin(1);
	CHECK_INT(results_columns(r, 0, ab, 2), 0);
	add(0, "before", 1);
	CHECK_INT(results_columns(r, 0, aac, 3), 0);
	CHECK_INT(results_add(r, 0, row, 1), 0);
	CHECK_INT(results_columns_n(r), 4);
	CHECK_STR(results_column_name(r, 2), "a:1");
	CHECK_STR(results_column_name(r, 3), "c");
	CHECK_INT(results_cell(r, 0, 3), PACKED_NULL);
	CHECK_INT(results_cell(r, 1, 1), PACKED_NULL);
	is_text(1, 2, "2");
}

TEST(cells_of_every_kind)
{
	static const int64_t numbers[] = {0, -1, (INT64_C(1) << 60) - 1, INT64_C(1) << 60,
		-(INT64_C(1) << 60), -(INT64_C(1) << 60) - 1, INT64_MAX, INT64_MIN};
	static const struct wire_column one[] = {{"v", ""}};
	struct cell c = {.type = CELL_REAL, .r = 0.1}, got;

	begin(1);
	CHECK_INT(results_columns(r, 0, one, 1), 0);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct cell n = number(numbers[i]);

		CHECK_INT(results_add(r, 0, &n, 1), 0);
		is_number((row_id)i, 0, numbers[i]);
	}
	CHECK_INT(results_add(r, 0, &c, 1), 0);
	got = results_unpack(r, results_cell(r, 8, 0));
	CHECK(got.type == CELL_REAL && got.r == 0.1);
	c = (struct cell){.type = CELL_BLOB, .n = 3, .p = "\xff\0z"};
	CHECK_INT(results_add(r, 0, &c, 1), 0);
	got = results_unpack(r, results_cell(r, 9, 0));
	CHECK(got.type == CELL_BLOB && got.n == 3 && memcmp(got.p, "\xff\0z", 3) == 0);
	c = (struct cell){.type = CELL_NULL};
	CHECK_INT(results_add(r, 0, &c, 1), 0);
	CHECK_INT(results_unpack(r, results_cell(r, 10, 0)).type, CELL_NULL);
	c = text("");
	CHECK_INT(results_add(r, 0, &c, 1), 0);
	is_text(11, 0, "");
}

TEST(cells_too_long_are_cut)
{
	static const struct wire_column one[] = {{"v", ""}};
	char *big = malloc(RESULTS_CELL_MAX + 1);
	struct cell c = {.type = CELL_TEXT, .n = RESULTS_CELL_MAX + 1, .p = big};

	CHECK(big);
	memset(big, 'x', RESULTS_CELL_MAX + 1);
	begin(1);
	CHECK_INT(results_columns(r, 0, one, 1), 0);
	CHECK_INT(results_add(r, 0, &c, 1), 0);
	CHECK_INT(results_unpack(r, results_cell(r, 0, 0)).n, RESULTS_CELL_MAX);
	c.n = RESULTS_CELL_MAX - 1;
	CHECK_INT(results_add(r, 0, &c, 1), 0);
	CHECK_INT(results_unpack(r, results_cell(r, 1, 0)).n, RESULTS_CELL_MAX - 1);
	free(big);
}

TEST(rows_at_their_cap)
{
	static const struct wire_column one[] = {{"v", ""}};
	static struct cell many[1024];

	begin(1);
	CHECK_INT(results_columns(r, 0, one, 1), 0);
	for (size_t n = 0; n < RESULTS_ROWS_MAX; n += 1024)
		CHECK_INT(results_add(r, 0, many, 1024), 0);
	CHECK_INT(results_rows(r), RESULTS_ROWS_MAX);
	CHECK_INT(results_lost(r), 0);
	CHECK_INT(results_add(r, 0, many, 3), -ENOSPC);
	CHECK_INT(results_rows(r), RESULTS_ROWS_MAX);
	CHECK_INT(results_lost(r), 3);
}

TEST(what_a_refresh_marks)
{
	begin(3);
	for (host_id h = 0; h < 3; h++)
		CHECK_INT(results_columns(r, h, ab, 2), 0);
	add(0, "stays", 1);
	add(0, "goes", 2);
	add(1, "stays", 1);
	add(2, "silent", 1);
	for (row_id i = 0; i < 4; i++)
		CHECK_INT(results_mark(r, i), ROW_PLAIN);

	CHECK_INT(results_refresh(r), 0);
	/* The hosts' rows come mixed. */
	CHECK_INT(results_columns(r, 0, ab, 2), 0);
	CHECK_INT(results_columns(r, 1, ba, 2), 0);
	CHECK_INT(results_add(r, 1, (const struct cell[]){number(1), text("stays")}, 1), 0);
	add(0, "comes", 3);
	add(0, "stays", 1);
	/* Twice is one more than before. */
	add(0, "stays", 1);
	CHECK_INT(results_rows(r), 6);
	CHECK_INT(results_mark(r, 1), ROW_PLAIN);
	results_refreshed(r, 0, true);
	results_refreshed(r, 1, true);
	results_refreshed(r, 2, false);
	CHECK_INT(results_mark(r, 0), ROW_PLAIN);
	CHECK_INT(results_mark(r, 1), ROW_GONE);
	CHECK_INT(results_mark(r, 2), ROW_PLAIN);
	CHECK_INT(results_mark(r, 3), ROW_PLAIN);
	CHECK_INT(results_mark(r, 4), ROW_NEW);
	CHECK_INT(results_mark(r, 5), ROW_NEW);

	CHECK_INT(results_refresh(r), 0);
	CHECK_INT(results_mark(r, 1), ROW_DEAD);
	CHECK_INT(results_mark(r, 4), ROW_PLAIN);
	results_refreshed(r, 0, true);
	CHECK_INT(results_mark(r, 0), ROW_GONE);
	CHECK_INT(results_dead(r), 1);
}

TEST(a_copy_without_the_dead)
{
	struct results *copy;

	begin(2);
	CHECK_INT(results_columns(r, 0, ab, 2), 0);
	CHECK_INT(results_columns(r, 1, ba, 2), 0);
	add(0, "x", 1);
	add(0, "y", 2);
	CHECK_INT(results_add(r, 1, (const struct cell[]){number(9), text("z")}, 1), 0);
	CHECK_INT(results_refresh(r), 0);
	results_refreshed(r, 0, true);
	CHECK_INT(results_refresh(r), 0);
	add(0, "new", 3);
	results_refreshed(r, 0, true);
	CHECK_INT(results_dead(r), 2);
	copy = results_compact(r);
	CHECK(copy);
	results_free(r);
	r = copy;
	CHECK_INT(results_rows(r), 2);
	is_text(0, 0, "z");
	is_number(0, 1, 9);
	CHECK_INT(results_host(r, 0), 1);
	is_text(1, 0, "new");
	CHECK_INT(results_mark(r, 1), ROW_NEW);
	CHECK_INT(results_dead(r), 0);
}

TEST(beside_a_run_before)
{
	static const size_t places[] = {1, 0};
	const struct cell was[] = {number(4), text("old")};
	struct results *copy;

	begin(2);
	CHECK_INT(results_columns(r, 0, ab, 2), 0);
	add(0, "x", 1);
	add(0, "y", 2);
	results_set_change(r, 0, ROW_ADDED);
	CHECK_INT(results_was(r, 0, places, 2, was, 1), 0);
	CHECK_INT(results_rows(r), 3);
	CHECK_INT(results_mark(r, 2), ROW_WAS);
	is_text(2, 0, "old");
	is_number(2, 1, 4);
	/* A refresh neither knows it again nor changes it, and keeps what differs. */
	CHECK_INT(results_refresh(r), 0);
	CHECK_INT(results_was(r, 0, places, 2, was, 1), -EINVAL);
	add(0, "x", 1);
	add(0, "old", 4);
	results_refreshed(r, 0, true);
	CHECK_INT(results_rows(r), 4);
	CHECK_INT(results_mark(r, 0), ROW_PLAIN);
	CHECK_INT(results_change(r, 0), ROW_ADDED);
	CHECK_INT(results_mark(r, 1), ROW_GONE);
	CHECK_INT(results_mark(r, 2), ROW_WAS);
	CHECK_INT(results_mark(r, 3), ROW_NEW);
	copy = results_compact(r);
	CHECK(copy);
	CHECK_INT(results_rows(copy), 3);
	CHECK_INT(results_change(copy, 0), ROW_SAME);
	results_free(copy);
	results_unchange(r);
	CHECK_INT(results_change(r, 0), ROW_SAME);
	CHECK_INT(results_mark(r, 2), ROW_DEAD);
	CHECK_INT(results_mark(r, 3), ROW_NEW);
}

/* Within one call the same bytes at the same place are met again; by the next one they may be
 * others. */
TEST(texts_at_one_place)
{
	char place[] = "first";
	const struct cell rows[] = {text(place), number(1), text(place), number(2),
		{.type = CELL_TEXT, .n = 3, .p = place}, number(3)};

	begin(1);
	CHECK_INT(results_columns(r, 0, ab, 2), 0);
	CHECK_INT(results_add(r, 0, rows, 3), 0);
	memcpy(place, "other", sizeof(place));
	CHECK_INT(results_add(r, 0, rows, 3), 0);
	is_text(0, 0, "first");
	is_text(1, 0, "first");
	is_text(2, 0, "fir");
	is_text(3, 0, "other");
	is_text(5, 0, "oth");
	CHECK_INT(results_texts(r), 4);
}

TEST(many_texts)
{
	char name[32];

	begin(1);
	CHECK_INT(results_columns(r, 0, ab, 2), 0);
	for (int i = 0; i < 200000; i++) {
		snprintf(name, sizeof(name), "t%d", i % 150000);
		add(0, name, i);
	}
	CHECK_INT(results_texts(r), 150000);
	is_text(199999, 0, "t49999");
	is_number(199999, 1, 199999);
}

TEST(without_memory)
{
	long n = 0;

	do {
		failalloc_countdown = ++n;
		results_free(r);
		r = results_new(1);
		if (r && results_columns(r, 0, aac, 3) == 0) {
			const struct cell row[] = {text("1"), text("2"), number(INT64_MAX)};

			(void)results_add(r, 0, row, 1);
			if (results_refresh(r) == 0)
				(void)results_add(r, 0, row, 1);
			results_refreshed(r, 0, true);
			results_free(results_compact(r));
		}
	} while (failalloc_spent());
	CHECK(n > 5);
	results_free(r);
	r = NULL;
	results_free(NULL);
}

TEST_MAIN(&rows_of_two_hosts, &columns_of_the_same_name, &cells_of_every_kind,
	&cells_too_long_are_cut, &rows_at_their_cap, &what_a_refresh_marks,
	&a_copy_without_the_dead, &beside_a_run_before, &texts_at_one_place, &many_texts,
	&without_memory)
