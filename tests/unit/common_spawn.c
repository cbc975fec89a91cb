/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct err err;

/* What comes until the other side closes, as a string; waits at most ten seconds for each piece. */
static const char *all_of(int fd)
{
	static char text[4096];
	size_t n = 0;

	for (;;) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		ssize_t got;

		CHECK(poll(&pfd, 1, 10000) == 1);
		got = read(fd, text + n, sizeof(text) - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	text[n] = '\0';
	return text;
}

static bool gone(pid_t pid)
{
	return kill(pid, 0) < 0 && errno == ESRCH;
}

TEST(talks_both_ways)
{
	static const char *const argv[] = {"cat", NULL};
	struct spawned s;
	pid_t pid;

	CHECK_INT(spawn(argv, 0, &s, &err), 0);
	pid = s.pid;
	CHECK_INT(s.err_fd, -1);
	CHECK(fcntl(s.fd, F_GETFD) & FD_CLOEXEC);
	CHECK(fcntl(s.fd, F_GETFL) & O_NONBLOCK);
	CHECK(getpgid(pid) == pid);
	CHECK_INT(io_write_all(s.fd, "hello", 5), 0);
	CHECK(shutdown(s.fd, SHUT_WR) == 0);
	CHECK_STR(all_of(s.fd), "hello");
	spawn_end(&s, 10000);
	CHECK(gone(pid));
	CHECK_INT(s.fd, -1);
	CHECK_INT(s.pid, 0);
	spawn_end(&s, 0);
}

TEST(stderr_apart)
{
	static const char *const argv[] = {"sh", "-c", "echo out; echo err >&2", NULL};
	struct spawned s;

	CHECK_INT(spawn(argv, 1, &s, &err), 0);
	CHECK(fcntl(s.err_fd, F_GETFL) & O_NONBLOCK);
	CHECK_STR(all_of(s.fd), "out\n");
	CHECK_STR(all_of(s.err_fd), "err\n");
	spawn_end(&s, 10000);
}

TEST(inherits_nothing_of_ours)
{
	static const char *const argv[] = {"ls", "-1", "/proc/self/fd", NULL};
	int extra = fcntl(0, F_DUPFD_CLOEXEC, 700), inherited = fcntl(0, F_DUPFD, 800);
	char extra_line[16], inherited_line[16];
	const char *list;
	struct spawned s;

	snprintf(extra_line, sizeof(extra_line), "\n%d\n", extra);
	snprintf(inherited_line, sizeof(inherited_line), "\n%d\n", inherited);
	CHECK_INT(spawn(argv, 0, &s, &err), 0);
	list = all_of(s.fd);
	CHECK(strstr(list, inherited_line));
	CHECK(!strstr(list, extra_line));
	spawn_end(&s, 10000);
	close(extra);
	close(inherited);
}

TEST(signals_are_the_usual_ones)
{
	static const char *const argv[] = {"sh", "-c", "kill -TERM $$; echo alive", NULL};
	sigset_t set, old;
	struct spawned s;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	signal(SIGPIPE, SIG_IGN);
	CHECK_INT(spawn(argv, 0, &s, &err), 0);
	CHECK_STR(all_of(s.fd), "");
	spawn_end(&s, 10000);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

TEST(what_cannot_be_started)
{
	static const char *const none[] = {"/nonexistent/program", NULL};
	static const char *const dir[] = {"/tmp", NULL};
	struct spawned s = {.pid = 77};

	CHECK_INT(spawn(none, 1, &s, &err), -ENOENT);
	CHECK_STR(err.text, "cannot start /nonexistent/program: No such file or directory");
	CHECK_INT(spawn(dir, 0, &s, &err), -EACCES);
	CHECK_INT(s.pid, 77);
}

TEST(who_will_not_end_is_killed)
{
	static const char *const argv[] = {
		"sh", "-c", "trap '' TERM; sleep 600 & echo ready; wait; wait", NULL};
	int64_t start = clock_mono_ms();
	struct spawned s;
	char ready[6];
	struct pollfd pfd;
	pid_t pid;

	CHECK_INT(spawn(argv, 0, &s, &err), 0);
	pid = s.pid;
	pfd = (struct pollfd){.fd = s.fd, .events = POLLIN};
	CHECK(poll(&pfd, 1, 10000) == 1 && read(s.fd, ready, sizeof(ready)) == 6);
	spawn_end(&s, 50);
	CHECK(gone(pid));
	CHECK(clock_mono_ms() - start < 20000);
}

TEST(how_it_ended)
{
	static const char *const seven[] = {"sh", "-c", "exit 7", NULL};
	static const char *const killed[] = {"sh", "-c", "kill -9 $$", NULL};
	static const char *const stays[] = {"sleep", "1000", NULL};
	struct spawned s;
	int status;
	pid_t pid;

	CHECK_INT(spawn(seven, 0, &s, &err), 0);
	status = spawn_wait(&s, 10000);
	CHECK(status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 7);
	CHECK_INT(spawn(killed, 0, &s, &err), 0);
	status = spawn_wait(&s, 10000);
	CHECK(status >= 0 && WIFSIGNALED(status) && WTERMSIG(status) == 9);
	CHECK_INT(spawn(stays, 0, &s, &err), 0);
	pid = s.pid;
	CHECK_INT(spawn_wait(&s, 10), -ETIMEDOUT);
	CHECK(gone(pid));
}

TEST_MAIN(&talks_both_ways, &stderr_apart, &inherits_nothing_of_ours, &signals_are_the_usual_ones,
	&what_cannot_be_started, &who_will_not_end_is_killed, &how_it_ended)
