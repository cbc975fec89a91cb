/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/worker.h"

#include "agentd/worker.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Starting ---- */

/* Copies above the places that they are to take. */
static int lift(const int from[2], int to[2])
{
	for (int i = 0; i < 2; i++)
		to[i] = from[i] < 0 ? -1 : fcntl(from[i], F_DUPFD_CLOEXEC, 16);
	return (from[0] >= 0 && to[0] < 0) || (from[1] >= 0 && to[1] < 0) ? -errno : 0;
}

static int set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	r = posix_spawnattr_setsigmask(attr, &none);
	if (!r)
		r = posix_spawnattr_setsigdefault(attr, &all);
	if (!r)
		r = posix_spawnattr_setpgroup(attr, 0);
	if (!r)
		r = posix_spawnattr_setflags(attr,
			POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	return r;
}

static int spawn_with(const char *role, const int fds[2], pid_t *ret)
{
	char *argv[] = {(char *)"tocsin-agentd", (char *)role, NULL};
	char *env[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C.UTF-8",
#ifdef __SANITIZE_ADDRESS__
		/* Looking for leaks takes calls that the filter refuses. */
		(char *)"ASAN_OPTIONS=detect_leaks=0",
#endif
		NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int r = posix_spawn_file_actions_init(&files);

	if (r)
		return r;
	r = posix_spawnattr_init(&attr);
	if (r)
		goto out_files;
	r = set_attributes(&attr);
	if (!r)
		r = posix_spawn_file_actions_addopen(
			&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!r)
		r = posix_spawn_file_actions_addopen(
			&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	for (int i = 0; !r && i < 2; i++)
		if (fds[i] >= 0)
			r = posix_spawn_file_actions_adddup2(&files, fds[i], 3 + i);
	/* The program that runs here, also when another one was installed meanwhile. */
	if (!r)
		r = posix_spawn(ret, "/proc/self/exe", &files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
out_files:
	posix_spawn_file_actions_destroy(&files);
	return r;
}

pid_t worker_spawn(const char *role, const int fds[2])
{
	int high[2] = {-1, -1};
	pid_t pid = -1;
	int r = lift(fds, high);

	if (!r)
		r = -spawn_with(role, high, &pid);
	io_close(high[0]);
	io_close(high[1]);
	return r < 0 ? r : pid;
}

static struct wire_quarantine quarantine_now(const struct daemon *d)
{
	const struct quarantine *q = quarantine_watch_state(d->quarantine);

	if (!q)
		return (struct wire_quarantine){.id = NULL};
	return (struct wire_quarantine){.id = q->id,
		.by = q->by,
		.since = q->since,
		.until = q->until,
		.confirmed = q->confirmed};
}

void workers_tell_quarantine(struct daemon *d)
{
	const struct priv_quarantine q = {quarantine_now(d)};

	for (struct client *c = d->clients, *next; c; c = next) {
		next = c->next;
		if (c->channel.fd >= 0 && priv_put_quarantine(&d->out, 0, &q) == 0)
			client_send(c, -1);
	}
}

static void make_grant(const struct client *c, const struct priv_subject *s, struct priv_grant *g)
{
	const struct daemon *d = c->d;

	*g = (struct priv_grant){
		.privileged = d->privileged && !s->as_user,
		.change_uid = d->privileged,
		.uid = d->worker_uid,
		.gid = d->worker_gid,
		.allow = s->allow,
		.timeout_s = d->conf->query_timeout_s,
		.memory_mb = d->conf->worker_memory_mb,
		.cpu_s = d->conf->worker_cpu_s,
		.root = d->root,
		.state_dir = d->state_real,
		.deny_tables = s->deny_tables,
		.deny_paths = s->deny_paths,
	};
	g->quarantine = quarantine_now(d);
	if (!s->as_user)
		return;
	g->uid = s->who.uid;
	g->gid = s->who.gid;
	memcpy(g->groups, s->who.groups, sizeof(g->groups));
	g->n_groups = s->who.n_groups;
}

/* A worker that waits for its grant. 0 or -errno. */
static int start_one(pid_t *ret_pid, int *ret_channel)
{
	int pair[2], fds[2], r = priv_pair(pair);

	if (r < 0)
		return r;
	fds[0] = pair[1];
	fds[1] = -1;
	r = worker_spawn("worker", fds);
	io_close(pair[1]);
	if (r < 0) {
		io_close(pair[0]);
		return r;
	}
	*ret_pid = r;
	*ret_channel = pair[0];
	return 0;
}

static int take_one(struct client *c)
{
	struct spare *spare = &c->d->spare;

	if (!spare->pid)
		return start_one(&c->worker, &c->channel.fd);
	c->worker = spare->pid;
	c->channel.fd = spare->channel;
	spare->pid = 0;
	spare->channel = -1;
	return 0;
}

int worker_start(struct client *c, const struct priv_subject *s, struct err *err)
{
	struct daemon *d = c->d;
	struct priv_grant grant;
	int r = take_one(c);

	if (r < 0)
		return err_sys(err, -r, "cannot start a worker");
	make_grant(c, s, &grant);
	r = priv_put_grant(&d->out, 0, &grant);
	if (!r)
		r = priv_send(c->channel.fd, &d->out, &c->io.fd, 1, false);
	if (r < 0) {
		kill(c->worker, SIGKILL);
		waitpid(c->worker, NULL, 0);
		c->worker = 0;
		return err_sys(err, -r, "cannot tell a worker what to do");
	}
	loop_timer_in(d->loop, &d->spare.timer, DAEMON_SPARE_MS);
	return 0;
}

/* ---- The spare one ---- */

static void on_spare_time(struct loop_timer *timer)
{
	struct daemon *d = timer->arg;

	if (d->stopping)
		return;
	if (d->spare.pid && timer->at_ms >= d->spare.since_ms + DAEMON_SPARE_IDLE_MS) {
		worker_spare_end(d);
		return;
	}
	if (!d->spare.pid && start_one(&d->spare.pid, &d->spare.channel) < 0)
		return; /* sessions start their own, and say why they cannot */
	d->spare.since_ms = clock_mono_ms();
	loop_timer_in(d->loop, timer, DAEMON_SPARE_IDLE_MS);
}

void worker_spare_init(struct daemon *d)
{
	d->spare = (struct spare){.channel = -1, .timer = {.fn = on_spare_time, .arg = d}};
}

/* It ends by itself at the end of its channel. */
void worker_spare_end(struct daemon *d)
{
	d->spare.channel = io_close(d->spare.channel);
	if (d->loop)
		loop_timer_stop(d->loop, &d->spare.timer);
}

bool worker_spare_reaped(struct daemon *d, pid_t pid)
{
	if (pid != d->spare.pid)
		return false;
	d->spare.pid = 0;
	d->spare.channel = io_close(d->spare.channel);
	return true;
}

/* ---- The end ---- */

static const char *signal_words(const struct client *c, int signo, char *text)
{
	switch (signo) {
	case SIGXCPU:
		snprintf(text, PRIV_REFUSAL_MAX,
			"the agent's worker used more than %u s of processor time and was ended",
			c->d->conf->worker_cpu_s);
		break;
	case SIGKILL:
		snprintf(text, PRIV_REFUSAL_MAX,
			"the agent's worker was killed: out of memory, or by somebody");
		break;
	case SIGSYS:
		snprintf(text, PRIV_REFUSAL_MAX,
			"the agent's worker did what it must not and was ended");
		break;
	default:
		snprintf(text, PRIV_REFUSAL_MAX, "the agent's worker crashed (SIG%s)",
			sigabbrev_np(signo) ? sigabbrev_np(signo) : "?");
	}
	return text;
}

void worker_ended(const struct client *c, int status, struct priv_ended *ret, char *text)
{
	*ret = (struct priv_ended){.status = -1, .code = WIRE_CODE_INTERNAL, .text = ""};
	text[0] = '\0';
	if (WIFEXITED(status) && WEXITSTATUS(status) != WORKER_FAILED) {
		ret->status = WEXITSTATUS(status);
		return;
	}
	ret->text = text;
	if (WIFEXITED(status))
		snprintf(text, PRIV_REFUSAL_MAX,
			"the agent's worker could not begin: the host's log tells why");
	else if (c->killed && c->because)
		snprintf(text, PRIV_REFUSAL_MAX, "%s", c->because);
	else
		ret->text = signal_words(c, WTERMSIG(status), text);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		ret->code = WIRE_CODE_LIMIT;
}
