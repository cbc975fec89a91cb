/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/map.h"

#include <errno.h>

#define MANY 20000

static int numbers[MANY], freed;

static void count_free(void *value)
{
	(void)value;
	freed++;
}

static void put_many(struct map *m, int from, int to)
{
	char key[32];

	for (int i = from; i < to; i++) {
		snprintf(key, sizeof(key), "host-%d.example", i);
		CHECK_INT(map_put(m, key, &numbers[i], NULL), 0);
	}
}

TEST(empty_map)
{
	struct map *m = map_new(0);

	CHECK(!map_get(NULL, "a"));
	CHECK_INT(map_len(NULL), 0);
	map_free(NULL, NULL);
	CHECK(!map_get(m, "a"));
	CHECK_INT(map_put(m, "a", m, NULL), -E2BIG);
	CHECK_INT(map_len(m), 0);
	map_free(m, NULL);
}

TEST(many_entries)
{
	struct map *m = map_new(MANY);
	char key[32];

	put_many(m, 0, MANY);
	CHECK_INT(map_len(m), MANY);
	for (int i = 0; i < MANY; i++) {
		snprintf(key, sizeof(key), "host-%d.example", i);
		CHECK(map_get(m, key) == &numbers[i]);
		CHECK_STR(map_key(m, (size_t)i), key);
		CHECK(map_value(m, (size_t)i) == &numbers[i]);
	}
	CHECK(!map_get(m, "host-20000.example"));
	CHECK(!map_get(m, "host-1.exampl"));
	CHECK_INT(map_put(m, "one too many", m, NULL), -E2BIG);
	/* Replacing needs no room. */
	CHECK_INT(map_put(m, "host-5.example", m, NULL), 1);
	freed = 0;
	map_free(m, count_free);
	CHECK_INT(freed, MANY);
}

TEST(keys_are_bytes_of_a_length)
{
	struct map *m = map_new(10);
	void *old = NULL;

	CHECK_INT(map_put(m, "", &numbers[0], NULL), 0);
	CHECK_INT(map_put(m, "ab", &numbers[1], NULL), 0);
	CHECK_INT(map_put(m, "ab", &numbers[2], &old), 1);
	CHECK(old == &numbers[1]);
	CHECK_INT(map_put(m, "null", NULL, NULL), 0);
	CHECK_INT(map_put(m, "null", NULL, &old), 1);
	CHECK(!old);
	CHECK(map_get(m, "") == &numbers[0]);
	CHECK(map_get_n(m, "abc", 2) == &numbers[2]);
	CHECK(!map_get_n(m, "ab\0", 3));
	CHECK(map_get_n(m, "zzz", 0) == &numbers[0]);
	CHECK_INT(map_len(m), 3);
	map_free(m, NULL);
}

TEST(out_of_memory_leaves_it_as_it_was)
{
	/* At 8, 16, … entries the slots grow too: every allocation fails once. */
	struct map *m = map_new(1000);

	for (int i = 0; i < 64; i++)
		for (long n = 1;; n++) {
			char key[16];
			int r;

			snprintf(key, sizeof(key), "%d", i);
			failalloc_countdown = n;
			r = map_put(m, key, &numbers[i], NULL);
			if (r == 0) {
				CHECK(!failalloc_spent());
				break;
			}
			CHECK_INT(r, -ENOMEM);
			CHECK_INT(map_len(m), i);
			CHECK(!map_get(m, key));
			CHECK(i == 0 || map_get(m, "0") == &numbers[0]);
		}
	failalloc_countdown = 1;
	CHECK(!map_new(1));
	map_free(m, NULL);
}

TEST_MAIN(
	&empty_map, &many_entries, &keys_are_bytes_of_a_length, &out_of_memory_leaves_it_as_it_was)
