/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A host that says anything: the first two bytes choose how its bytes arrive and when the caller is
 * slow, the rest are its bytes. Whatever it says, the question ends once, within its caps.
 */
#include "console/fleet/peer.h"

#include "common/clock.h"

#include <assert.h>
#include <stdlib.h>

#define HELLO	 "{\"op\":\"hello\",\"protocol\":1}\n"
#define MAX_ROWS 50

static struct lines *in;
static const struct transport_up *up;
static bool open, paused, full;
static unsigned ends, events, full_after;
static size_t rows, columns;

static int take_question(struct transport *t, const void *p, size_t n)
{
	(void)t;
	(void)p;
	(void)n;
	return 0;
}

static void pause_reading(struct transport *t, bool on)
{
	(void)t;
	paused = on;
}

static enum host_state overdue(struct transport *t, struct err *err)
{
	(void)t;
	err_set(err, ETIMEDOUT, "late");
	return HOST_TIMED_OUT;
}

static void hang_up(struct transport *t)
{
	(void)t;
	assert(open);
	open = false;
}

static const struct transport_ops ops = {take_question, pause_reading, overdue, hang_up};

static struct transport *open_link(void *arg, struct peer *p, const struct transport_up *to,
	enum host_state *ret_how, struct err *err)
{
	static struct transport t;

	(void)arg;
	(void)ret_how;
	(void)err;
	t = (struct transport){.ops = &ops, .up = to, .arg = p, .in = &p->lines};
	in = &p->lines;
	up = to;
	open = true;
	return &t;
}

static void take_event(void *arg, struct fleet_event *e)
{
	(void)arg;
	/* An end is not held back, and comes right behind the rows that were too many. */
	assert(!ends && (!full || e->type == FLEET_END));
	full = full_after && ++events % full_after == 0;
	if (e->type == FLEET_COLUMNS) {
		assert(!columns);
		columns = e->columns.n;
	} else if (e->type == FLEET_ROWS) {
		assert(columns && e->rows.n_cols == columns);
		rows += e->rows.n_rows;
		assert(rows <= MAX_ROWS);
		for (size_t i = 0; i < e->rows.n_rows * e->rows.n_cols; i++) {
			const struct cell *c = &e->rows.cells[i];

			/* The sanitizer sees whether all of it is there. */
			if (c->type == CELL_TEXT || c->type == CELL_BLOB)
				for (uint32_t k = 0; k < c->n; k++)
					rows += c->p[k] == '\0' ? 0 : 0;
		}
	} else if (e->type == FLEET_END) {
		ends++;
		assert(e->end->state != HOST_PENDING && (size_t)e->end->rows == rows);
		assert((e->end->state == HOST_ANSWERED) == (e->end->error[0] == '\0'));
	}
	fleet_event_free(e);
}

static bool is_full(void *arg)
{
	(void)arg;
	return full;
}

static void linked(void *arg, struct peer *p, enum peer_link before)
{
	(void)arg;
	assert(p->link != before);
}

static void redial(void *arg, struct peer *p)
{
	(void)arg;
	(void)p;
	assert(!"a first link is not warm");
}

/* The caller took what there was, as often as the peer fills the queue again. */
static void make_room(struct peer_env *env)
{
	do {
		full = false;
		peers_resume(env);
	} while (paused && open);
	full = false;
}

static void feed(struct peer *p, struct peer_env *env, const uint8_t *data, size_t n)
{
	char *room;

	make_room(env);
	if (!open)
		return;
	if (lines_room(in, n, &room) == 0) {
		memcpy(room, data, n);
		lines_added(in, n);
	}
	up->input(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fleet_options options = {
		.connect_timeout_ms = 1000, .timeout_ms = 1000};
	static const struct host_config host = {.name = "h"};
	struct question q = {.line = "Q\n", .n = 2, .id = 2, .cancel_id = 3, .max_rows = MAX_ROWS};
	struct peer_env env = {.loop = loop_new(NULL),
		.options = &options,
		.question = &q,
		.open = open_link,
		.event = take_event,
		.full = is_full,
		.linked = linked,
		.redial = redial};
	struct peer peer;
	size_t step;

	if (size < 2) {
		loop_free(env.loop);
		return 0;
	}
	step = data[0] & 0x7f ? data[0] & 0x7f : size;
	full_after = data[1] & 7;
	ends = events = 0;
	full = false;
	rows = columns = 0;
	paused = false;
	peer_init(&peer, &env, &host, 0);
	peer.end = calloc(1, sizeof(struct fleet_event) + sizeof(struct fleet_end));
	peer.end->type = FLEET_END;
	peer.end->end = (struct fleet_end *)(peer.end + 1);
	peer_ask(&peer);
	peer_dial(&peer);
	up->opened(&peer);
	if (data[0] & 0x80)
		feed(&peer, &env, (const uint8_t *)HELLO, sizeof(HELLO) - 1);
	for (size_t at = 2; at < size && open; at += step)
		feed(&peer, &env, data + at, size - at < step ? size - at : step);
	make_room(&env);
	if (open)
		up->closed(&peer, HOST_FAILED, &(struct err){.text = "gone"});
	assert(ends == 1 && !env.paused);
	peer_done(&peer);
	wire_reply_done(&env.reply);
	loop_free(env.loop);
	return 0;
}
