/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/holder_process.h"

#include "common/io.h"
#include "common/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_BYTES (512u << 10)

struct keeper {
	pthread_t thread;
	struct process *process;
	struct worker *worker;
	struct holder *holder; /* under the process's lock, NULL when it is about to be freed */
	int listener;
	struct held_name name;
	atomic_bool ended;
};

struct process {
	struct loop *loop;
	int dir;
	pthread_mutex_t lock;
	struct keeper keepers[HELD_SOCKETS_MAX];
	size_t n;
};

/* ---- Becoming a process of its own ---- */

static void reset_signals(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void reset_standard_descriptors(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			close(fd);
	if (null > STDERR_FILENO)
		close(null);
}

/*
 * Descriptors that the client got from whoever started it are not close-on-exec, as ours all are;
 * somebody may wait for their end, or for a lock on them. Of ours, only sockets and what drives the
 * loops is needed.
 */
static bool is_needed(int fd, int dir)
{
	int flags = fcntl(fd, F_GETFD);
	struct stat st;

	if (fd <= STDERR_FILENO || fd == dir)
		return true;
	if (flags < 0 || !(flags & FD_CLOEXEC) || fstat(fd, &st) < 0)
		return false;
	/* Epoll and event descriptors have no type. */
	return S_ISSOCK(st.st_mode) || (st.st_mode & S_IFMT) == 0;
}

static void close_others(int dir)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *e;
	uint64_t fd;

	while (d && (e = readdir(d)))
		if (parse_uint(e->d_name, 0, INT_MAX, &fd) == 0 && (int)fd != dirfd(d) &&
			!is_needed((int)fd, dir))
			close((int)fd);
	if (d)
		closedir(d);
}

/* What ps(1) shows: not the question of a command that ended long ago. */
static void rename_process(size_t sessions)
{
	char *words = program_invocation_name, text[PATH_MAX], now[80];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	io_close(fd);
	text[n > 0 ? n : 0] = '\0';
	(void)prctl(PR_SET_NAME, HOLDER_PROCESS_NAME);
	/* It lies where the kernel reads it, and as long as that. */
	if (n <= 0 || strcmp(words, text) != 0)
		return;
	snprintf(now, sizeof(now), HOLDER_PROCESS_NAME ": %zu connections", sessions);
	memset(words, 0, (size_t)n);
	(void)str_copy(words, (size_t)n, now);
}

static void detach(int dir)
{
	setsid();
	(void)!chdir("/");
	reset_signals();
	reset_standard_descriptors();
	close_others(dir);
	/* The keys of the sessions are nobody's to read, as with ssh-agent. */
	(void)prctl(PR_SET_DUMPABLE, 0);
}

/* ---- Taking the sessions over ---- */

/* The line of the host's key and the hello. */
static int put_found(struct buf *b, const struct ssh_facts *facts, const char *hello)
{
	buf_reset(b);
	return buf_printf(b, "%s %s\n%s\n", facts->type, facts->key, hello);
}

static int take_session(
	struct holder *h, struct peer *p, const struct held_key *key, struct buf *found)
{
	struct holder_session s = {.t = p->transport, .key = *key};
	struct ssh_facts facts;
	int r = ssh_facts(p->transport, &facts);

	if (r < 0)
		return r;
	r = put_found(found, &facts, p->hello);
	ssh_string_free_char(facts.key);
	s.by_agent = facts.by_agent;
	s.found = found->p;
	s.found_size = found->len;
	return r < 0 ? r : holder_add(h, &s);
}

static size_t take_sessions(struct holder *h, struct worker *w, const struct held_key *keys)
{
	struct buf found;
	struct peer *p;

	buf_init(&found, HELD_FOUND_MAX);
	for (size_t i = 0; (p = worker_peer(w, i)); i++)
		if (p->link == PEER_OPEN) {
			if (take_session(h, p, &keys[p->id], &found) == 0)
				p->transport = NULL;
			peer_done(p);
		}
	buf_done(&found);
	return holder_sessions(h);
}

static struct holder *take_worker(const struct holder_plan *plan, size_t i)
{
	struct worker *w = plan->threads[i].worker;
	struct holder_options options = {.loop = w->loop,
		.listener = plan->threads[i].listener,
		.hi = plan->hi,
		.idle_ms = plan->idle_ms,
		.sessions = w->n_own};
	struct holder *h;

	/* A thread that is not here may have had its lock. */
	inbox_init(&w->inbox, w->loop);
	options.hi.pid = (uint32_t)getpid();
	h = holder_new(&options);
	if (h && take_sessions(h, w, plan->keys))
		return h;
	holder_free(h);
	worker_close(w);
	return NULL;
}

/* ---- Running ---- */

static void *keep(void *arg)
{
	struct keeper *k = arg;
	struct holder *h = k->holder;

	holder_run(h);
	/* Nobody is to wait at a socket that is not looked at any more. */
	held_dir_remove(k->process->dir, &k->name);
	io_close(k->listener);
	/* A signal may come at the same time. */
	pthread_mutex_lock(&k->process->lock);
	k->holder = NULL;
	pthread_mutex_unlock(&k->process->lock);
	holder_free(h);
	jumps_free(k->worker->transports.jumps);
	k->ended = true;
	loop_wake(k->process->loop);
	return NULL;
}

static void on_signal(int signo, void *arg)
{
	struct process *p = arg;

	(void)signo;
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n; i++)
		if (p->keepers[i].holder)
			holder_stop(p->keepers[i].holder);
	pthread_mutex_unlock(&p->lock);
}

static void on_end(void *arg)
{
	struct process *p = arg;
	size_t ended = 0;

	for (size_t i = 0; i < p->n; i++)
		ended += p->keepers[i].ended;
	if (ended == p->n)
		loop_stop(p->loop);
}

static int start_thread(struct keeper *k)
{
	pthread_attr_t attr;
	int r = pthread_attr_init(&attr);

	if (r)
		return -r;
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	r = pthread_create(&k->thread, &attr, keep, k);
	pthread_attr_destroy(&attr);
	return -r;
}

static void run(struct process *p)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	p->loop = loop_new(NULL);
	if (!p->loop || loop_signals(p->loop, &set, on_signal, p, NULL) < 0)
		return;
	loop_on_wake(p->loop, on_end, p);
	for (size_t i = 0; i < p->n; i++) {
		p->keepers[i].process = p;
		if (start_thread(&p->keepers[i]) < 0)
			_exit(1);
	}
	loop_run(p->loop);
	for (size_t i = 0; i < p->n; i++)
		pthread_join(p->keepers[i].thread, NULL);
}

/*
 * Another open directory: the lock is that of the client's, and would stay for as long as this
 * process if the client were killed before it gives it back.
 */
static void leave_lock(struct holder_plan *plan)
{
	int dir = openat(plan->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		_exit(1);
	io_close(plan->dir);
	plan->dir = dir;
}

static void be_holder(struct holder_plan *plan)
{
	static struct process p = {.lock = PTHREAD_MUTEX_INITIALIZER};
	size_t sessions = 0;

	leave_lock(plan);
	detach(plan->dir);
	p.dir = plan->dir;
	for (size_t i = 0; i < plan->n; i++) {
		struct keeper *k = &p.keepers[p.n];

		k->name = held_dir_shown(&plan->threads[i].name, getpid(), (unsigned)i);
		k->listener = plan->threads[i].listener;
		k->worker = plan->threads[i].worker;
		k->holder = take_worker(plan, i);
		if (!k->holder) {
			held_dir_remove(plan->dir, &k->name);
			io_close(k->listener);
			continue;
		}
		sessions += holder_sessions(k->holder);
		p.n++;
	}
	rename_process(sessions);
	ssh_shared_done(plan->ssh);
	malloc_trim(0);
	if (p.n)
		run(&p);
	_exit(0);
}

/* ---- Starting ---- */

/* In between: so that nobody has to wait for the holder's end. */
static void fork_again(struct holder_plan *plan)
{
	pid_t pid = fork();
	int status = pid < 0;

	if (pid == 0)
		be_holder(plan);
	for (size_t i = 0; pid > 0 && i < plan->n; i++) {
		struct held_name shown = held_dir_shown(&plan->threads[i].name, pid, (unsigned)i);

		(void)held_dir_show(plan->dir, &plan->threads[i].name, &shown);
	}
	_exit(status);
}

static bool start(struct holder_plan *plan)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return false;
	if (pid == 0)
		fork_again(plan);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return true;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void holder_process_start(struct holder_plan *plan)
{
	bool started = start(plan);

	for (size_t i = 0; i < plan->n; i++) {
		struct worker *w = plan->threads[i].worker;

		io_close(plan->threads[i].listener);
		if (!started) {
			held_dir_remove(plan->dir, &plan->threads[i].name);
			continue;
		}
		w->transports.given_away = true;
		loop_forget(w->loop);
	}
}
