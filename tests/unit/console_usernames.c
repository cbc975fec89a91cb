/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of users and groups of many hosts. */
#include "tests/unit/test.h"

#include "console/usernames.h"

#include <errno.h>

static struct usernames *u;

static void fresh(size_t hosts)
{
	usernames_free(u);
	u = usernames_new(hosts);
	CHECK(u);
}

static int add(uint32_t host, bool group, int64_t id, const char *name)
{
	return usernames_add(u, host, group, id, name, strlen(name));
}

TEST(each_host_has_its_own)
{
	fresh(2);
	CHECK_INT(add(0, false, 1000, "alice"), 0);
	CHECK_INT(add(0, true, 1000, "staff"), 0);
	CHECK_INT(add(0, false, 0, "root"), 0);
	CHECK_INT(add(1, false, 1000, "bob"), 0);
	/* Not before all came. */
	CHECK(!usernames_find(u, 0, false, 1000));
	usernames_settle(u, 0);
	usernames_settle(u, 1);
	CHECK_STR(usernames_find(u, 0, false, 1000), "alice");
	CHECK_STR(usernames_find(u, 0, true, 1000), "staff");
	CHECK_STR(usernames_find(u, 1, false, 1000), "bob");
	CHECK(!usernames_find(u, 1, false, 0));
	CHECK(!usernames_find(u, 0, false, 7));
	CHECK(!usernames_find(u, 0, false, -1));
	CHECK(!usernames_find(u, 0, false, INT64_C(4294968296)));
	CHECK(!usernames_find(u, 9, false, 1000));
	CHECK(!usernames_find(NULL, 0, false, 1000));
}

TEST(the_first_of_an_id_stays)
{
	fresh(1);
	CHECK_INT(add(0, false, 0, "root"), 0);
	CHECK_INT(add(0, false, 5, "games"), 0);
	CHECK_INT(add(0, false, 0, "toor"), 0);
	usernames_settle(u, 0);
	CHECK_STR(usernames_find(u, 0, false, 0), "root");
	/* Told again after it was cut off. */
	CHECK_INT(add(0, false, 0, "again"), 0);
	CHECK_INT(add(0, false, 6, "man"), 0);
	usernames_settle(u, 0);
	CHECK_STR(usernames_find(u, 0, false, 0), "root");
	CHECK_STR(usernames_find(u, 0, false, 6), "man");
}

TEST(what_is_left_out)
{
	char name[USERNAMES_LEN_MAX + 2];

	fresh(1);
	memset(name, 'x', sizeof(name));
	CHECK_INT(usernames_add(u, 0, false, 1, name, USERNAMES_LEN_MAX), 0);
	CHECK_INT(usernames_add(u, 0, false, 2, name, USERNAMES_LEN_MAX + 1), -EINVAL);
	CHECK_INT(usernames_add(u, 0, false, 2, "a\0b", 3), -EINVAL);
	CHECK_INT(add(0, false, 2, ""), -EINVAL);
	CHECK_INT(add(0, false, -2, "x"), -EINVAL);
	CHECK_INT(add(0, false, INT64_C(1) << 32, "x"), -EINVAL);
	CHECK_INT(add(1, false, 2, "x"), -EINVAL);
	for (int i = 1; i < USERNAMES_HOST_MAX; i++)
		CHECK_INT(add(0, false, USERNAMES_HOST_MAX - i, "many"), 0);
	CHECK_INT(add(0, false, 9, "more"), -E2BIG);
	usernames_settle(u, 0);
	usernames_settle(u, 1);
	CHECK_STR(usernames_find(u, 0, false, 4000), "many");
}

TEST(out_of_memory)
{
	bool spent = true;

	for (long n = 1; spent; n++) {
		failalloc_countdown = n;
		usernames_free(u);
		u = usernames_new(3);
		if (u)
			(void)add(0, false, 1, "one");
		if (u)
			(void)add(2, true, 1, "two");
		spent = failalloc_spent();
		failalloc_countdown = 0;
		if (u) {
			usernames_settle(u, 0);
			(void)usernames_find(u, 0, false, 1);
		}
	}
	usernames_free(u);
	u = NULL;
}

TEST_MAIN(&each_host_has_its_own, &the_first_of_an_id_stays, &what_is_left_out, &out_of_memory)
