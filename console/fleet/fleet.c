/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/fleet.h"

#include "common/clock.h"
#include "common/map.h"
#include "common/str.h"
#include "console/fleet/event.h"
#include "console/fleet/holding.h"
#include "console/fleet/ssh.h"
#include "console/fleet/worker.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

/* Descriptors for other things: standard ones, databases, event loops, name service, ssh-agent. */
#define FILES_RESERVED 96
/* A thread for so many hosts. */
#define HOSTS_PER_THREAD 16
#define NOTICES_MAX	 4
/* Of a question's number, where it begins at random. */
#define ASKED_MASK (((int64_t)1 << 48) - 1)

/* A worker's part of the hosts. */
struct share {
	size_t n, from;
};

struct fleet {
	struct fleet_options options;
	const struct host_config *hosts;
	size_t n_hosts;
	char *home, *user, *agent_program;
	char *notices[NOTICES_MAX];
	size_t n_notices;

	struct ssh_shared ssh;
	struct pool *resolvers, *agents; /* apart: a dead name service holds up no signature */
	struct event_queue queue;
	struct peer *peers;
	struct worker *workers;
	size_t n_workers;
	host_id *order;		 /* hosts, those of the first worker first */
	struct share *shares;	 /* per worker */
	struct holding *holding; /* or NULL */

	struct question question;
	struct question_part *parts; /* of a question that differs from host to host */
	size_t n_asked;		     /* hosts of the running question */
	struct buf line;
	int64_t asked;	/* questions so far */
	size_t to_come; /* ends of the running one */
};

static int out_of_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

static void __attribute__((format(printf, 2, 3))) notice(struct fleet *f, const char *fmt, ...)
{
	va_list ap;
	struct buf b;

	buf_init(&b, ERR_TEXT_MAX);
	va_start(ap, fmt);
	if (f->n_notices < NOTICES_MAX && buf_vprintf(&b, fmt, ap) == 0)
		f->notices[f->n_notices++] = buf_steal(&b);
	va_end(ap);
	buf_done(&b);
}

const char *const *fleet_notices(const struct fleet *f, size_t *ret_n)
{
	*ret_n = f->n_notices;
	return (const char *const *)f->notices;
}

/* ---- Who and where we are ---- */

static int find_user(struct fleet *f, struct err *err)
{
	const struct passwd *pw = getpwuid(geteuid());
	const char *home = getenv("HOME");

	if (!pw && !home)
		return err_set(err, ENOENT, "this user has neither a name nor a HOME");
	f->user = strdup(pw ? pw->pw_name : "");
	f->home = strdup(home && home[0] ? home : pw ? pw->pw_dir : "");
	return f->user && f->home ? 0 : out_of_memory(err);
}

/* Beside this program, where it is installed, or wherever PATH has it. */
static char *find_agent(void)
{
	static const char installed[] = "/usr/libexec/tocsin-agentd";
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash, *path = NULL;

	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		if (slash)
			path = str_printf("%.*s/tocsin-agentd", (int)(slash - self), self);
	}
	if (path && access(path, X_OK) == 0)
		return path;
	free(path);
	return strdup(access(installed, X_OK) == 0 ? installed : "tocsin-agentd");
}

/* ---- Limits ---- */

static bool is_program(const struct fleet *f, const struct host_config *h)
{
	return h->connection == CONNECTION_LOCAL || f->options.ssh_command || h->proxy_command;
}

static bool any_by_libssh(const struct fleet *f)
{
	for (size_t i = 0; i < f->n_hosts; i++)
		if (f->hosts[i].connection == CONNECTION_SSH && !f->options.ssh_command)
			return true;
	return false;
}

/* Bridged or by a program: a connection takes two descriptors. */
static size_t count_double(const struct fleet *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_hosts; i++)
		n += is_program(f, &f->hosts[i]) || f->hosts[i].jump;
	return n;
}

static size_t count_programs(const struct fleet *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_hosts; i++)
		n += is_program(f, &f->hosts[i]);
	return n;
}

/* Open files, at the hard limit, that connections may have. */
static size_t files_for_links(void)
{
	struct rlimit l;
	size_t n;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return 1024 - FILES_RESERVED;
	if (l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &l) < 0)
			(void)getrlimit(RLIMIT_NOFILE, &l);
	}
	n = l.rlim_cur > SSH_FD_MAX ? SSH_FD_MAX : l.rlim_cur;
	return n > FILES_RESERVED ? n - FILES_RESERVED : 1;
}

/* A link takes one descriptor and two while it is made, a program or a jump two. */
static struct worker_limits set_limits(struct fleet *f)
{
	size_t files = files_for_links(), programs = count_programs(f), links;
	struct worker_limits l = {.handshakes = f->options.in_flight};

	if (l.handshakes > files / 3 + 1)
		l.handshakes = (unsigned)(files / 3 + 1);
	links = count_double(f) ? files / 2 : files - (files > l.handshakes ? l.handshakes : 0);
	if (links < f->n_hosts)
		notice(f,
			"%zu hosts, but no more than %zu files may be open (ulimit -n): %zu "
			"connections at a time, closed as soon as they have answered",
			f->n_hosts, files + FILES_RESERVED, links);
	if (programs > FLEET_CHILDREN_MAX && links > FLEET_CHILDREN_MAX) {
		links = FLEET_CHILDREN_MAX;
		notice(f, "%zu hosts by a program each: %zu at a time", programs, links);
	}
	l.links = (unsigned)(links < f->n_hosts ? links : f->n_hosts);
	if (l.links < 1)
		l.links = 1;
	if (l.handshakes > l.links)
		l.handshakes = l.links;
	return l;
}

static size_t count_workers(const struct fleet *f, const struct worker_limits *l)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = f->options.threads ? f->options.threads
		   : processors > 0   ? (size_t)processors
				      : 1;
	size_t useful = (f->n_hosts + HOSTS_PER_THREAD - 1) / HOSTS_PER_THREAD;

	if (n > FLEET_THREADS_MAX)
		n = FLEET_THREADS_MAX;
	if (!f->options.threads && n > useful)
		n = useful;
	return n > l->handshakes ? l->handshakes : n;
}

/* ---- Who does what ---- */

static const struct host_config *first_hop(const struct host_config *h)
{
	const struct host_config *hop = h->jump;

	while (hop && hop->jump)
		hop = hop->jump;
	return hop;
}

static size_t least_busy(const struct fleet *f)
{
	size_t best = 0;

	for (size_t i = 1; i < f->n_workers; i++)
		if (f->shares[i].n < f->shares[best].n)
			best = i;
	return best;
}

/* Addresses as keys of a map. */
static const char *hop_key(const struct host_config *hop, char out[24])
{
	snprintf(out, 24, "%p", (const void *)hop);
	return out;
}

/*
 * A session belongs to one thread, so all hosts behind a jump host are one worker's. The others
 * fill up the rest. `by` gets each host's worker.
 */
static int choose_workers(struct fleet *f, uint8_t *by)
{
	struct map *hops = map_new(f->n_hosts);
	char key[24];
	int r = hops ? 0 : -ENOMEM;

	for (size_t i = 0; i < f->n_hosts && r == 0; i++) {
		const struct host_config *hop = first_hop(&f->hosts[i]);
		struct share *share = hop ? map_get(hops, hop_key(hop, key)) : NULL;

		if (!hop)
			continue;
		if (!share) {
			share = &f->shares[least_busy(f)];
			r = map_put(hops, key, share, NULL);
		}
		share->n++;
		by[i] = (uint8_t)(share - f->shares);
	}
	map_free(hops, NULL);
	for (size_t i = 0; i < f->n_hosts && r == 0; i++) {
		if (f->hosts[i].jump)
			continue;
		by[i] = (uint8_t)least_busy(f);
		f->shares[by[i]].n++;
	}
	return r;
}

static int share_hosts(struct fleet *f, struct err *err)
{
	uint8_t *by = calloc(f->n_hosts, sizeof(*by));
	size_t at = 0;

	f->order = calloc(f->n_hosts, sizeof(*f->order));
	f->shares = calloc(f->n_workers, sizeof(*f->shares));
	if (!by || !f->order || !f->shares || choose_workers(f, by) < 0) {
		free(by);
		return out_of_memory(err);
	}
	for (size_t i = 0; i < f->n_workers; i++) {
		f->shares[i].from = at;
		at += f->shares[i].n;
		f->shares[i].n = 0;
	}
	for (size_t i = 0; i < f->n_hosts; i++) {
		struct share *share = &f->shares[by[i]];

		f->order[share->from + share->n++] = (host_id)i;
		peer_init(&f->peers[i], &f->workers[by[i]].peers_env, &f->hosts[i], (host_id)i);
	}
	free(by);
	return 0;
}

/* Of a limit, as much as there are hosts of all hosts. */
static unsigned part_of(unsigned whole, size_t n, size_t all)
{
	unsigned part = (unsigned)((uint64_t)whole * n / all);

	return part ? part : 1;
}

/* ---- Beginning and end ---- */

static int check_options(const struct fleet_options *o, size_t n_hosts, struct err *err)
{
	if (n_hosts == 0 || n_hosts > UINT32_MAX)
		return err_set(err, EINVAL, "no hosts");
	if (!o->in_flight || o->connect_timeout_ms <= 0 || o->timeout_ms <= 0)
		return err_set(err, EINVAL, "handshakes and timeouts must be more than nothing");
	if (!o->ssh_command && (o->ssh_config || o->jump))
		return err_set(err, EINVAL, "%s needs --ssh-command ssh",
			o->jump ? "a jump host" : "an ssh configuration file");
	return 0;
}

static int load_known_hosts(struct fleet *f, struct err *err)
{
	size_t skipped;
	int r;

	f->ssh.user = f->user;
	f->ssh.home = f->home;
	f->ssh.options = &f->options;
	r = ssh_shared_init(&f->ssh, f->hosts, f->n_hosts, err);
	if (r < 0)
		return r;
	skipped = hostkeys_skipped(f->ssh.hostkeys);
	if (skipped)
		notice(f, "known_hosts: %zu line%s cannot be understood and %s skipped", skipped,
			skipped == 1 ? "" : "s", skipped == 1 ? "is" : "are");
	if (f->ssh.unchecked)
		notice(f, "nobody checks the host keys of %zu host%s: StrictHostKeyChecking no",
			f->ssh.unchecked, f->ssh.unchecked == 1 ? "" : "s");
	return 0;
}

/* After the sessions that others left were found: for those nobody is asked for a passphrase. */
static int load_keys(struct fleet *f, struct err *err)
{
	bool *connected = calloc(f->n_hosts, sizeof(*connected));
	int r;

	if (!connected)
		return out_of_memory(err);
	for (size_t i = 0; i < f->n_hosts; i++)
		connected[i] = f->peers[i].link == PEER_OPEN;
	r = ssh_shared_keys(&f->ssh, f->hosts, f->n_hosts, connected, err);
	free(connected);
	return r;
}

/* Sessions that others left open; without a place for them there are none. */
static int find_sessions(struct fleet *f, struct err *err)
{
	int r;

	if (f->options.persist_ms <= 0 || f->options.ssh_command)
		return 0;
	f->holding = holding_new(&f->options, f->hosts, f->n_hosts, &f->ssh, &r, err);
	if (!f->holding && r == -EPERM)
		notice(f, "%s", err->text);
	if (!f->holding)
		return r == -ENOMEM ? out_of_memory(err) : 0;
	/* Another process's questions, and late answers to them, have other numbers. */
	if (getrandom(&f->asked, sizeof(f->asked), GRND_NONBLOCK) != sizeof(f->asked))
		f->asked = clock_real_us();
	f->asked &= ASKED_MASK;
	for (size_t i = 0; i < f->n_workers; i++) {
		f->workers[i].peers_env.keep_hello = HELD_HELLO_MAX;
		holding_find(f->holding, &f->workers[i]);
	}
	return 0;
}

static int make_workers(struct fleet *f, struct err *err)
{
	struct worker_limits l = set_limits(f);
	size_t n = count_workers(f, &l);
	struct transport_env env = {.resolvers = f->resolvers,
		.agents = f->agents,
		.options = &f->options,
		.ssh = &f->ssh,
		.agent_program = f->agent_program};
	int r = 0;

	f->workers = calloc(n, sizeof(*f->workers));
	f->peers = calloc(f->n_hosts, sizeof(*f->peers));
	if (!f->workers || !f->peers)
		return out_of_memory(err);
	f->n_workers = n;
	r = share_hosts(f, err);
	for (size_t i = 0; i < n && r == 0; i++) {
		const struct share *s = &f->shares[i];
		struct worker_limits own = {part_of(l.handshakes, s->n, f->n_hosts),
			part_of(l.links, s->n, f->n_hosts)};

		r = worker_init(&f->workers[i], &env, f->peers, f->order + s->from, s->n, &f->queue,
			&own, err);
	}
	return r;
}

static int start_workers(struct fleet *f, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < f->n_workers && r == 0; i++)
		r = worker_start(&f->workers[i], err);
	return r;
}

static int set_up(struct fleet *f, struct err *err)
{
	bool ssh = any_by_libssh(f);
	int r = find_user(f, err);

	if (r == 0)
		r = queue_init(&f->queue, err);
	if (r < 0)
		return r;
	f->agent_program =
		f->options.agent_program ? strdup(f->options.agent_program) : find_agent();
	f->resolvers = pool_new(RESOLVE_THREADS);
	f->agents = pool_new(AGENT_THREADS);
	if (!f->agent_program || !f->resolvers || !f->agents)
		return out_of_memory(err);
	if (ssh)
		r = load_known_hosts(f, err);
	if (r == 0)
		r = make_workers(f, err);
	if (r == 0 && ssh)
		r = find_sessions(f, err);
	if (r == 0 && ssh)
		r = load_keys(f, err);
	return r < 0 ? r : start_workers(f, err);
}

struct fleet *fleet_new(const struct fleet_options *options, const struct host_config *hosts,
	size_t n_hosts, struct err *err)
{
	struct fleet *f;
	struct err own;

	err = err ? err : &own;
	if (check_options(options, n_hosts, err) < 0)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f) {
		out_of_memory(err);
		return NULL;
	}
	f->options = *options;
	f->hosts = hosts;
	f->n_hosts = n_hosts;
	f->queue.fd = -1;
	buf_init(&f->line, WIRE_REQUEST_MAX + 1);
	if (set_up(f, err) == 0)
		return f;
	fleet_free(f);
	return NULL;
}

void fleet_free(struct fleet *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n_workers; i++)
		worker_stop(&f->workers[i]);
	for (size_t i = 0; i < f->n_workers; i++)
		worker_join(&f->workers[i]);
	pool_free(f->resolvers);
	pool_free(f->agents);
	for (size_t i = 0; i < f->n_workers; i++)
		worker_done(&f->workers[i]);
	for (size_t i = 0; f->peers && i < f->n_hosts; i++)
		fleet_event_free(f->peers[i].end);
	queue_done(&f->queue);
	free(f->peers);
	free(f->order);
	free(f->shares);
	free(f->workers);
	holding_free(f->holding);
	ssh_shared_done(&f->ssh);
	for (size_t i = 0; i < f->n_notices; i++)
		free(f->notices[i]);
	buf_done(&f->line);
	free(f->parts);
	free(f->agent_program);
	free(f->home);
	free(f->user);
	free(f);
}

void fleet_leave(struct fleet *f)
{
	if (!f)
		return;
	for (size_t i = 0; f->holding && i < f->n_workers; i++)
		worker_leave(&f->workers[i]);
	for (size_t i = 0; f->holding && i < f->n_workers; i++)
		worker_join(&f->workers[i]);
	if (f->holding)
		holding_leave(f->holding, f->workers, f->n_workers);
	fleet_free(f);
}

/* ---- Questions ---- */

static int make_parts(struct fleet *f, struct err *err)
{
	if (!f->parts)
		f->parts = calloc(f->n_hosts, sizeof(*f->parts));
	return f->parts ? 0 : out_of_memory(err);
}

/* The requests of all hosts, one behind the other. */
static int write_lines(struct fleet *f, const struct fleet_question *q, int64_t id, struct err *err)
{
	struct buf line;
	int r = 0;

	if (make_parts(f, err) < 0)
		return -err->code;
	buf_reset(&f->line);
	buf_init(&line, WIRE_REQUEST_MAX + 1);
	f->line.max = FLEET_REQUESTS_MAX;
	f->n_asked = 0;
	for (size_t i = 0; r == 0 && i < f->n_hosts; i++) {
		buf_reset(&line);
		r = q->request(q->arg, (host_id)i, id, &line);
		f->parts[i] = (struct question_part){f->line.len, line.len};
		f->n_asked += line.len > 0;
		if (r == 0)
			r = buf_add(&f->line, line.p, line.len);
	}
	buf_done(&line);
	if (r == -EMSGSIZE)
		return err_set(err, EMSGSIZE, "the request is too long");
	if (r < 0)
		return out_of_memory(err);
	return f->n_asked ? 0 : err_set(err, ENOENT, "no host is asked");
}

static int write_line(struct fleet *f, const struct fleet_question *q, int64_t id, struct err *err)
{
	int r;

	buf_reset(&f->line);
	f->line.max = WIRE_REQUEST_MAX + 1;
	f->n_asked = f->n_hosts;
	if (q->tables)
		r = wire_put_tables(&f->line, id);
	else if (q->sql)
		r = wire_put_query(&f->line, id, q->sql, q->params, q->n_params,
			f->options.timeout_ms, q->max_rows);
	else
		r = wire_put_ping(&f->line, id);
	if (r == -EMSGSIZE)
		return err_set(err, EMSGSIZE, "the question is longer than %u KiB",
			WIRE_REQUEST_MAX >> 10);
	return r < 0 ? out_of_memory(err) : 0;
}

/* One line, for some of the hosts. */
static int choose(struct fleet *f, const bool *only, struct err *err)
{
	if (!only)
		return 0;
	if (make_parts(f, err) < 0)
		return -err->code;
	f->n_asked = 0;
	for (size_t i = 0; i < f->n_hosts; i++) {
		f->parts[i] = (struct question_part){0, only[i] ? f->line.len : 0};
		f->n_asked += only[i];
	}
	return f->n_asked ? 0 : err_set(err, ENOENT, "no host is asked");
}

/* Made before anything is sent, so that each host can be reported whatever happens. */
static int make_ends(struct fleet *f, struct err *err)
{
	for (size_t i = 0; i < f->n_hosts; i++) {
		if (!f->peers[i].end)
			f->peers[i].end = event_end((host_id)i, NULL, 0);
		if (!f->peers[i].end)
			return out_of_memory(err);
	}
	return 0;
}

int fleet_ask(struct fleet *f, const struct fleet_question *q, struct err *err)
{
	int64_t id = (f->asked + 1) * 2;
	int r;

	if (f->to_come)
		return err_set(err, EBUSY, "a question is running");
	r = q->request ? write_lines(f, q, id, err) : write_line(f, q, id, err);
	if (r == 0 && !q->request)
		r = choose(f, q->only, err);
	if (r == 0)
		r = make_ends(f, err);
	if (r < 0)
		return r;
	f->asked++;
	f->to_come = f->n_asked;
	f->question = (struct question){.line = f->line.p,
		.n = f->line.len,
		.parts = q->request || q->only ? f->parts : NULL,
		.ping = !q->sql && !q->tables && !q->request,
		.action = q->request,
		.fresh = q->fresh,
		.once = q->once,
		.timeout_ms = q->timeout_ms,
		.max_bytes = (uint64_t)q->max_bytes,
		.id = id,
		.cancel_id = id + 1,
		.max_rows = q->max_rows > 0 ? q->max_rows : WIRE_ANSWER_ROWS,
		.started_ms = clock_mono_ms()};
	for (size_t i = 0; i < f->n_workers; i++)
		worker_ask(&f->workers[i], &f->question);
	return 0;
}

static struct fleet_event *take(struct fleet *f)
{
	bool was_full;
	struct fleet_event *list = queue_take(&f->queue, &was_full);

	for (const struct fleet_event *e = list; e; e = e->next)
		f->to_come -= e->type == FLEET_END;
	for (size_t i = 0; was_full && i < f->n_workers; i++)
		worker_wake(&f->workers[i]);
	return list;
}

struct fleet_event *fleet_wait(struct fleet *f, int timeout_ms, bool *ret_over)
{
	struct pollfd p = {.fd = f->queue.fd, .events = POLLIN};
	struct fleet_event *list = take(f);

	*ret_over = false;
	if (list)
		return list;
	if (!f->to_come) {
		*ret_over = true;
		return NULL;
	}
	return poll(&p, 1, timeout_ms) > 0 ? take(f) : NULL;
}

struct answer {
	struct task task;
	struct jumps *jumps;
	unsigned id;
	bool given;
	char text[];
};

static void drop_answer(struct task *task)
{
	struct answer *a = (struct answer *)task;

	explicit_bzero(a->text, strlen(a->text));
	free(a);
}

static void take_answer(struct task *task)
{
	struct answer *a = (struct answer *)task;

	jumps_answer(a->jumps, a->id, a->given ? a->text : NULL);
	drop_answer(task);
}

int fleet_answer(struct fleet *f, const struct fleet_event *e, const char *text)
{
	size_t n = text ? strlen(text) + 1 : 1;
	struct answer *a = calloc(1, sizeof(*a) + n);

	(void)f;
	if (!a)
		return -ENOMEM;
	a->task = (struct task){.fn = take_answer, .drop = drop_answer};
	a->jumps = e->ask.jumps;
	a->id = e->ask.id;
	a->given = text != NULL;
	if (text)
		memcpy(a->text, text, n);
	inbox_post(e->ask.to, &a->task);
	return 0;
}

int fleet_fd(const struct fleet *f)
{
	return f->queue.fd;
}

void fleet_cancel(struct fleet *f)
{
	for (size_t i = 0; f->to_come && i < f->n_workers; i++)
		worker_cancel(&f->workers[i]);
}

void fleet_progress(const struct fleet *f, struct fleet_progress *ret)
{
	*ret = (struct fleet_progress){.hosts = f->n_hosts, .asked = f->n_asked};
	for (size_t i = 0; i < f->n_workers; i++) {
		const struct worker_counts *c = &f->workers[i].counts;

		ret->connected += c->connected;
		ret->asking += c->asking;
		for (size_t s = 0; s < ARRAY_LEN(ret->ended); s++)
			ret->ended[s] += c->ended[s];
	}
}
