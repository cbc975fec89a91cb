/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/pathglob.h"

#include "tests/unit/test.h"

#include <errno.h>
#include <stdbool.h>

static int init(struct pathglob *g, enum pathglob_kind kind, const char *text, bool below)
{
	return pathglob_init(g, kind, text, strlen(text), below);
}

/* Walks down the names of `path` (behind the base) and tells whether the last one is a hit. */
static bool finds(enum pathglob_kind kind, const char *pattern, const char *path, bool below)
{
	char names[256], *save = names, *name;
	struct pathglob_next next = {.below = 1};
	struct pathglob g;
	bool hit = false;

	CHECK_INT(init(&g, kind, pattern, below), 0);
	CHECK(g.n > 0);
	if (strncmp(path, g.base, strlen(g.base)) == 0) {
		snprintf(names, sizeof(names), "%s", path + strlen(g.base) + 1);
		while ((name = strsep(&save, "/"))) {
			next = pathglob_next(&g, next.below, name);
			hit = next.hit;
		}
	}
	pathglob_done(&g);
	return hit;
}

static bool like(const char *pattern, const char *path)
{
	return finds(PATHGLOB_LIKE, pattern, path, false);
}

static bool glob(const char *pattern, const char *path)
{
	return finds(PATHGLOB_GLOB, pattern, path, false);
}

TEST(glob_one_level)
{
	CHECK(like("/etc/%", "/etc/passwd"));
	CHECK(!like("/etc/%", "/etc/ssh/sshd_config"));
	CHECK(like("/tmp/%.sh", "/tmp/x.sh"));
	CHECK(like("/tmp/%.sh", "/tmp/.sh"));
	CHECK(!like("/tmp/%.sh", "/tmp/x.py"));
	CHECK(like("/home/%/.ssh/%", "/home/alice/.ssh/id"));
	CHECK(!like("/home/%/.ssh/%", "/home/alice/.config/id"));
	CHECK(like("/home/%/.bashrc", "/home/alice/.bashrc"));
	CHECK(like("/%", "/etc"));
	CHECK(like("/etc/%", "/etc/.hidden"));
}

TEST(glob_deep)
{
	CHECK(like("/etc/%%", "/etc/passwd"));
	CHECK(like("/etc/%%", "/etc/ssh/sshd_config"));
	CHECK(like("/etc/%%", "/etc/a/b/c/d/e"));
	CHECK(like("/%%", "/a/b"));
	/* As a component of its own in the middle: one or more. */
	CHECK(like("/home/%%/.ssh/id", "/home/a/.ssh/id"));
	CHECK(like("/home/%%/.ssh/id", "/home/a/b/.ssh/id"));
	CHECK(!like("/home/%%/.ssh/id", "/home/.ssh/id"));
	CHECK(!like("/home/%%/.ssh/id", "/home/a/.ssh/other"));
	/* Behind something at the end: that, and all below. */
	CHECK(like("/tmp/x%%", "/tmp/x1"));
	CHECK(like("/tmp/x%%", "/tmp/x1/y/z"));
	CHECK(!like("/tmp/x%%", "/tmp/y/x1"));
	/* Anywhere else it is a single %. */
	CHECK(like("/tmp/%%.sh", "/tmp/a.sh"));
	CHECK(!like("/tmp/%%.sh", "/tmp/a/b.sh"));
}

TEST(glob_as_sqlite_compares)
{
	CHECK(like("/tmp/%.SH", "/tmp/x.sh"));
	CHECK(like("/tmp/a_c", "/tmp/abc"));
	CHECK(like("/tmp/a_c", "/tmp/a_c"));
	CHECK(like("/tmp/a_c", "/tmp/a\xc3\xa4"
			       "c"));
	CHECK(!like("/tmp/a_c", "/tmp/ac"));
	CHECK(like("/tmp/*_", "/tmp/*x"));
	CHECK(!like("/tmp/*_", "/tmp/xx"));
	CHECK(glob("/tmp/*.sh", "/tmp/x.sh"));
	CHECK(!glob("/tmp/*.SH", "/tmp/x.sh"));
	CHECK(glob("/tmp/[a-c]?", "/tmp/bz"));
	CHECK(glob("/tmp/**", "/tmp/b/z"));
	CHECK(glob("/tmp/*%", "/tmp/100%"));
	/* A component without a wildcard names one file. */
	CHECK(!like("/%/PASSWD", "/etc/passwd"));
}

TEST(glob_below)
{
	CHECK(finds(PATHGLOB_LIKE, "/home/%", "/home/a/file", true));
	CHECK(!finds(PATHGLOB_LIKE, "/home/%", "/home/file", true));
	CHECK(!finds(PATHGLOB_LIKE, "/home/%", "/home/a/b/file", true));
	CHECK(finds(PATHGLOB_LIKE, "/home/%%", "/home/a/b/file", true));
	CHECK(!finds(PATHGLOB_LIKE, "/home/%%", "/home/a", true));
	CHECK(finds(PATHGLOB_LIKE, "/home%%", "/home/a", true));
	CHECK(finds(PATHGLOB_LIKE, "/home%%", "/home/a/b/c", true));
}

TEST(glob_slash_and_base)
{
	struct pathglob g;

	CHECK_INT(init(&g, PATHGLOB_LIKE, "/etc/ssh/%/", false), 0);
	CHECK_STR(g.base, "/etc/ssh");
	CHECK(g.slash);
	CHECK_INT(g.n, 1);
	pathglob_done(&g);
	CHECK_INT(init(&g, PATHGLOB_LIKE, "/%", false), 0);
	CHECK_STR(g.base, "");
	CHECK(!g.slash);
	pathglob_done(&g);
	CHECK_INT(init(&g, PATHGLOB_LIKE, "/etc//x%", false), 0);
	CHECK_STR(g.base, "/etc/");
	pathglob_done(&g);
	CHECK_INT(init(&g, PATHGLOB_LIKE, "/etc/passwd", false), 0);
	CHECK_INT(g.n, 0);
	pathglob_done(&g);
}

TEST(glob_sets)
{
	struct pathglob g;
	struct pathglob_next n;

	CHECK_INT(init(&g, PATHGLOB_LIKE, "/a/%%/b/%", false), 0);
	n = pathglob_next(&g, 1, "b");
	/* Still below %%, and perhaps it was matched already. */
	CHECK_INT(n.below, 3);
	CHECK_INT(n.links, 0);
	n = pathglob_next(&g, 3, "b");
	CHECK_INT(n.below, 7);
	CHECK_INT(n.links, 4);
	CHECK_INT(n.named, 4);
	CHECK(!n.hit);
	n = pathglob_next(&g, 4, "b");
	CHECK(n.hit && !n.hit_named);
	pathglob_done(&g);
	CHECK_INT(init(&g, PATHGLOB_LIKE, "/a/b_c", false), 0);
	CHECK(pathglob_next(&g, 1, "b_c").hit_named);
	CHECK(pathglob_next(&g, 1, "bxc").hit && !pathglob_next(&g, 1, "bxc").hit_named);
	pathglob_done(&g);
}

TEST(glob_refused)
{
	char many[PATHGLOB_LEN_MAX + 2];
	struct pathglob g;

	CHECK_INT(init(&g, PATHGLOB_LIKE, "", false), -EINVAL);
	CHECK_INT(init(&g, PATHGLOB_LIKE, "etc/%", false), -EINVAL);
	CHECK_INT(init(&g, PATHGLOB_LIKE, "%%", false), -EINVAL);
	CHECK_INT(init(&g, PATHGLOB_LIKE, "/%/../etc", false), -EINVAL);
	CHECK_INT(init(&g, PATHGLOB_LIKE, "/%/./etc", false), -EINVAL);
	CHECK_INT(pathglob_init(&g, PATHGLOB_LIKE, "/a\0%", 4, false), -EINVAL);
	memset(many, '/', sizeof(many));
	CHECK_INT(pathglob_init(&g, PATHGLOB_LIKE, many, sizeof(many) - 1, false), -E2BIG);
	for (size_t i = 0; i <= PATHGLOB_PARTS_MAX; i++)
		memcpy(many + 2 * i, "/%", 3);
	CHECK_INT(init(&g, PATHGLOB_LIKE, many, false), -E2BIG);
	many[2 * PATHGLOB_PARTS_MAX] = '\0';
	CHECK_INT(init(&g, PATHGLOB_LIKE, many, true), -E2BIG);
	CHECK_INT(init(&g, PATHGLOB_LIKE, many, false), 0);
	CHECK_INT(g.n, PATHGLOB_PARTS_MAX);
	pathglob_done(&g);
}

TEST_MAIN(&glob_one_level, &glob_deep, &glob_as_sqlite_compares, &glob_below, &glob_slash_and_base,
	&glob_sets, &glob_refused)
