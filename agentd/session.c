/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/session.h"

#include "agentd/action.h"
#include "agentd/hostinfo.h"
#include "agentd/job.h"
#include "agentd/outq.h"
#include "agentd/policy.h"
#include "agentd/privlink.h"
#include "agentd/root.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/lines.h"
#include "common/loop.h"
#include "common/str.h"
#include "common/version.h"
#include "common/wire.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#define SESSION_JOBS_MAX (SESSION_RUNNING_MAX + SESSION_WAITING_MAX)
/* Bytes asked for in one read. */
#define SESSION_READ 16384
/* How often rows of slow tables are looked after while something runs. */
#define SESSION_TICK_MS 25
/* When a job to be given up is just now at work on its answer. */
#define SESSION_AGAIN_MS 20
/* Bytes of an unknown op that its error repeats. */
#define SESSION_OP_SHOWN 64
/* Actions that hello names. */
#define OFFER_ACTIONS_MAX 32

struct session {
	const struct session_options *o;
	struct loop *loop;
	struct outq *out;
	struct lines lines;
	struct loop_io in_io, out_io, daemon_io;
	struct loop_timer tick, end;
	struct job *jobs[SESSION_JOBS_MAX]; /* in the order in which they came */
	size_t n_jobs;
	bool in_file, out_file; /* always ready: epoll(7) refuses regular files */
	bool in_eof;		/* nothing more is read */
	bool in_ended;		/* nothing more is handled */
	bool out_blocked;	/* the reader does not read */
	bool gone;		/* the reader does not exist */
	bool over, too_long;
	bool daemon_gone;
	int write_error;
};

/* What the client may ask for. */
struct offer {
	const char *ops[WIRE_OP_GET + 1], *actions[OFFER_ACTIONS_MAX + 1];
};

/* ---- Replies of one line ---- */

static void put_line(struct session *s, struct buf *line, int r)
{
	if (!r)
		r = outq_put_now(s->out, line->p, line->len);
	buf_done(line);
}

static void put_error(struct session *s, int64_t id, enum wire_code code, const char *message)
{
	struct buf line;

	buf_init(&line, WIRE_REPLY_MAX);
	put_line(s, &line, wire_put_error(&line, id, code, message));
}

/* Without a daemon anything may be asked, and nothing be done. */
static uint32_t allowed(const struct session *s)
{
	return s->o->refusal ? 0 : s->o->grant ? s->o->grant->allow : RIGHT_QUERY;
}

static void make_offer(const struct session *s, struct offer *ret)
{
	uint32_t allow = allowed(s);
	size_t ops = 0, actions = 0;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; actions_all[i] && actions < OFFER_ACTIONS_MAX; i++) {
		const struct action *a = actions_all[i];

		if (allow & right_of(a->right ? a->right : a->name))
			ret->actions[actions++] = a->name;
	}
	if (allow & RIGHT_QUERY)
		ret->ops[ops++] = "query";
	if (!s->o->refusal)
		ret->ops[ops++] = "tables";
	ret->ops[ops++] = "cancel";
	ret->ops[ops++] = "ping";
	if (actions)
		ret->ops[ops++] = "action";
	if (allow & RIGHT_GET)
		ret->ops[ops++] = "get";
}

static int put_hello(struct session *s)
{
	struct offer offer;
	struct hostinfo host;
	struct wire_hello hello = {
		.protocol = WIRE_PROTOCOL,
		.agent = TOCSIN_VERSION,
		.privileged = s->o->privileged,
		.name = host.name,
		.machine_id = host.machine_id,
		.boot_id = host.boot_id,
		.os = host.os,
		.os_version = host.os_version,
		.kernel = host.kernel,
		.arch = host.arch,
		.ops = offer.ops,
		.actions = offer.actions,
	};
	struct buf line;
	int r;

	if (s->o->grant)
		hello.quarantine = s->o->grant->quarantine;
	make_offer(s, &offer);
	hostinfo_read(s->o->root, &host);
	hello.time = (double)(clock_real_us() / 1000) / 1e3;
	buf_init(&line, WIRE_REPLY_MAX);
	r = wire_put_hello(&line, &hello);
	put_line(s, &line, r);
	return r;
}

/* ---- Jobs ---- */

static void job_finished(void *arg)
{
	struct session *s = arg;

	loop_wake(s->loop);
}

static size_t count_running(const struct session *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_jobs; i++)
		n += s->jobs[i]->running;
	return n;
}

static struct job *find_job(struct session *s, int64_t id)
{
	for (size_t i = 0; i < s->n_jobs; i++)
		if (s->jobs[i]->request.id == id && !atomic_load(&s->jobs[i]->answer.over))
			return s->jobs[i];
	return NULL;
}

/*
 * The job's time is up: before it began, or it did not end although it had to. A thread that hangs
 * keeps its place among the running ones, its request is answered.
 */
static void job_expired(struct loop_timer *timer)
{
	struct job *job = timer->arg;
	struct session *s = job->arg;
	bool cancelled = atomic_load(&job->cancelled);
	enum wire_code code = cancelled ? WIRE_CODE_CANCELLED : WIRE_CODE_TIMEOUT;
	int64_t left = cancelled ? 0 : job_left_ms(job);

	/* Its reader has kept it waiting, and may do so now. */
	if (left > 0) {
		loop_timer_in(s->loop, timer, left);
		return;
	}
	if (!answer_give_up(&job->answer, code, cancelled ? "cancelled" : "out of time")) {
		loop_timer_in(s->loop, timer, SESSION_AGAIN_MS);
		return;
	}
	job_cancel(job);
}

static void cancel(struct session *s, struct job *job)
{
	job_cancel(job);
	if (!job->running)
		answer_fail(&job->answer, WIRE_CODE_CANCELLED, "cancelled");
	else
		loop_timer_in(s->loop, &job->timer, JOB_GIVE_UP_MS);
}

static void add_job(struct session *s, struct wire_request *request)
{
	int64_t id = request->id;
	struct job *job;

	if (find_job(s, id)) {
		/* Not under that id: for its reader the request in flight would be over. */
		put_error(s, -1, WIRE_CODE_USAGE, "a request with this id is being answered");
		return;
	}
	if (s->n_jobs == SESSION_JOBS_MAX) {
		put_error(s, id, WIRE_CODE_LIMIT, "too many requests at once");
		return;
	}
	job = job_new(request, s->o, s->out, job_finished, s);
	if (!job) {
		put_error(s, id, WIRE_CODE_INTERNAL, "out of memory");
		return;
	}
	job->timer = (struct loop_timer){.fn = job_expired, .arg = job};
	s->jobs[s->n_jobs++] = job;
	loop_timer_at(s->loop, &job->timer, job->deadline_ms);
}

static void start_job(struct session *s, struct job *job)
{
	int r = job_start(job);

	if (r < 0)
		answer_fail(&job->answer, WIRE_CODE_INTERNAL, "cannot start a thread");
	else
		loop_timer_at(s->loop, &job->timer, job->deadline_ms + JOB_GIVE_UP_MS);
}

static void drop_job(struct session *s, size_t i)
{
	loop_timer_stop(s->loop, &s->jobs[i]->timer);
	job_free(s->jobs[i]);
	memmove(&s->jobs[i], &s->jobs[i + 1], (s->n_jobs - i - 1) * sizeof(s->jobs[0]));
	s->n_jobs--;
}

/* Drops the jobs that are done and starts those whose turn it is. */
static void run_jobs(struct session *s)
{
	size_t running;

	for (size_t i = s->n_jobs; i-- > 0;) {
		struct job *job = s->jobs[i];

		if (atomic_load(job->running ? &job->finished : &job->answer.told))
			drop_job(s, i);
	}
	running = count_running(s);
	for (size_t i = 0; i < s->n_jobs && running < SESSION_RUNNING_MAX; i++)
		if (!s->jobs[i]->running) {
			start_job(s, s->jobs[i]);
			running++;
		}
	if (running && !s->tick.slot)
		loop_timer_in(s->loop, &s->tick, SESSION_TICK_MS);
}

static void tick(struct loop_timer *timer)
{
	struct session *s = timer->arg;

	for (size_t i = 0; i < s->n_jobs; i++)
		answer_flush_old(&s->jobs[i]->answer);
}

static bool all_answered(struct session *s)
{
	for (size_t i = 0; i < s->n_jobs; i++)
		if (!atomic_load(&s->jobs[i]->answer.told))
			return false;
	return true;
}

/* ---- Requests ---- */

static void handle_cancel(struct session *s, const struct wire_request *request)
{
	const char *const none[] = {"no such request is being answered"};
	const char *const too_late[] = {"an action that has begun is not cancelled"};
	struct wire_done done = {.warnings = none};
	struct job *job = find_job(s, request->target);
	struct buf line;

	if (job && job_must_end(job))
		done = (struct wire_done){.warnings = too_late, .n_warnings = 1};
	else if (job)
		cancel(s, job);
	else
		done.n_warnings = 1;
	buf_init(&line, WIRE_REPLY_MAX);
	put_line(s, &line, wire_put_done(&line, request->id, &done));
}

/* As of now. */
static struct wire_quarantine quarantine_of(const struct session *s)
{
	struct wire_quarantine q = {.id = NULL};

	if (s->o->grant)
		q = s->o->grant->quarantine;
	if (s->o->daemon)
		privlink_quarantine(s->o->daemon, &q);
	return q;
}

static void handle_ping(struct session *s, const struct wire_request *request)
{
	struct wire_quarantine quarantine = quarantine_of(s);
	struct buf line;

	buf_init(&line, WIRE_REPLY_MAX);
	put_line(s, &line, wire_put_pong(&line, request->id, &quarantine));
}

static void handle_unknown(struct session *s, const struct wire_request *request)
{
	const char *op = json_string_value(json_object_get(request->tree, "op"));
	char message[SESSION_OP_SHOWN + 64];

	snprintf(message, sizeof(message), "this agent does not know the op \"%.*s\"",
		SESSION_OP_SHOWN, op ? op : "");
	put_error(s, request->id, WIRE_CODE_UNSUPPORTED, message);
}

/* Does the session refuse such requests at once? Whether an action is allowed is the daemon's say.
 */
static bool refuse(struct session *s, const struct wire_request *request)
{
	const char *why = s->o->refusal;
	enum wire_code code = s->o->refusal_code;

	if (!why && !s->o->daemon &&
		(request->op == WIRE_OP_ACTION || request->op == WIRE_OP_GET)) {
		why = "this needs the agent's daemon, which does not run here";
		code = WIRE_CODE_UNSUPPORTED;
	}
	if (!why && request->op == WIRE_OP_QUERY && !(allowed(s) & RIGHT_QUERY)) {
		why = "the agent's policy does not let you query";
		code = WIRE_CODE_DENIED;
	}
	if (!why)
		return false;
	put_error(s, request->id, code, why);
	return true;
}

static void add_request(struct session *s, struct wire_request *request)
{
	if (!refuse(s, request))
		add_job(s, request);
}

static void handle_line(struct session *s, const char *p, size_t n)
{
	struct wire_request request = {.id = -1};
	struct err err = {.code = 0};
	int r;

	if (span_trim((struct span){p, n}).n == 0)
		return;
	r = wire_request_read(p, n, &request, &err);
	if (r < 0) {
		put_error(s, find_job(s, request.id) ? -1 : request.id,
			r == -ENOMEM ? WIRE_CODE_INTERNAL : WIRE_CODE_USAGE, err.text);
	} else {
		switch (request.op) {
		case WIRE_OP_QUERY:
		case WIRE_OP_TABLES:
		case WIRE_OP_ACTION:
		case WIRE_OP_GET:
			add_request(s, &request);
			break;
		case WIRE_OP_CANCEL:
			handle_cancel(s, &request);
			break;
		case WIRE_OP_PING:
			handle_ping(s, &request);
			break;
		case WIRE_OP_UNKNOWN:
			handle_unknown(s, &request);
			break;
		}
	}
	wire_request_done(&request);
}

/* Stops where the reader does not read what is answered: short replies count, too. */
static void handle_lines(struct session *s)
{
	while (!s->in_ended && !outq_is_full(s->out)) {
		size_t n;
		char *p;
		int r = lines_next(&s->lines, &p, &n);

		if (r == 0 && s->in_eof) {
			s->in_ended = true;
			r = lines_last(&s->lines, &p, &n);
		}
		if (r == 0)
			return;
		if (r > 0) {
			handle_line(s, p, n);
			continue;
		}
		put_error(s, -1, WIRE_CODE_LIMIT, "the request line is too long");
		s->in_eof = s->in_ended = s->too_long = true;
	}
}

static void read_some(struct session *s)
{
	ssize_t n;
	char *p;

	if (lines_room(&s->lines, SESSION_READ, &p) < 0) {
		s->in_eof = true;
		return;
	}
	n = read(s->in_io.fd, p, SESSION_READ);
	if (n > 0)
		lines_added(&s->lines, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		s->in_eof = true;
}

/* ---- The two descriptors ---- */

static void reader_gone(struct session *s)
{
	s->gone = s->in_eof = s->in_ended = true;
	outq_close(s->out);
	for (size_t i = 0; i < s->n_jobs; i++)
		cancel(s, s->jobs[i]);
}

static void on_in(struct loop_io *io, uint32_t events)
{
	(void)events;
	read_some(io->arg);
}

static void on_out(struct loop_io *io, uint32_t events)
{
	struct session *s = io->arg;

	s->out_blocked = false;
	if ((events & (EPOLLERR | EPOLLHUP)) && !s->gone)
		reader_gone(s);
}

static void write_some(struct session *s)
{
	int r = s->gone || s->out_blocked ? 0 : outq_write(s->out, s->out_io.fd);

	if (r < 0) {
		s->write_error = r == -EPIPE || r == -ECONNRESET ? 0 : r;
		reader_gone(s);
	}
	s->out_blocked |= r == 1 && !s->out_file;
}

/* Does the session want to read now? Not while answers to what it read pile up. */
static bool wants_input(struct session *s)
{
	return !s->in_eof && !outq_is_full(s->out);
}

static void watch(struct session *s)
{
	if (!s->in_file && wants_input(s))
		loop_watch(s->loop, &s->in_io, EPOLLIN);
	else
		loop_unwatch(s->loop, &s->in_io);
	if (s->gone)
		loop_unwatch(s->loop, &s->out_io);
	else if (!s->out_file)
		loop_watch(s->loop, &s->out_io, s->out_blocked ? EPOLLOUT : 0);
}

/* One of the two descriptors needs no waiting for. */
static bool busy(struct session *s)
{
	return (s->in_file && wants_input(s)) || (s->out_file && !outq_is_empty(s->out));
}

static int run(struct session *s)
{
	for (;;) {
		int r;

		handle_lines(s);
		run_jobs(s);
		write_some(s);
		if (s->over || (s->in_ended && outq_is_empty(s->out) && all_answered(s)))
			return 0;
		watch(s);
		r = loop_once(s->loop, busy(s) ? 0 : -1);
		if (r < 0)
			return r;
		if (s->in_file && wants_input(s))
			read_some(s);
	}
}

/* ---- Beginning and end ---- */

static void end_now(struct loop_timer *timer)
{
	struct session *s = timer->arg;

	s->over = true;
}

/* Nothing is to be said any more: the session's process tells the reader. */
static void on_daemon(struct loop_io *io, uint32_t events)
{
	struct session *s = io->arg;

	(void)events;
	if (privlink_read(s->o->daemon) == 0)
		return;
	loop_unwatch(s->loop, io);
	s->daemon_gone = s->over = true;
}

/* The first signal cancels and lets the reader know, the second one does not wait for it. */
static void on_signal(int signo, void *arg)
{
	struct session *s = arg;

	(void)signo;
	if (s->end.slot)
		s->over = true;
	s->in_eof = s->in_ended = true;
	for (size_t i = 0; i < s->n_jobs; i++)
		cancel(s, s->jobs[i]);
	loop_timer_in(s->loop, &s->end, SESSION_END_MS);
}

static void wake(void *arg)
{
	struct session *s = arg;

	loop_wake(s->loop);
}

/* epoll(7) wants descriptors of different numbers, and no regular files. */
static int watch_first(struct session *s, struct err *err)
{
	int r = loop_watch(s->loop, &s->in_io, EPOLLIN);

	s->in_file = r == -EPERM;
	if (r < 0 && !s->in_file)
		return err_sys(err, -r, "cannot watch the input");
	r = loop_watch(s->loop, &s->out_io, 0);
	s->out_file = r == -EPERM;
	if (r < 0 && !s->out_file)
		return err_sys(err, -r, "cannot watch the output");
	return 0;
}

static int session_init(struct session *s, int in, int out, struct err *err)
{
	sigset_t signals;
	int r;

	s->in_io = (struct loop_io){.fd = in, .fn = on_in, .arg = s};
	s->out_io = (struct loop_io){.fd = out, .fn = on_out, .arg = s};
	s->tick = (struct loop_timer){.fn = tick, .arg = s};
	s->end = (struct loop_timer){.fn = end_now, .arg = s};
	lines_init(&s->lines, WIRE_REQUEST_MAX);
	s->out = outq_new(SESSION_QUEUE_MAX, wake, s);
	if (!s->out)
		return err_sys(err, ENOMEM, "session");
	s->loop = loop_new(err);
	if (!s->loop)
		return -err->code;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	r = loop_signals(s->loop, &signals, on_signal, s, err);
	if (!r && s->o->daemon) {
		s->daemon_io = (struct loop_io){
			.fd = privlink_fd(s->o->daemon), .fn = on_daemon, .arg = s};
		r = loop_watch(s->loop, &s->daemon_io, EPOLLIN);
		if (r < 0)
			err_sys(err, -r, "session");
	}
	return r ? r : watch_first(s, err);
}

/* False when a thread does not end: its memory, and so the session's, must then stay. */
static bool end_jobs(struct session *s)
{
	int64_t until = clock_mono_ms() + JOB_GIVE_UP_MS;

	for (size_t i = 0; i < s->n_jobs; i++)
		job_cancel(s->jobs[i]);
	for (;;) {
		bool waiting = false;

		for (size_t i = 0; i < s->n_jobs; i++)
			waiting |= s->jobs[i]->running && !atomic_load(&s->jobs[i]->finished);
		if (!waiting)
			break;
		if (clock_mono_ms() >= until)
			return false;
		loop_once(s->loop, SESSION_AGAIN_MS);
	}
	while (s->n_jobs)
		drop_job(s, s->n_jobs - 1);
	return true;
}

static void session_free(struct session *s)
{
	outq_free(s->out);
	lines_done(&s->lines);
	loop_free(s->loop);
	free(s);
}

static int run_on(
	int in, int out, const struct session_options *o, bool *ret_stuck, struct err *err)
{
	struct session *s = calloc(1, sizeof(*s));
	bool ended = true;
	int r;

	if (!s)
		return err_sys(err, ENOMEM, "session");
	s->o = o;
	r = session_init(s, in, out, err);
	if (!r && put_hello(s))
		r = err_sys(err, ENOMEM, "session");
	if (!r) {
		r = run(s);
		if (r)
			err_sys(err, -r, "session");
		else if (s->write_error)
			r = err_sys(err, -s->write_error, "cannot write the answer");
		else if (s->daemon_gone)
			r = err_set(err, EPIPE, "the daemon is gone");
		else if (s->too_long)
			r = err_set(err, EMSGSIZE, "a request line was longer than %u bytes",
				WIRE_REQUEST_MAX);
		if (s->loop)
			ended = end_jobs(s);
	}
	*ret_stuck = !ended;
	if (ended)
		session_free(s);
	return r;
}

int session_run(int in, int out, const struct session_options *o, bool *ret_stuck, struct err *err)
{
	int in_flags = fcntl(in, F_GETFL), out_flags = fcntl(out, F_GETFL), r;
	int out_fd = in == out ? fcntl(out, F_DUPFD_CLOEXEC, 0) : out;

	*ret_stuck = false;
	if (in_flags < 0 || out_flags < 0 || out_fd < 0)
		return err_sys(err, errno, "session");
	r = io_nonblock(in, true);
	if (!r)
		r = io_nonblock(out, true);
	r = r ? err_sys(err, -r, "session") : run_on(in, out_fd, o, ret_stuck, err);
	/* They may be a terminal's, which other programs use afterwards. */
	fcntl(in, F_SETFL, in_flags);
	fcntl(out, F_SETFL, out_flags);
	if (out_fd != out)
		io_close(out_fd);
	return r;
}
