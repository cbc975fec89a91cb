/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/cutoff.h"
#include "console/live.h"

#include "common/clock.h"
#include "common/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct waiting {
	struct live_question q;
	int64_t number;
};

struct live {
	struct app *app;
	struct fleet *fleet;
	struct live_host *hosts;
	size_t n_hosts;
	uint64_t version;

	struct waiting queue[LIVE_QUEUE_MAX]; /* in the order in which they were asked */
	size_t n_queue;
	struct waiting running; /* number 0: none */
	bool cancelled;		/* the running one */
	bool closing;		/* nothing more is asked */
	bool *in;		/* per host: its end is still to come */
	size_t asked, ended;
	int64_t rows, since_ms, last_number;

	struct fleet_event *list; /* taken from the fleet, not handed out yet */
	void (*ask)(void *arg, const struct fleet_event *e);
	void *ask_arg;
};

/* ---- Begin and end ---- */

static int connect_all(struct live *l, struct err *err)
{
	struct fleet_options options;

	app_fleet_options(l->app, &options);
	/* The screen answers them by itself, if it says so (live_on_ask). */
	options.answers = true;
	l->fleet = fleet_new(&options, l->app->hosts, l->app->n_hosts, err);
	return l->fleet ? 0 : -err->code;
}

struct live *live_new(struct app *app, struct err *err)
{
	struct live *l = calloc(1, sizeof(*l));

	if (!l) {
		err_sys(err, ENOMEM, "fleet");
		return NULL;
	}
	l->app = app;
	l->n_hosts = app->n_hosts;
	l->hosts = calloc(l->n_hosts + 1, sizeof(*l->hosts));
	l->in = calloc(l->n_hosts + 1, sizeof(*l->in));
	for (size_t i = 0; l->hosts && i < l->n_hosts; i++)
		l->hosts[i].connect_ms = -1;
	if (!l->hosts || !l->in)
		err_sys(err, ENOMEM, "fleet");
	else if (connect_all(l, err) == 0)
		return l;
	live_free(l);
	return NULL;
}

static void forget_host(struct live_host *h)
{
	free(h->agent);
	free(h->os);
	free(h->kernel);
	free(h->error);
	free(h->quarantine);
}

/* Those who asked have something to free. */
static void end_questions(struct live *l)
{
	size_t n = l->n_queue;

	l->closing = true;
	l->n_queue = 0;
	if (l->running.number)
		l->running.q.over(l->running.q.arg, true, true);
	for (size_t i = 0; i < n; i++)
		l->queue[i].q.over(l->queue[i].q.arg, false, true);
}

void live_free(struct live *l)
{
	struct fleet_event *next;

	if (!l)
		return;
	end_questions(l);
	for (; l->list; l->list = next) {
		next = l->list->next;
		fleet_event_free(l->list);
	}
	fleet_leave(l->fleet);
	for (size_t i = 0; l->hosts && i < l->n_hosts; i++)
		forget_host(&l->hosts[i]);
	free(l->hosts);
	free(l->in);
	free(l);
}

/* ---- Whose turn it is ---- */

static size_t next_in_queue(const struct live *l)
{
	for (size_t i = 0; i < l->n_queue; i++)
		if (!l->queue[i].q.background)
			return i;
	return 0;
}

static struct waiting take_from_queue(struct live *l, size_t i)
{
	struct waiting w = l->queue[i];

	memmove(&l->queue[i], &l->queue[i + 1], (l->n_queue - i - 1) * sizeof(l->queue[0]));
	l->n_queue--;
	return w;
}

/* Of a question with requests of their own, which hosts have one is known only when they end. */
static void mark_asking(struct live *l, const struct fleet_question *q, bool quiet)
{
	for (size_t i = 0; i < l->n_hosts; i++) {
		l->in[i] = q && !q->request && (!q->only || q->only[i]);
		l->hosts[i].asking = l->in[i] && !quiet;
	}
	l->version++;
}

static void start(struct live *l)
{
	struct fleet_progress now;
	struct err err;

	while (!l->running.number && l->n_queue) {
		struct waiting w = take_from_queue(l, next_in_queue(l));

		if (fleet_ask(l->fleet, &w.q.fleet, &err) < 0) {
			w.q.over(w.q.arg, false, false);
			continue;
		}
		fleet_progress(l->fleet, &now);
		if (w.q.begun)
			w.q.begun(w.q.arg);
		l->running = w;
		l->cancelled = false;
		l->asked = now.asked;
		l->ended = 0;
		l->rows = 0;
		l->since_ms = clock_mono_ms();
		mark_asking(l, &w.q.fleet, w.q.quiet);
	}
}

static bool person_waits(const struct live *l)
{
	for (size_t i = 0; i < l->n_queue; i++)
		if (!l->queue[i].q.background)
			return true;
	return false;
}

static void give_way(struct live *l)
{
	int64_t runs = clock_mono_ms() - l->since_ms;
	bool mostly = (double)l->ended >= LIVE_GIVE_WAY_PART * (double)l->asked;

	if (!l->running.number || l->cancelled || !person_waits(l))
		return;
	/* What was begun at hosts is not left: an action has an outcome. */
	if (l->running.q.fleet.request)
		return;
	if (!l->running.q.background && (!mostly || runs < LIVE_GIVE_WAY_MS))
		return;
	l->cancelled = true;
	fleet_cancel(l->fleet);
}

static void ignore_event(void *arg, const struct fleet_event *e)
{
	(void)arg;
	(void)e;
}

static void ignore_over(void *arg, bool begun, bool cancelled)
{
	(void)arg;
	(void)begun;
	(void)cancelled;
}

int64_t live_ask(struct live *l, const struct live_question *q)
{
	struct waiting *w;

	if (l->n_queue == LIVE_QUEUE_MAX || l->closing)
		return -ENOBUFS;
	w = &l->queue[l->n_queue++];
	*w = (struct waiting){*q, ++l->last_number};
	if (!q->event)
		w->q.event = ignore_event;
	if (!q->over)
		w->q.over = ignore_over;
	start(l);
	give_way(l);
	return l->last_number;
}

void live_cancel(struct live *l, int64_t number)
{
	if (number > 0 && l->running.number == number && !l->cancelled) {
		l->cancelled = true;
		fleet_cancel(l->fleet);
	}
	for (size_t i = 0; i < l->n_queue; i++) {
		if (l->queue[i].number != number)
			continue;
		struct waiting w = take_from_queue(l, i);

		w.q.over(w.q.arg, false, true);
		return;
	}
}

void live_forget(struct live *l, int64_t number)
{
	if (number > 0 && l->running.number == number) {
		l->running.q.event = ignore_event;
		l->running.q.keep = NULL;
		l->running.q.over = ignore_over;
		/* What it points to was the asker's; the fleet made its own lines of it. */
		l->running.q.fleet = (struct fleet_question){.request = l->running.q.fleet.request};
		live_cancel(l, number);
	}
	for (size_t i = 0; i < l->n_queue; i++)
		if (l->queue[i].number == number) {
			take_from_queue(l, i);
			return;
		}
}

bool live_cancel_running(struct live *l)
{
	if (!l->running.number || l->running.q.quiet)
		return false;
	live_cancel(l, l->running.number);
	return true;
}

bool live_runs(const struct live *l, int64_t number)
{
	return number > 0 && l->running.number == number;
}

/* ---- What comes ---- */

static void replace(char **to, const char *text)
{
	free(*to);
	*to = text && *text ? strdup(text) : NULL;
}

static void take_hello(struct live *l, struct live_host *h, const struct wire_hello *hello)
{
	const char *version = hello->os_version ? hello->os_version : "";

	(void)l;
	h->known = true;
	h->privileged = hello->privileged;
	replace(&h->agent, hello->agent);
	replace(&h->kernel, hello->kernel);
	free(h->os);
	h->os = str_printf("%s%s%s", hello->os ? hello->os : "", *version ? " " : "", version);
}

static void take_quarantine(struct live_host *h, const struct wire_quarantine *q)
{
	char words[CUTOFF_WORDS_MAX];

	replace(&h->quarantine, cutoff_words(q, words));
}

static void take_end(struct live *l, host_id host, const struct fleet_end *end)
{
	struct live_host *h = &l->hosts[host];
	/* One that was cut off is no worse than it was before. */
	bool cut = l->cancelled && !end->has_code && str_eq(end->error, "interrupted");

	h->asking = l->in[host] = false;
	l->ended++;
	if (cut || (l->running.q.quiet && (end->has_code || end->state == HOST_ANSWERED)))
		return;
	/* What refuses a question is there. */
	h->state = end->has_code ? HOST_ANSWERED : end->state;
	h->rows = end->rows;
	h->ms = end->ms;
	if (end->connect_ms >= 0)
		h->connect_ms = end->connect_ms;
	replace(&h->error, end->error);
}

static void take_event(struct live *l, struct fleet_event *e)
{
	if (e->type == FLEET_ASK) {
		if (l->ask)
			l->ask(l->ask_arg, e); /* keeps it */
		else
			live_answer(l, e, NULL);
		return;
	}
	if (e->host < l->n_hosts && e->type == FLEET_HELLO) {
		take_hello(l, &l->hosts[e->host], &e->hello);
		take_quarantine(&l->hosts[e->host], &e->hello.quarantine);
		l->version++;
	} else if (e->host < l->n_hosts && e->type == FLEET_PONG) {
		take_quarantine(&l->hosts[e->host], &e->quarantine);
		l->version++;
	} else if (e->host < l->n_hosts) {
		if (e->type == FLEET_ROWS)
			l->rows += (int64_t)e->rows.n_rows;
		if (e->type == FLEET_END) {
			take_end(l, e->host, e->end);
			l->version++;
		}
		if (l->running.number) {
			l->running.q.event(l->running.q.arg, e);
			if (l->running.q.keep) {
				l->running.q.keep(l->running.q.arg, e);
				return;
			}
		}
	}
	fleet_event_free(e);
}

static void finish(struct live *l)
{
	struct waiting w = l->running;

	if (!w.number)
		return;
	l->running = (struct waiting){0};
	mark_asking(l, NULL, false);
	w.q.over(w.q.arg, true, l->cancelled);
}

bool live_pump(struct live *l, int64_t budget_ms)
{
	int64_t until = clock_mono_ms() + budget_ms;

	give_way(l);
	do {
		struct fleet_event *e = l->list;
		bool over = false;

		if (!e) {
			l->list = fleet_wait(l->fleet, 0, &over);
			if (!l->list && over)
				finish(l);
			if (!l->list) {
				start(l);
				return false;
			}
			continue;
		}
		l->list = e->next;
		take_event(l, e);
	} while (clock_mono_ms() < until);
	return true;
}

int live_fd(const struct live *l)
{
	return fleet_fd(l->fleet);
}

/* ---- What is known ---- */

size_t live_n_hosts(const struct live *l)
{
	return l->n_hosts;
}

const struct live_host *live_host(const struct live *l, host_id host)
{
	return &l->hosts[host];
}

uint64_t live_version(const struct live *l)
{
	return l->version;
}

void live_counts(const struct live *l, struct live_counts *ret)
{
	int64_t runs = clock_mono_ms() - l->since_ms;
	struct live_counts c = {.hosts = l->n_hosts,
		.running = l->running.number != 0 && !l->running.q.quiet,
		.asked = l->asked,
		.ended = l->ended,
		.rows = l->rows,
		.since_ms = l->since_ms};

	for (size_t i = 0; i < l->n_hosts; i++) {
		const struct live_host *h = &l->hosts[i];

		c.asking += h->asking;
		c.slow += h->asking && runs > LIVE_SLOW_MS;
		c.up += h->state == HOST_ANSWERED;
		c.failed += h->state == HOST_FAILED;
		c.timed_out += h->state == HOST_TIMED_OUT;
		c.unreachable += h->state == HOST_UNREACHABLE;
		c.quarantined += h->quarantine != NULL;
	}
	*ret = c;
}

void live_on_ask(struct live *l, void (*ask)(void *arg, const struct fleet_event *e), void *arg)
{
	l->ask = ask;
	l->ask_arg = arg;
}

void live_answer(struct live *l, struct fleet_event *e, const char *text)
{
	(void)fleet_answer(l->fleet, e, text);
	fleet_event_free(e);
}
