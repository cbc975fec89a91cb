/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One host on the level of the wire, behind a transport that is made of the test's own words. */
#ifndef TESTS_UNIT_PEER_FIXTURE_H
#define TESTS_UNIT_PEER_FIXTURE_H

#include "console/fleet/peer.h"

#include "common/clock.h"
#include "common/str.h"
#include "tests/unit/test.h"

#define HELLO "{\"op\":\"hello\",\"protocol\":1,\"agent\":\"0.1.0\",\"privileged\":true}\n"
#define COLUMNS                                                                                    \
	"{\"op\":\"columns\",\"id\":2,\"columns\":[{\"name\":\"a\",\"type\":\"TEXT\"},{\"name\":"  \
	"\"b\",\"type\":\"INTEGER\"}]}\n"
#define ROW "{\"op\":\"rows\",\"id\":2,\"rows\":[[\"x\",1]]}\n"
#define DONE(n)                                                                                    \
	"{\"op\":\"done\",\"id\":2,\"rows\":" #n ",\"ms\":1.5,\"warnings\":[\"w1\",\"w2\"]}\n"

/* ---- The other side ---- */

static struct {
	struct transport t;
	struct buf sent;
	bool open, paused, cannot_send;
	int closes, rests;
} wire;

static inline int wire_send(struct transport *t, const void *p, size_t n)
{
	(void)t;
	return wire.cannot_send ? -EPIPE : buf_add(&wire.sent, p, n);
}

static inline void wire_pause(struct transport *t, bool on)
{
	(void)t;
	wire.paused = on;
}

static inline enum host_state wire_overdue(struct transport *t, struct err *err)
{
	(void)t;
	err_set(err, ETIMEDOUT, "no hello");
	return HOST_UNREACHABLE;
}

static inline void wire_close(struct transport *t)
{
	(void)t;
	wire.open = false;
	wire.closes++;
}

static inline void wire_rest(struct transport *t)
{
	(void)t;
	wire.rests++;
}

static const struct transport_ops wire_ops = {
	wire_send, wire_pause, wire_overdue, wire_close, wire_rest};

/* ---- The worker's part ---- */

static struct loop *loop;
static struct peer_env env;
static struct peer peer;
static struct question question;
static const struct fleet_options options = {
	.in_flight = 1, .connect_timeout_ms = 10000, .timeout_ms = 30000};
static const struct host_config host = {.name = "h", .address = "h"};
static struct fleet_event *events, **events_end;
static bool is_full, cannot_open, redialled;

static inline struct transport *fake_open(void *arg, struct peer *p, const struct transport_up *up,
	enum host_state *ret_how, struct err *err)
{
	(void)arg;
	if (cannot_open) {
		*ret_how = HOST_UNREACHABLE;
		err_set(err, ENOENT, "cannot open");
		return NULL;
	}
	wire.t = (struct transport){.ops = &wire_ops, .up = up, .arg = p, .in = &p->lines};
	wire.open = true;
	wire.paused = false;
	buf_reset(&wire.sent);
	return &wire.t;
}

static inline void take(void *arg, struct fleet_event *e)
{
	(void)arg;
	e->next = NULL;
	*events_end = e;
	events_end = &e->next;
}

static inline bool full(void *arg)
{
	(void)arg;
	return is_full;
}

static inline void linked(void *arg, struct peer *p, enum peer_link before)
{
	(void)arg;
	if (p->link == before)
		abort();
}

static inline void redial(void *arg, struct peer *p)
{
	(void)arg;
	(void)p;
	redialled = true;
}

static inline void forget_events(void)
{
	struct fleet_event *next;

	for (; events; events = next) {
		next = events->next;
		fleet_event_free(events);
	}
	events_end = &events;
}

static inline void begin(void)
{
	peer_done(&peer);
	forget_events();
	loop_free(loop);
	loop = loop_new(NULL);
	is_full = cannot_open = redialled = false;
	buf_done(&wire.sent);
	memset(&wire, 0, sizeof(wire));
	buf_init(&wire.sent, 1 << 20);
	peer_env_done(&env);
	env = (struct peer_env){.loop = loop,
		.options = &options,
		.question = &question,
		.open = fake_open,
		.event = take,
		.full = full,
		.linked = linked,
		.redial = redial};
	question = (struct question){.line = "Q\n",
		.n = 2,
		.id = 2,
		.cancel_id = 3,
		.max_rows = 10,
		.started_ms = clock_mono_ms()};
	peer_init(&peer, &env, &host, 0);
}

/* True when it is warm. */
static inline bool ask(void)
{
	struct fleet_event *e = calloc(1, sizeof(*e) + sizeof(struct fleet_end));

	if (!e)
		abort();
	e->type = FLEET_END;
	e->end = (struct fleet_end *)(e + 1);
	peer.end = e;
	return peer_ask(&peer);
}

static inline void say_n(const char *p, size_t n)
{
	char *room;

	while (n && wire.open) {
		size_t part = n < 4096 ? n : 4096;

		if (lines_room(wire.t.in, part, &room) == 0) {
			memcpy(room, p, part);
			lines_added(wire.t.in, part);
		}
		wire.t.up->input(wire.t.arg);
		p += part;
		n -= part;
	}
}

static inline void say(const char *text)
{
	say_n(text, strlen(text));
}

/* Connected, greeted and asked. */
static inline void start(void)
{
	begin();
	if (ask())
		abort();
	peer_dial(&peer);
	wire.t.up->opened(wire.t.arg);
	say(HELLO);
}

static inline const struct fleet_end *ended(void)
{
	for (const struct fleet_event *e = events; e; e = e->next)
		if (e->type == FLEET_END)
			return e->next ? NULL : e->end;
	return NULL;
}

static inline int count(enum fleet_event_type type)
{
	int n = 0;

	for (const struct fleet_event *e = events; e; e = e->next)
		n += e->type == type;
	return n;
}

static inline void turn(int64_t ms)
{
	clock_turn_mono_ms(ms);
	(void)loop_once(loop, 0);
}

static inline void at_end(void)
{
	begin();
	peer_done(&peer);
	buf_done(&wire.sent);
	peer_env_done(&env);
	loop_free(loop);
	loop = NULL;
}

#endif
