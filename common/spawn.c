/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/spawn.h"

#include "common/clock.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	r = posix_spawnattr_setsigmask(attr, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attr, &all);
	if (r == 0)
		r = posix_spawnattr_setpgroup(attr, 0);
	if (r == 0)
		r = posix_spawnattr_setflags(attr,
			POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	return r;
}

/* dup2 in the child clears close-on-exec on the copies; all else of ours stays behind. */
static int start(const char *const *argv, int io, int err_fd, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int r = posix_spawn_file_actions_init(&files);

	if (r)
		return r;
	r = posix_spawnattr_init(&attr);
	if (r)
		goto out_files;
	r = set_attributes(&attr);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&files, io, STDIN_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&files, io, STDOUT_FILENO);
	if (r == 0 && err_fd >= 0)
		r = posix_spawn_file_actions_adddup2(&files, err_fd, STDERR_FILENO);
	if (r == 0)
		r = posix_spawnp(ret, argv[0], &files, &attr, (char *const *)argv, environ);
	posix_spawnattr_destroy(&attr);
out_files:
	posix_spawn_file_actions_destroy(&files);
	return r;
}

int spawn(const char *const *argv, int want_stderr, struct spawned *ret, struct err *err)
{
	int pair[2] = {-1, -1}, errs[2] = {-1, -1}, r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 ||
		(want_stderr && pipe2(errs, O_CLOEXEC) < 0) || io_nonblock(pair[0], true) < 0 ||
		(want_stderr && io_nonblock(errs[0], true) < 0)) {
		r = err_sys(err, errno, "cannot make a channel to %s", argv[0]);
		goto fail;
	}
	r = start(argv, pair[1], errs[1], &pid);
	if (r) {
		r = err_sys(err, r, "cannot start %s", argv[0]);
		goto fail;
	}
	io_close(pair[1]);
	io_close(errs[1]);
	*ret = (struct spawned){.pid = pid, .fd = pair[0], .err_fd = errs[0]};
	return 0;
fail:
	for (int i = 0; i < 2; i++) {
		io_close(pair[i]);
		io_close(errs[i]);
	}
	return r;
}

/* Waits for the process to end, at most `ms`; true when it was reaped. *ret_status may be NULL. */
static int reap(pid_t pid, int ms, int *ret_status)
{
	int64_t until = clock_mono_ms() + ms;
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	int done;

	for (;;) {
		int64_t left = until - clock_mono_ms();

		done = waitpid(pid, ret_status, WNOHANG) != 0;
		if (done || left <= 0)
			break;
		/* Without pidfd_open(2) (kernels before 5.3) look again every 10 ms. */
		poll(&pfd, fd >= 0, fd >= 0 ? (int)left : 10);
	}
	io_close(fd);
	return done;
}

void spawn_end(struct spawned *s, int grace_ms)
{
	s->fd = io_close(s->fd);
	s->err_fd = io_close(s->err_fd);
	if (s->pid <= 0)
		return;
	if (waitpid(s->pid, NULL, WNOHANG) == 0) {
		kill(-s->pid, SIGTERM);
		if (!reap(s->pid, grace_ms, NULL)) {
			kill(-s->pid, SIGKILL);
			waitpid(s->pid, NULL, 0);
		}
	}
	s->pid = 0;
}

int spawn_wait(struct spawned *s, int ms)
{
	int status = 0;

	s->fd = io_close(s->fd);
	s->err_fd = io_close(s->err_fd);
	if (reap(s->pid, ms, &status)) {
		s->pid = 0;
		return status;
	}
	spawn_end(s, 0);
	return -ETIMEDOUT;
}
