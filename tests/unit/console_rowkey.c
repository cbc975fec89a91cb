/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/hash.h"
#include "console/rowkey.h"

#include <errno.h>
#include <stdlib.h>

static struct cell text(const char *s, enum cell_type type)
{
	return (struct cell){.type = type, .n = (uint32_t)strlen(s), .p = s};
}

/* The same cells in another order of columns, and one that is missing for a NULL. */
TEST(rows_that_say_the_same)
{
	const struct cell a[] = {
		text("x", CELL_TEXT), {.type = CELL_INT, .i = 7}, {.type = CELL_NULL}};
	const struct cell b[] = {{.type = CELL_INT, .i = 7}, text("x", CELL_TEXT)};
	const size_t of_a[] = {0, 1, 2}, of_b[] = {1, 0, ROWKEY_NONE};

	CHECK(rowkey_hash(5, a, of_a, 3) == rowkey_hash(5, b, of_b, 3));
	CHECK(rowkey_hash(5, a, of_a, 3) != rowkey_hash(6, a, of_a, 3));
}

TEST(rows_that_do_not)
{
	const struct cell rows[][2] = {
		{text("ab", CELL_TEXT), text("c", CELL_TEXT)},
		{text("a", CELL_TEXT), text("bc", CELL_TEXT)},
		{text("abc", CELL_TEXT), text("", CELL_TEXT)},
		{text("", CELL_TEXT), text("abc", CELL_TEXT)},
		{text("ab", CELL_BLOB), text("c", CELL_TEXT)},
		{{.type = CELL_INT, .i = 1}, {.type = CELL_INT, .i = 2}},
		{{.type = CELL_INT, .i = 2}, {.type = CELL_INT, .i = 1}},
		{{.type = CELL_NULL}, {.type = CELL_INT, .i = 0}},
		{{.type = CELL_INT, .i = 0}, {.type = CELL_NULL}},
		{{.type = CELL_REAL, .r = 0}, {.type = CELL_NULL}},
		{text("", CELL_TEXT), {.type = CELL_NULL}},
		{{.type = CELL_NULL}, {.type = CELL_INT, .i = 1}},
		{{.type = CELL_NULL}, {.type = CELL_NULL}},
		{{.type = CELL_INT, .i = 1}, {.type = CELL_NULL}},
		{{.type = CELL_INT, .i = 1}, {.type = CELL_INT, .i = 1}},
		{text("a", CELL_TEXT), {.type = CELL_NULL}},
		{text("b", CELL_TEXT), {.type = CELL_NULL}},
		{text("c", CELL_TEXT), {.type = CELL_NULL}},
		{{.type = CELL_TEXT, .n = 2, .p = "b\0"}, {.type = CELL_NULL}},
	};
	const size_t places[] = {0, 1}, n = sizeof(rows) / sizeof(rows[0]);

	/* Neither under one seed nor under those of two hosts. */
	for (uint64_t seed = 0; seed < 300; seed++)
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++)
				for (uint64_t other = seed; other < seed + 3; other++)
					CHECK((i == j && seed == other) ||
						rowkey_hash(seed, rows[i], places, 2) !=
							rowkey_hash(other, rows[j], places, 2));
}

static void check_sorted(const struct rowprint *p, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct rowprint *a = &p[i - 1], *b = &p[i];

		CHECK(a->key < b->key ||
			(a->key == b->key && (a->value < b->value ||
						     (a->value == b->value && a->row < b->row))));
	}
}

/* `keys` different ones, 0: all; of all sizes, and with many alike in one pile. */
static void sort_some(size_t n, size_t keys)
{
	struct rowprint *p = calloc(n + 1, sizeof(*p));
	uint64_t sum = 0, after = 0;

	CHECK(p);
	for (size_t i = 0; i < n; i++) {
		p[i] = (struct rowprint){.key = hash_mix(keys ? i % keys : i),
			.value = hash_mix(i % 3 + 1000),
			.row = (uint32_t)i};
		sum += hash_mix(p[i].key ^ i);
	}
	CHECK_INT(rowprints_sort(p, n), 0);
	check_sorted(p, n);
	for (size_t i = 0; i < n; i++)
		after += hash_mix(p[i].key ^ p[i].row);
	CHECK(sum == after);
	free(p);
}

TEST(prints_sorted)
{
	for (size_t n = 0; n < 40; n++)
		sort_some(n, 0);
	sort_some(100000, 0);
	sort_some(100000, 1);
	sort_some(100000, 700);
}

TEST(without_memory)
{
	struct rowprint p[] = {{2, 0, 0}, {1, 0, 1}};

	for (long n = 1; n < 3; n++) {
		failalloc_countdown = n;
		CHECK_INT(rowprints_sort(p, 2), -ENOMEM);
		CHECK(p[0].key == 2);
		CHECK(failalloc_spent());
	}
	failalloc_countdown = 0;
	CHECK_INT(rowprints_sort(p, 2), 0);
	CHECK(p[0].key == 1);
}

TEST_MAIN(&rows_that_say_the_same, &rows_that_do_not, &prints_sorted, &without_memory)
