/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/daemon/request.h"

#include "agentd/daemon/actor.h"
#include "agentd/daemon/relay.h"
#include "agentd/daemon/settle.h"
#include "common/json.h"
#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

/* Bytes of what is said of a file, beside what the worker says. */
#define GOT_WORDS_MAX 128

struct request {
	struct daemon *d;
	struct client *client; /* NULL: its session is gone */
	struct request *next;
	struct child *child; /* NULL: it has ended */
	uint64_t number;     /* of the worker's frame */
	int64_t id, session; /* of the audit log */
	struct subject who;
	struct actor actor;
	json_t *args;
	bool has_file; /* a file was handed to the worker */
	struct priv_file file;
	/* Our own child's; "" while it is not known. */
	char sha256[ACTION_IDENTITY_MAX + 1];
	bool has_got; /* what the worker said of it */
	struct priv_got got;
	char got_sha256[ACTION_IDENTITY_MAX + 1], got_detail[ERR_TEXT_MAX];
};

/* ---- The audit log ---- */

static const char *action_name(const struct request *q)
{
	return q->actor.action ? q->actor.action->name : "get";
}

static struct audit_entry entry_of(const struct request *q, enum audit_event event)
{
	return (struct audit_entry){
		.event = event,
		.who = &q->who,
		.session = q->session,
		.request = q->id,
		.action = action_name(q),
		.dry_run = q->actor.dry_run,
	};
}

/* What was asked for. */
static void add_args(const struct request *q, struct audit_entry *e)
{
	e->reason = q->actor.reason;
	e->args = q->args;
}

static int audit_request(const struct request *q, struct err *err)
{
	struct audit_entry entry = entry_of(q, AUDIT_REQUEST);

	add_args(q, &entry);
	return audit_write(q->d->audit, &entry, true, err);
}

static void audit_outcome(const struct request *q, const struct audit_entry *e)
{
	struct err err;

	/* It has happened: all that can be done is to say so loudly. */
	if (audit_write(q->d->audit, e, true, &err) < 0)
		log_error("audit: the outcome of %s, request %" PRId64 " (%s) is not written: %s",
			e->action, q->id, e->status, err.text);
}

/* ---- The end of a request ---- */

static void request_free(struct request *q)
{
	struct request **p = &q->d->requests_first;

	while (*p && *p != q)
		p = &(*p)->next;
	if (*p)
		*p = q->next;
	actor_done(&q->actor);
	json_decref(q->args);
	free(q);
}

static void send_outcome(struct client *c, uint64_t number, const struct priv_outcome *o)
{
	if (c && priv_put_outcome(&c->d->out, number, o) == 0)
		client_send(c, -1);
}

static void __attribute__((format(printf, 4, 5)))
say(struct client *c, uint64_t number, enum wire_status status, const char *fmt, ...)
{
	char detail[ERR_TEXT_MAX];
	struct priv_outcome o = {
		.status = status, .detail = detail, .before = "", .after = "", .undo = ""};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	send_outcome(c, number, &o);
}

/* What our own child wrote: it is of our making, whatever names stand in it. */
static json_t *tree_of(const char *text)
{
	return *text ? json_loads(text, 0, NULL) : NULL;
}

static void end_with(struct request *q, const struct priv_outcome *o)
{
	json_t *before = tree_of(o->before), *after = tree_of(o->after), *undo = tree_of(o->undo);
	struct audit_entry entry = entry_of(q, AUDIT_OUTCOME);

	entry.before = before;
	entry.after = after;
	entry.undo = undo;
	entry.status = wire_status_name(o->status);
	entry.detail = o->detail;
	audit_outcome(q, &entry);
	send_outcome(q->client, q->number, o);
	json_decref(before);
	json_decref(after);
	json_decref(undo);
	request_free(q);
}

static void end_failed(struct request *q, const char *detail)
{
	const struct priv_outcome o = {
		.status = WIRE_FAILED, .detail = detail, .before = "", .after = "", .undo = ""};

	end_with(q, &o);
}

/* Of what the worker says, so much is not to be believed as it stands. */
static void got_words(const struct request *q, char *out, size_t size)
{
	bool other = *q->sha256 && *q->got_sha256 && !str_eq(q->sha256, q->got_sha256);

	snprintf(out, size, "%" PRId64 " bytes were sent%s%s%s", q->got.bytes,
		*q->got_detail ? ": " : "", q->got_detail,
		other ? "; the daemon read another content" : "");
}

/* The file went to the worker, which has told what became of it; or has not, and is gone. */
static void end_file(struct request *q)
{
	json_t *before = actor_file_json(&q->actor, &q->file, q->sha256);
	json_t *after =
		q->has_got ? json_pack("{s:I, s:o}", "bytes", (json_int_t)q->got.bytes, "sha256",
				     json_bytes_new(q->got_sha256, strlen(q->got_sha256)))
			   : NULL;
	char detail[ERR_TEXT_MAX + GOT_WORDS_MAX] = "the session ended before all of it was read";
	struct audit_entry entry = entry_of(q, AUDIT_OUTCOME);

	if (q->has_got)
		got_words(q, detail, sizeof(detail));
	entry.before = before;
	entry.after = after;
	entry.status = wire_status_name(q->has_got ? q->got.status : WIRE_FAILED);
	entry.detail = detail;
	audit_outcome(q, &entry);
	json_decref(before);
	json_decref(after);
	request_free(q);
}

/* Nobody sends any more of it: what is known of it by then is written. */
static void file_is_over(struct request *q)
{
	if (q->child)
		child_limit(q->child, DAEMON_HASH_MS);
	else if (q->has_file)
		end_file(q);
}

/* ---- Children ---- */

/* A file was opened, and perhaps hashed. */
static void take_file(struct request *q, const char *p, size_t n)
{
	size_t first = priv_first(p, n);
	struct priv_got got;

	if (!q->has_file && priv_read_file(p, first, &q->file) < 0)
		return;
	q->has_file = true;
	if (priv_read_got(p + first, n - first, &got) == 0)
		snprintf(q->sha256, sizeof(q->sha256), "%s", got.sha256);
}

static void on_opened(void *arg, const char *p, size_t n)
{
	struct request *q = arg;

	if (q->has_file)
		return;
	take_file(q, p, n);
	/* The hash may take as long as the reader does. */
	if (q->has_file)
		child_limit(q->child, q->has_got || !q->client ? DAEMON_HASH_MS : 0);
}

static void on_child(void *arg, const char *p, size_t n, int status)
{
	struct request *q = arg;
	struct priv_outcome o;
	char detail[ERR_TEXT_MAX];

	q->child = NULL;
	if (status != 0 && q->actor.action)
		settle_start(q->d);
	/* Before the outcome is told, which the next session may be quick to follow. */
	if (q->d->quarantine && !q->actor.dry_run &&
		(str_eq(action_name(q), "quarantine") || str_eq(action_name(q), "release")))
		quarantine_watch_look(q->d->quarantine);
	if (status == 0 && priv_read_outcome(p, n, &o) == 0) {
		end_with(q, &o);
	} else if (!q->actor.action && (take_file(q, p, n), q->has_file)) {
		if (q->has_got || !q->client)
			end_file(q);
	} else if (!q->actor.action) {
		end_failed(q, "the file could not be opened in time");
	} else if (WIFSIGNALED(status)) {
		snprintf(detail, sizeof(detail),
			"its process was ended by signal %d: what it did may be incomplete",
			WTERMSIG(status));
		end_failed(q, detail);
	} else {
		end_failed(q, "its process did not tell how it ended: what it did may be "
			      "incomplete");
	}
}

static void start_child(struct request *q)
{
	struct child_plan plan = {
		.name = action_name(q),
		.kind = CHILD_ACTS,
		.uid = q->who.uid,
		.run = q->actor.action ? actor_act : actor_open,
		.arg = &q->actor,
		.fd = q->actor.action ? -1 : q->client->channel.fd,
		.heard = q->actor.action ? NULL : on_opened,
		.done = on_child,
		.done_arg = q,
		/* An action takes as long as it takes. */
		.limit_ms = q->actor.action ? 0 : DAEMON_OPEN_MS,
	};
	struct err err;

	q->child = child_start(&q->d->children, &plan, &err);
	if (!q->child)
		end_failed(q, err.text);
}

/* ---- Requests ---- */

static size_t count_of(const struct client *c)
{
	size_t n = 0;

	for (const struct request *q = c->d->requests_first; q; q = q->next)
		n += q->client == c;
	return n;
}

/* NULL was told to the client. */
static struct request *new_request(struct client *c, uint64_t number)
{
	struct daemon *d = c->d;
	struct request *q = calloc(1, sizeof(*q));

	if (!q) {
		say(c, number, WIRE_FAILED, "out of memory");
		return NULL;
	}
	q->d = d;
	q->client = c;
	q->number = number;
	q->id = ++d->requests;
	q->session = c->number;
	q->who = c->who;
	q->actor.daemon = d;
	q->actor.who = &q->who;
	q->actor.number = number;
	q->next = d->requests_first;
	d->requests_first = q;
	return q;
}

/*
 * By the rights that the session began with, and for want of room. Of what is let through here an
 * actor looks the rights up anew.
 */
static bool may_begin(const struct request *q, char *why, size_t size)
{
	*why = '\0';
	if (!(q->client->allow & right_of(actor_right(&q->actor))))
		actor_denied(&q->actor, why, size);
	else if (q->d->stopping)
		snprintf(why, size, "the agent is being stopped");
	else if (count_of(q->client) > REQUESTS_OF_ONE_MAX ||
		 !children_room(&q->d->children, CHILD_ACTS, q->who.uid))
		snprintf(why, size, "too many actions at once");
	return !*why;
}

/* Costs no process and no wait for the disk. */
static void refuse(struct request *q, const char *detail)
{
	struct audit_entry entry = entry_of(q, AUDIT_OUTCOME);

	add_args(q, &entry);
	entry.status = wire_status_name(WIRE_REFUSED);
	entry.detail = detail;
	ration_write(q->d, &entry);
	say(q->client, q->number, WIRE_REFUSED, "%s", detail);
	request_free(q);
}

/* Nothing is done of which the log does not tell. */
static void begin(struct request *q)
{
	char why[ERR_TEXT_MAX];
	struct err err;

	if (!may_begin(q, why, sizeof(why))) {
		refuse(q, why);
		return;
	}
	if (audit_request(q, &err) < 0) {
		log_error("audit: %s", err.text);
		say(q->client, q->number, WIRE_REFUSED, "the audit log cannot be written: %s",
			err.text);
		request_free(q);
		return;
	}
	start_child(q);
}

/* `set`: what came of putting into it what was asked for. */
static void begin_if(struct request *q, int set)
{
	if (set == 0)
		q->args = actor_args_json(&q->actor);
	if (q->args) {
		begin(q);
		return;
	}
	say(q->client, q->number, WIRE_FAILED, "out of memory");
	request_free(q);
}

static int take_action(struct client *c, const struct buf *frame, uint64_t number)
{
	struct priv_action a;
	struct request *q;
	struct err err;

	if (priv_read_action(frame->p, frame->len, &a) < 0 ||
		action_args_check(a.action, a.values, &err) < 0)
		return -EBADMSG;
	q = new_request(c, number);
	if (q)
		begin_if(q, actor_set_action(&q->actor, &a));
	return 0;
}

static int take_get(struct client *c, const struct buf *frame, uint64_t number)
{
	struct priv_get g;
	struct request *q;

	if (priv_read_get(frame->p, frame->len, &g) < 0)
		return -EBADMSG;
	q = new_request(c, number);
	if (q)
		begin_if(q, actor_set_get(&q->actor, &g));
	return 0;
}

static int take_got(struct client *c, const struct buf *frame, uint64_t number)
{
	struct request *q = c->d->requests_first;
	struct priv_got got;

	if (priv_read_got(frame->p, frame->len, &got) < 0)
		return -EBADMSG;
	while (q && (q->client != c || q->number != number || q->actor.action))
		q = q->next;
	if (!q || q->has_got)
		return -EBADMSG;
	q->has_got = true;
	q->got = got;
	snprintf(q->got_sha256, sizeof(q->got_sha256), "%s", got.sha256);
	snprintf(q->got_detail, sizeof(q->got_detail), "%s", got.detail);
	file_is_over(q);
	return 0;
}

/* ---- Queries ---- */

/* As much processor time as a query may take, from now on. */
static void give_time(const struct client *c)
{
	struct timespec used;
	struct rlimit limit;
	clockid_t clock;

	/* It has ended; 0 would be the daemon itself. */
	if (!c->worker)
		return;
	if (clock_getcpuclockid(c->worker, &clock) != 0 || clock_gettime(clock, &used) < 0)
		return;
	limit.rlim_cur = (rlim_t)used.tv_sec + c->d->conf->worker_cpu_s + 1;
	limit.rlim_max = RLIM_INFINITY;
	(void)prlimit(c->worker, RLIMIT_CPU, &limit, NULL);
}

/* That a query is not written down does not keep it from being answered. */
static int take_query(struct client *c, const struct buf *frame)
{
	struct span sql;
	struct audit_entry entry = {.event = AUDIT_QUERY, .who = &c->who, .session = c->number};

	if (priv_read_query(frame->p, frame->len, &sql) < 0)
		return -EBADMSG;
	give_time(c);
	c->queries++;
	entry.text = sql.p;
	ration_write(c->d, &entry);
	return 0;
}

static int take_connect(struct client *c, const struct buf *frame, uint64_t number)
{
	struct priv_connected answer = {.error = 0};
	struct priv_connect connect;
	int fd = -1, r;

	if (priv_read_connect(frame->p, frame->len, &connect) < 0)
		return -EBADMSG;
	r = relay_start(c, &connect, &fd);
	answer.error = -r;
	if (priv_put_connected(&c->d->out, number, &answer) == 0)
		client_send(c, fd);
	return 0;
}

int request_take(struct client *c, const struct buf *frame)
{
	enum priv_type type;
	uint64_t number;

	if (!priv_peek(frame->p, frame->len, &type, &number))
		return -EBADMSG;
	switch (type) {
	case PRIV_QUERY:
		return take_query(c, frame);
	case PRIV_ACTION:
		return take_action(c, frame, number);
	case PRIV_GET:
		return take_get(c, frame, number);
	case PRIV_GOT:
		return take_got(c, frame, number);
	case PRIV_CONNECT:
		return take_connect(c, frame, number);
	default:
		return -EBADMSG;
	}
}

int request_take_last(struct client *c, const struct buf *frame)
{
	enum priv_type type;
	uint64_t number;

	if (!priv_peek(frame->p, frame->len, &type, &number))
		return -EBADMSG;
	return type == PRIV_QUERY || type == PRIV_GOT ? request_take(c, frame) : 0;
}

void requests_forget(struct client *c)
{
	for (struct request *q = c->d->requests_first, *next; q; q = next) {
		next = q->next;
		if (q->client != c)
			continue;
		q->client = NULL;
		if (!q->actor.action)
			file_is_over(q);
	}
}
