/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/ration.h"

#include "tests/unit/test.h"

/* One byte a second. */
#define WHOLE ((int64_t)RATION_ALL_S)
#define SHARE (WHOLE / RATION_SHARE)

static struct ration ration;
static bool may;

static struct ration_user *ask(uid_t uid, int64_t now_ms)
{
	return ration_of(&ration, uid, WHOLE, now_ms, &may);
}

TEST(one_users_share)
{
	struct ration_user *u;

	ration = (struct ration){0};
	u = ask(7, 1000);
	CHECK(may);
	/* A long line may go beyond it, and is paid for. */
	ration_charge(u, SHARE + 100);
	CHECK(ask(7, 1000) == u && !may);
	CHECK_INT(u->skipped, 1);
	CHECK(ask(7, 101000) == u && !may);
	CHECK_INT(u->skipped, 2);
	CHECK(ask(7, 102000) == u && may);
	CHECK_INT(u->bytes, 1);
	CHECK(ask(7, 102999) == u && may);
	CHECK_INT(u->bytes, 1);
	/* Never more than the share, however long it was not used. */
	CHECK(ask(7, INT64_MAX / 2) == u && may);
	CHECK_INT(u->bytes, SHARE);
	CHECK_INT(u->skipped, 2);
}

TEST(others_are_not_touched)
{
	ration = (struct ration){0};
	ration_charge(ask(7, 0), SHARE);
	ask(7, 0);
	CHECK(!may);
	ask(8, 0);
	CHECK(may);
}

TEST(who_writes_most_stays_in_mind)
{
	ration = (struct ration){0};
	ration_charge(ask(7, 0), 2 * SHARE);
	for (uid_t uid = 100; uid < 100 + 10 * RATION_USERS_MAX; uid++) {
		ration_charge(ask(uid, 0), 1);
		CHECK(may);
	}
	ask(7, 0);
	CHECK(!may);
}

TEST(a_small_log)
{
	struct ration_user *u;

	ration = (struct ration){0};
	u = ration_of(&ration, 7, 2 << 20, 0, &may);
	CHECK(may);
	ration_charge(u, 2 << 20);
	/* Less than a byte a second, and yet some time. */
	ration_of(&ration, 7, 2 << 20, RATION_ALL_S * INT64_C(1000), &may);
	CHECK(may);
}

TEST_MAIN(&one_users_share, &others_are_not_touched, &who_writes_most_stays_in_mind, &a_small_log)
