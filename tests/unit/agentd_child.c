/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/child.h"

#include "tests/unit/test.h"

#include <unistd.h>

static struct children children;
static struct err why;

static void hang(int out, int fd, void *arg)
{
	(void)out, (void)fd, (void)arg;
	for (;;)
		pause();
}

static bool start(enum child_kind kind, uid_t uid)
{
	const struct child_plan plan = {
		.name = "test", .kind = kind, .uid = uid, .run = hang, .fd = -1};
	bool room = children_room(&children, kind, uid);

	CHECK(room == (child_start(&children, &plan, &why) != NULL));
	return room;
}

static size_t start_all(enum child_kind kind, uid_t uid)
{
	size_t n = 0;

	while (start(kind, uid))
		n++;
	return n;
}

TEST(nobody_takes_all)
{
	children.loop = loop_new(&why);
	CHECK_INT(start_all(CHILD_ACTS, 1), CHILDREN_OF_USER_MAX);
	CHECK(!start(CHILD_LOOKS_UP, 1));
	CHECK_INT(start_all(CHILD_ACTS, 2), CHILDREN_OF_KIND_MAX - CHILDREN_OF_USER_MAX);
	/* No room for anybody's actions, but for finding out who somebody is. */
	CHECK(!start(CHILD_ACTS, 3));
	CHECK_INT(start_all(CHILD_LOOKS_UP, 3), CHILDREN_MAX - CHILDREN_OF_KIND_MAX);
	CHECK_INT(children.n, CHILDREN_MAX);
	children_end(&children);
	CHECK_INT(
		start_all(CHILD_LOOKS_UP, 1) + start_all(CHILD_LOOKS_UP, 2), CHILDREN_OF_KIND_MAX);
	CHECK(start(CHILD_ACTS, 3));
	children_end(&children);
	loop_free(children.loop);
}

TEST_MAIN(&nobody_takes_all)
