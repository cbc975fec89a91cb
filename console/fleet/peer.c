/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/fleet/peer.h"

#include "common/clock.h"
#include "common/str.h"
#include "console/fleet/event.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Of a line that is not the protocol's, shown. */
#define EXCERPT_MAX 60

static void on_time(struct loop_timer *timer);

void peer_env_done(struct peer_env *env)
{
	wire_reply_done(&env->reply);
	wire_reply_done(&env->columns);
	buf_done(&env->columns_line);
}

void peer_init(struct peer *p, struct peer_env *env, const struct host_config *host, host_id id)
{
	*p = (struct peer){.env = env, .host = host, .id = id, .connect_ms = -1};
	p->timer = (struct loop_timer){.fn = on_time, .arg = p};
	lines_init(&p->lines, WIRE_REPLY_MAX);
}

/* ---- Links ---- */

static void set_link(struct peer *p, enum peer_link link)
{
	enum peer_link before = p->link;

	p->link = link;
	if (link != before)
		p->env->linked(p->env->arg, p, before);
}

static void forget_pause(struct peer *p)
{
	if (!p->paused)
		return;
	p->paused = false;
	if (p->paused_prev)
		p->paused_prev->paused_next = p->paused_next;
	else
		p->env->paused = p->paused_next;
	if (p->paused_next)
		p->paused_next->paused_prev = p->paused_prev;
	if (!p->env->paused)
		p->env->still_ms += clock_mono_ms() - p->env->still_since_ms;
}

static void count_long_line(struct peer *p, size_t n)
{
	if (n < PEER_LONG_LINE)
		n = 0;
	p->env->long_lines += n - p->long_line;
	p->long_line = n;
}

static void close_link(struct peer *p)
{
	struct transport *t = p->transport;

	if (!t)
		return;
	p->transport = NULL;
	forget_pause(p);
	loop_timer_stop(p->env->loop, &p->timer);
	t->ops->close(t);
	lines_done(&p->lines);
	free(p->hello);
	p->hello = NULL;
	count_long_line(p, 0);
	p->sent = p->warm = false;
	set_link(p, PEER_CLOSED);
}

void peer_done(struct peer *p)
{
	if (!p || !p->env)
		return;
	p->asked = false;
	close_link(p);
	lines_done(&p->lines);
	fleet_event_free(p->end);
	p->end = NULL;
}

void peer_hang_up(struct peer *p)
{
	if (!p->asked)
		close_link(p);
}

/* ---- The end of a question ---- */

/* Its event, with the warnings if there is memory for them. */
static struct fleet_event *take_end(struct peer *p, const struct wire_done *done)
{
	struct fleet_event *e = NULL;

	if (done && done->n_warnings)
		e = event_end(p->id, done->warnings, done->n_warnings);
	if (e)
		fleet_event_free(p->end);
	else
		e = p->end;
	p->end = NULL;
	return e;
}

static void finish(struct peer *p, enum host_state state, const char *why,
	const struct wire_done *done, bool truncated)
{
	struct fleet_event *e;

	if (!p->asked)
		return;
	e = take_end(p, done);
	p->asked = p->warm = false;
	if (p->link == PEER_OPEN)
		loop_timer_stop(p->env->loop, &p->timer);
	e->end->state = state;
	e->end->rows = p->rows;
	e->end->truncated = truncated;
	e->end->connect_ms = p->connect_ms;
	e->end->ms = clock_mono_ms() - p->env->question->started_ms;
	if (why[0])
		snprintf(e->end->error, sizeof(e->end->error), "%s", why);
	p->env->event(p->env->arg, e);
}

/* The same by the last line of the whole answer. */
static void settle(struct peer *p, enum host_state state, const char *why,
	const struct wire_done *done, bool truncated)
{
	p->owing = false;
	finish(p, state, why, done, truncated);
}

/* The host broke the rules: nothing more is heard from it. */
static void __attribute__((format(printf, 2, 3))) broken(struct peer *p, const char *fmt, ...)
{
	char why[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	close_link(p);
	finish(p, HOST_FAILED, why, NULL, false);
}

static void out_of_memory(struct peer *p)
{
	broken(p, "out of memory on this side");
}

/* Hands an event on; false when there was no memory for it, and the question is over. */
static bool emit(struct peer *p, struct fleet_event *e)
{
	if (e)
		p->env->event(p->env->arg, e);
	else
		out_of_memory(p);
	return e != NULL;
}

static void cancel_at_host(struct peer *p)
{
	const struct question *q = p->env->question;
	struct buf b;

	if (!p->sent || !p->transport)
		return;
	buf_init(&b, WIRE_NAME_MAX);
	/* A host that does not hear of it is bounded by what it may send in vain. */
	if (wire_put_cancel(&b, q->cancel_id, q->id) == 0)
		(void)p->transport->ops->send(p->transport, b.p, b.len);
	buf_done(&b);
}

void peer_cancel(struct peer *p)
{
	if (!p->asked)
		return;
	if (p->link == PEER_OPEN)
		cancel_at_host(p);
	else
		close_link(p);
	finish(p, HOST_FAILED, "interrupted", NULL, false);
}

/* ---- Deadlines ---- */

int64_t transport_time_left(const struct transport *t, int64_t timeout_ms)
{
	return t->begun_ms == INT64_MAX ? timeout_ms : t->begun_ms + timeout_ms - clock_mono_ms();
}

static void start_timer(struct peer *p, int64_t ms)
{
	if (loop_timer_in(p->env->loop, &p->timer, ms) < 0)
		out_of_memory(p);
}

/*
 * While the caller is too slow for any of the peers, the time of all of them stands still: what
 * they wait for may be held up behind the one that is paused.
 */
static int64_t stood_still_ms(const struct peer_env *env)
{
	return env->still_ms + (env->paused ? clock_mono_ms() - env->still_since_ms : 0);
}

static void start_answer_timer(struct peer *p, int64_t ms)
{
	p->still_ms = stood_still_ms(p->env);
	start_timer(p, ms);
}

static const char *seconds(int64_t ms, char out[32])
{
	snprintf(out, 32, "%.3g s", (double)ms / 1000);
	return out;
}

static int64_t connect_ms(const struct peer *p)
{
	return p->host->connect_timeout_ms ? p->host->connect_timeout_ms
					   : p->env->options->connect_timeout_ms;
}

static int64_t answer_ms(const struct peer *p)
{
	const struct question *q = p->env->question;

	return q && q->timeout_ms ? q->timeout_ms : p->env->options->timeout_ms;
}

static void on_time(struct loop_timer *timer)
{
	struct peer *p = timer->arg;
	enum host_state how = HOST_TIMED_OUT;
	char why[ERR_TEXT_MAX + 48], in[32];
	struct err err = {0};
	int64_t left;

	if (p->link == PEER_OPENING && p->transport->begun_ms &&
		(left = transport_time_left(p->transport, connect_ms(p))) > 0) {
		start_timer(p, left);
		return;
	}
	if (p->link == PEER_OPEN && (left = stood_still_ms(p->env) - p->still_ms) > 0) {
		start_answer_timer(p, left);
		return;
	}
	if (p->link == PEER_OPENING) {
		how = p->transport->ops->overdue(p->transport, &err);
		snprintf(why, sizeof(why), "%s in %s", err.text, seconds(connect_ms(p), in));
	} else if (p->rows) {
		snprintf(why, sizeof(why), "the answer did not end in %s, after %lld rows",
			seconds(answer_ms(p), in), (long long)p->rows);
	} else {
		snprintf(why, sizeof(why), "connected, but no answer in %s",
			seconds(answer_ms(p), in));
	}
	close_link(p);
	finish(p, how, why, NULL, false);
}

/* ---- Back-pressure ---- */

static void pause_peer(struct peer *p)
{
	if (p->paused)
		return;
	if (!p->env->paused)
		p->env->still_since_ms = clock_mono_ms();
	p->paused = true;
	p->paused_prev = NULL;
	p->paused_next = p->env->paused;
	if (p->paused_next)
		p->paused_next->paused_prev = p;
	p->env->paused = p;
	p->transport->ops->pause(p->transport, true);
}

static void read_lines(struct peer *p);

static void resume_peer(struct peer *p)
{
	forget_pause(p);
	if (p->transport)
		read_lines(p);
	if (p->transport && !p->paused)
		p->transport->ops->pause(p->transport, false);
}

void peers_resume(struct peer_env *env)
{
	while (env->paused && !env->full(env->arg))
		resume_peer(env->paused);
}

/* ---- Asking ---- */

bool peer_is_asked(const struct question *q, host_id id)
{
	return !q->parts || q->parts[id].n > 0;
}

static bool send_question(struct peer *p)
{
	const struct question *q = p->env->question;
	const struct question_part whole = {0, q->n}, *part = q->parts ? &q->parts[p->id] : &whole;
	int r = p->transport->ops->send(p->transport, q->line + part->at, part->n);

	p->owing = true;
	if (r < 0)
		broken(p, "the question cannot be sent: %s", strerror(-r));
	else
		p->sent = true;
	return r == 0;
}

/* Of an adopted link: what was said to whoever made it. Reading it takes as long as an answer. */
static bool tell_hello(struct peer *p)
{
	struct wire_reply *r = &p->env->reply;
	size_t n = strlen(p->hello);
	struct err err = {0};
	bool told;

	p->untold = false;
	told = wire_reply_read(p->hello, n, r, &err) == 0 && r->op == WIRE_REPLY_HELLO;
	if (told)
		told = emit(p, event_hello(p->id, &r->hello));
	else
		close_link(p);
	wire_reply_reset(r);
	return told;
}

bool peer_ask(struct peer *p)
{
	p->asked = true;
	p->answered = p->columns = p->sent = false;
	p->n_columns = 0;
	p->lost = 0;
	p->rows = 0;
	p->bytes = p->noise = 0;
	if (p->env->question->fresh)
		close_link(p);
	if (p->link == PEER_OPEN && p->untold && p->env->question->ping && !tell_hello(p))
		return !p->asked;
	if (p->link != PEER_OPEN)
		return false;
	p->warm = true;
	if (send_question(p))
		start_answer_timer(p, answer_ms(p) + PEER_GRACE_MS);
	return true;
}

static void opened(void *arg);
static void input(void *arg);
static void closed(void *arg, enum host_state how, const struct err *why);

const struct transport_up peer_up = {.opened = opened, .input = input, .closed = closed};

void peer_dial(struct peer *p)
{
	enum host_state how = HOST_FAILED;
	struct err err;

	p->connect_ms = -1;
	p->noise = 0;
	p->owing = p->untold = false;
	p->dialled_ms = clock_mono_ms();
	lines_init(&p->lines, WIRE_REPLY_MAX);
	p->transport = p->env->open(p->env->arg, p, &peer_up, &how, &err);
	if (!p->transport) {
		finish(p, how, err.text, NULL, false);
		return;
	}
	set_link(p, PEER_OPENING);
	start_timer(p, connect_ms(p));
}

/* The question does not wait for the hello: that is a round trip saved. */
static void opened(void *arg)
{
	struct peer *p = arg;

	if (p->asked && !p->env->question->ping)
		send_question(p);
}

static void closed(void *arg, enum host_state how, const struct err *why)
{
	struct peer *p = arg;
	bool broke = p->asked && p->sent && p->env->question->once;
	bool lost = why->code == ENOLINK && p->lost < PEER_LOST_MAX;
	bool again = p->asked && (p->warm || lost) && !p->answered && !broke;
	char text[ERR_TEXT_MAX + 64];

	if (p->link == PEER_OPEN && how == HOST_UNREACHABLE)
		how = HOST_FAILED;
	snprintf(text, sizeof(text), "%s%s", why->text,
		broke ? " before the outcome came: it may have been done" : "");
	close_link(p);
	p->lost += lost;
	if (again)
		p->env->redial(p->env->arg, p);
	else
		finish(p, how, text, NULL, false);
}

/* ---- Replies ---- */

static void nonsense(struct peer *p, const char *line, const struct err *err)
{
	size_t n = strcspn(line, "\r\n");

	if (err->code == ENOMEM)
		out_of_memory(p);
	else if (line[0] == '{')
		broken(p, "protocol error: %s", err->text);
	else
		broken(p, "protocol error: what the host sends is not an agent's: \"%.*s\"%s",
			(int)(n < EXCERPT_MAX ? n : EXCERPT_MAX), line, n > EXCERPT_MAX ? "…" : "");
}

static void noise(struct peer *p, size_t n)
{
	p->owing = true;
	p->noise += n < PEER_NOISE_LINE ? PEER_NOISE_LINE : n;
	if (p->noise > PEER_NOISE_MAX)
		broken(p, "protocol error: %u MiB received that answer nothing",
			PEER_NOISE_MAX >> 20);
}

static void on_hello(struct peer *p, const struct wire_hello *hello)
{
	if (p->link == PEER_OPEN) {
		broken(p, "protocol error: a second hello");
		return;
	}
	if (hello->protocol != WIRE_PROTOCOL) {
		broken(p, "its agent speaks version %lld of the protocol, this program %d",
			(long long)hello->protocol, WIRE_PROTOCOL);
		return;
	}
	loop_timer_stop(p->env->loop, &p->timer);
	p->connect_ms = clock_mono_ms() - p->dialled_ms;
	set_link(p, PEER_OPEN);
	if (!emit(p, event_hello(p->id, hello)) || !p->asked)
		return;
	if (p->env->question->ping)
		finish(p, HOST_ANSWERED, "", NULL, false);
	else
		start_answer_timer(p, answer_ms(p) + PEER_GRACE_MS);
}

static void on_columns(struct peer *p, const struct wire_reply *r)
{
	if (p->columns) {
		broken(p, "protocol error: columns twice");
		return;
	}
	if (!r->n_columns) {
		broken(p, "protocol error: an answer without columns");
		return;
	}
	p->columns = true;
	p->n_columns = r->n_columns;
	emit(p, event_columns(p->id, r->columns, r->n_columns));
}

static void truncate_answer(struct peer *p)
{
	cancel_at_host(p);
	finish(p, HOST_ANSWERED, "", NULL, true);
}

static void on_rows(struct peer *p, const struct wire_reply *r, size_t n)
{
	int64_t left = p->env->question->max_rows - p->rows;
	size_t take = r->rows.n_rows;

	if (!p->columns) {
		broken(p, "protocol error: rows before columns");
		return;
	}
	if (take == 0) {
		noise(p, n);
		return;
	}
	if (r->rows.n_cols != p->n_columns) {
		broken(p, "protocol error: a row of %zu cells under %zu columns", r->rows.n_cols,
			p->n_columns);
		return;
	}
	p->bytes += n;
	if (p->bytes > WIRE_ANSWER_BYTES)
		take = 0;
	else if (left < (int64_t)take)
		take = (size_t)left;
	p->rows += (int64_t)take;
	p->noise = 0;
	if (take && !emit(p, event_rows(p->id, &r->rows, take)))
		return;
	if (take < r->rows.n_rows)
		truncate_answer(p);
}

static void on_done(struct peer *p, const struct wire_reply *r)
{
	if (!p->columns)
		broken(p, "protocol error: an answer without columns");
	else if (r->done.rows != p->rows && !r->done.truncated)
		broken(p, "protocol error: %lld rows announced, %lld received",
			(long long)r->done.rows, (long long)p->rows);
	else
		settle(p, HOST_ANSWERED, "", &r->done, r->done.truncated);
}

static void on_outcome(struct peer *p, const struct wire_reply *r)
{
	if (emit(p, event_outcome(p->id, &r->outcome)))
		settle(p, HOST_ANSWERED, "", NULL, false);
}

/* A file may take as long as it takes, as long as it goes on. */
static void on_chunk(struct peer *p, const struct wire_reply *r, size_t n)
{
	if (r->chunk.n == 0) {
		noise(p, n);
		return;
	}
	p->noise = 0;
	p->bytes += r->chunk.n;
	if (p->env->question->max_bytes && p->bytes > p->env->question->max_bytes)
		broken(p, "protocol error: more bytes of the file than were asked for");
	else if (emit(p, event_chunk(p->id, r->chunk.offset, r->chunk.p, r->chunk.n)))
		start_answer_timer(p, answer_ms(p) + PEER_GRACE_MS);
}

static void on_error(struct peer *p, const struct wire_reply *r)
{
	enum host_state state = r->code == WIRE_CODE_TIMEOUT ? HOST_TIMED_OUT : HOST_FAILED;
	const char *message = r->message[0] ? r->message : wire_code_name(r->code);

	p->end->end->code = r->code;
	p->end->end->has_code = true;
	if (r->id < 0)
		finish(p, state, message, NULL, false);
	else
		settle(p, state, message, NULL, false);
}

/* Of the question that runs here, or an error that names none because it could not be read. */
static bool concerns(const struct peer *p, const struct wire_reply *r)
{
	if (!p->asked || !p->sent)
		return false;
	return r->id == p->env->question->id || (r->op == WIRE_REPLY_ERROR && r->id < 0);
}

/* The replies that can answer what was asked. */
static bool fits(const struct peer *p, enum wire_reply_op op)
{
	if (p->env->question->ping)
		return op == WIRE_REPLY_PONG || op == WIRE_REPLY_ERROR;
	if (p->env->question->action)
		return op == WIRE_REPLY_OUTCOME || op == WIRE_REPLY_CHUNK || op == WIRE_REPLY_ERROR;
	return op == WIRE_REPLY_COLUMNS || op == WIRE_REPLY_ROWS || op == WIRE_REPLY_DONE ||
	       op == WIRE_REPLY_ERROR;
}

static void on_reply(struct peer *p, const struct wire_reply *r, size_t n)
{
	if (r->op == WIRE_REPLY_HELLO) {
		on_hello(p, &r->hello);
		return;
	}
	if (p->link != PEER_OPEN) {
		broken(p, "protocol error: something else than a hello");
		return;
	}
	if (!concerns(p, r) || !fits(p, r->op)) {
		noise(p, n);
		return;
	}
	p->answered = true;
	switch (r->op) {
	case WIRE_REPLY_COLUMNS:
		on_columns(p, r);
		break;
	case WIRE_REPLY_ROWS:
		on_rows(p, r, n);
		break;
	case WIRE_REPLY_DONE:
		on_done(p, r);
		break;
	case WIRE_REPLY_OUTCOME:
		on_outcome(p, r);
		break;
	case WIRE_REPLY_CHUNK:
		on_chunk(p, r, n);
		break;
	case WIRE_REPLY_ERROR:
		on_error(p, r);
		break;
	default:
		if (emit(p, event_pong(p->id, &r->hello.quarantine)))
			settle(p, HOST_ANSWERED, "", NULL, false);
	}
}

/* Before it is read, which takes it apart. Without memory for it there is none. */
static void keep_hello(struct peer *p, const char *line, size_t n)
{
	if (p->link == PEER_OPENING && !p->hello && n < p->env->keep_hello)
		p->hello = span_dup((struct span){line, n});
}

/* What was just read of this line, for the hosts that say the same; false without memory for it. */
static bool keep_columns(struct peer_env *env, const char *line, size_t n)
{
	struct wire_reply before = env->columns;

	buf_done(&env->columns_line);
	buf_init(&env->columns_line, PEER_COLUMNS_MAX);
	if (buf_add(&env->columns_line, line, n) < 0)
		return false;
	env->columns = env->reply;
	env->reply = before;
	return true;
}

static void take_line(struct peer *p, char *line, size_t n)
{
	struct peer_env *env = p->env;
	struct wire_reply *r = &env->reply;
	struct err err = {0};
	int result = 0;

	if (n == 0) {
		noise(p, n);
		return;
	}
	keep_hello(p, line, n);
	if (n == env->columns_line.len && memcmp(line, env->columns_line.p, n) == 0)
		r = &env->columns;
	else
		result = wire_reply_read(line, n, r, &err);
	if (result == 0 && r->op == WIRE_REPLY_COLUMNS && r == &env->reply &&
		keep_columns(env, line, n))
		r = &env->columns;
	if (result < 0)
		nonsense(p, line, &err);
	else
		on_reply(p, r, n);
	wire_reply_reset(&env->reply);
}

static void read_lines(struct peer *p)
{
	char *line;
	size_t n;
	int r;

	while (p->transport) {
		if (p->link == PEER_OPEN && p->env->full(p->env->arg)) {
			pause_peer(p);
			return;
		}
		r = lines_next(&p->lines, &line, &n);
		if (r == 0)
			break;
		if (r < 0)
			broken(p, "protocol error: a line longer than %u KiB",
				WIRE_REPLY_MAX >> 10);
		else
			take_line(p, line, n);
	}
	if (!p->transport)
		return;
	if (lines_pending(&p->lines) == 0 && p->lines.buf.cap > PEER_KEEP_BYTES)
		lines_done(&p->lines);
	count_long_line(p, lines_pending(&p->lines));
	if (p->env->long_lines > PEER_LONG_LINES_MAX && p->long_line)
		broken(p, "protocol error: too many hosts with lines longer than %u KiB",
			PEER_LONG_LINE >> 10);
	if (peer_at_rest(p) && p->transport->ops->rest)
		p->transport->ops->rest(p->transport);
}

static void input(void *arg)
{
	read_lines(arg);
}

/* ---- Links that others made ---- */

bool peer_at_rest(const struct peer *p)
{
	return p->link == PEER_OPEN && !p->asked && !p->owing && lines_pending(&p->lines) == 0;
}

int peer_adopt(struct peer *p, struct transport *t, const char *hello, size_t n)
{
	p->transport = t;
	p->noise = 0;
	p->owing = false;
	p->connect_ms = -1;
	p->hello = span_dup((struct span){hello, n});
	p->untold = true;
	set_link(p, PEER_OPENING);
	if (p->hello)
		set_link(p, PEER_OPEN);
	else
		close_link(p);
	return p->link == PEER_OPEN ? 0 : -ENOMEM;
}
