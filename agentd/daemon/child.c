/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/child.h"

#include "agentd/priv.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Bytes read at once. */
#define CHILD_READ (64u << 10)
/* How long a child that is killed may take to be gone. */
#define CHILD_KILL_MS 1000
/* Descriptors that a child is given. */
#define CHILD_FDS_MAX 4
/* Where close_range(2) is missing: descriptors that are looked at. */
#define CHILD_FDS_LOOKED 4096

struct child {
	struct children *owner;
	struct child *next;
	enum child_kind kind;
	uid_t uid;
	pid_t pid; /* 0: reaped */
	int status;
	struct loop_io io;
	struct loop_timer limit;
	struct buf said;
	bool eof, killed;
	void (*heard)(void *arg, const char *p, size_t n);
	void (*done)(void *arg, const char *p, size_t n, int status);
	void *arg;
};

/* ---- In the child ---- */

void child_clean(struct loop *loop, const int *fds, size_t n)
{
	int high[CHILD_FDS_MAX];
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, i == SIGPIPE ? SIG_IGN : SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	loop_forget(loop);
	/* Out of the way of each other's places first. */
	for (size_t i = 0; i < n; i++)
		high[i] = fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, 16);
	for (size_t i = 0; i < n; i++)
		if (high[i] >= 0)
			dup2(high[i], (int)(3 + i));
		else
			close((int)(3 + i));
	if (syscall(SYS_close_range, 3 + n, ~0u, 0) < 0)
		for (int fd = (int)(3 + n); fd < CHILD_FDS_LOOKED; fd++)
			close(fd);
}

static void __attribute__((noreturn)) run(const struct child_plan *plan, struct loop *loop, int out)
{
	const int fds[] = {out, plan->fd};

	child_clean(loop, fds, 2);
	plan->run(3, plan->fd < 0 ? -1 : 4, plan->arg);
	_exit(0);
}

/* ---- In the daemon ---- */

static void unlink_child(struct child *c)
{
	struct child **p = &c->owner->first;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	c->owner->n--;
}

/* Once it has said all, and is reaped. */
static void finish(struct child *c)
{
	if (!c->eof || c->pid)
		return;
	unlink_child(c);
	loop_timer_stop(c->owner->loop, &c->limit);
	if (c->done)
		c->done(c->arg, buf_str(&c->said), c->said.len, c->status);
	buf_done(&c->said);
	free(c);
}

static void end_of_input(struct child *c)
{
	loop_unwatch(c->owner->loop, &c->io);
	c->io.fd = io_close(c->io.fd);
	c->eof = true;
}

static void on_output(struct loop_io *io, uint32_t events)
{
	struct child *c = io->arg;
	ssize_t n;

	(void)events;
	if (buf_room(&c->said, CHILD_READ) < 0) {
		child_kill(c);
		end_of_input(c);
		finish(c);
		return;
	}
	n = read(io->fd, c->said.p + c->said.len, CHILD_READ);
	if (n > 0) {
		buf_added(&c->said, (size_t)n);
		if (c->done && c->heard)
			c->heard(c->arg, c->said.p, c->said.len);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		end_of_input(c);
		finish(c);
	}
}

/*
 * One that waits for a file system which never answers does not end by being killed: nobody waits
 * for it any longer than that.
 */
static void on_limit(struct loop_timer *timer)
{
	struct child *c = timer->arg;
	void (*done)(void *arg, const char *p, size_t n, int status) = c->done;

	if (!c->killed) {
		c->killed = true;
		child_kill(c);
		loop_timer_in(c->owner->loop, timer, CHILD_KILL_MS);
		return;
	}
	c->done = NULL;
	if (done)
		done(c->arg, "", 0, SIGKILL);
}

static struct child *new_child(struct children *owner, const struct child_plan *plan, int fd)
{
	struct child *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->owner = owner;
	c->kind = plan->kind;
	c->uid = plan->uid;
	c->io = (struct loop_io){.fd = fd, .fn = on_output, .arg = c};
	c->limit = (struct loop_timer){.fn = on_limit, .arg = c};
	c->heard = plan->heard;
	c->done = plan->done;
	c->arg = plan->done_arg;
	buf_init(&c->said, PRIV_FRAME_MAX + CHILD_READ);
	return c;
}

bool children_room(const struct children *owner, enum child_kind kind, uid_t uid)
{
	size_t of_user = 0, of_kind = 0;

	for (const struct child *c = owner->first; c; c = c->next) {
		of_user += c->uid == uid;
		of_kind += c->kind == kind;
	}
	return owner->n < CHILDREN_MAX && of_user < CHILDREN_OF_USER_MAX &&
	       of_kind < CHILDREN_OF_KIND_MAX;
}

struct child *child_start(struct children *owner, const struct child_plan *plan, struct err *err)
{
	struct child *c = NULL;
	int out[2];

	if (!children_room(owner, plan->kind, plan->uid)) {
		err_set(err, EBUSY, "%s: too many processes at once", plan->name);
		return NULL;
	}
	if (pipe2(out, O_CLOEXEC) < 0) {
		err_sys(err, errno, "%s", plan->name);
		return NULL;
	}
	c = new_child(owner, plan, out[0]);
	if (!c || io_nonblock(out[0], true) < 0 || loop_watch(owner->loop, &c->io, EPOLLIN) < 0)
		goto fail;
	c->pid = fork();
	if (c->pid == 0)
		run(plan, owner->loop, out[1]);
	if (c->pid < 0) {
		loop_unwatch(owner->loop, &c->io);
		goto fail;
	}
	io_close(out[1]);
	if (plan->limit_ms)
		loop_timer_in(owner->loop, &c->limit, plan->limit_ms);
	c->next = owner->first;
	owner->first = c;
	owner->n++;
	return c;
fail:
	err_sys(err, c ? errno : ENOMEM, "%s: cannot start a process", plan->name);
	io_close(out[0]);
	io_close(out[1]);
	free(c);
	return NULL;
}

void child_forget(struct child *c)
{
	if (c)
		c->done = NULL;
}

void child_limit(struct child *c, int64_t ms)
{
	loop_timer_stop(c->owner->loop, &c->limit);
	if (ms)
		loop_timer_in(c->owner->loop, &c->limit, ms);
}

void child_kill(struct child *c)
{
	if (c->pid)
		kill(c->pid, SIGKILL);
}

bool children_reaped(struct children *owner, pid_t pid, int status)
{
	for (struct child *c = owner->first; c; c = c->next) {
		if (c->pid != pid)
			continue;
		c->pid = 0;
		c->status = status;
		finish(c);
		return true;
	}
	return false;
}

void children_end(struct children *owner)
{
	while (owner->first) {
		struct child *c = owner->first;

		/* One that hangs in the kernel is left to whoever comes after us. */
		if (c->pid) {
			kill(c->pid, SIGKILL);
			c->status = SIGKILL;
			c->pid = 0;
		}
		if (!c->eof)
			end_of_input(c);
		buf_reset(&c->said);
		finish(c);
	}
}
