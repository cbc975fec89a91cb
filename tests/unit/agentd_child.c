/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/child.h"

#include "common/io.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
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

/* ---- What a child has ---- */

/* Its descriptors above 2, a dot each; "!" for what is of the daemon's still. */
static void look(int out, int fd, void *arg)
{
	sigset_t blocked;

	for (int i = 3; i < 1024; i++)
		if (fcntl(i, F_GETFD) >= 0)
			(void)io_write_all(out, ".", 1);
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	if (out != 3 || fd != 4 || sigismember(&blocked, SIGHUP) ||
		signal(SIGTERM, SIG_DFL) != SIG_DFL)
		(void)io_write_all(out, "!", 1);
	(void)arg;
}

static void on_looked(void *arg, const char *p, size_t n, int status)
{
	struct loop *loop = arg;

	(void)status;
	CHECK_INT(n, 2);
	CHECK(memcmp(p, "..", 2) == 0);
	loop_stop(loop);
}

static void on_child(int signo, void *arg)
{
	int status;
	pid_t pid;

	(void)signo, (void)arg;
	/* Those of before among them. */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		(void)children_reaped(&children, pid, status);
}

TEST(has_what_it_is_given)
{
	int theirs = fcntl(0, F_DUPFD_CLOEXEC, 500);
	struct child_plan plan = {.name = "test", .run = look, .fd = theirs, .done = on_looked};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	signal(SIGTERM, SIG_IGN);
	children.loop = loop_new(&why);
	CHECK_INT(loop_signals(children.loop, &set, on_child, NULL, &why), 0);
	plan.done_arg = children.loop;
	CHECK(child_start(&children, &plan, &why));
	CHECK_INT(loop_run(children.loop), 0);
	loop_free(children.loop);
	io_close(theirs);
}

TEST_MAIN(&nobody_takes_all, &has_what_it_is_given)
