/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fleet as the screen uses it: questions of several panes, one after the other, over one set of
 * connections, and what is known of each host. Nothing here waits: the caller's loop polls
 * live_fd() and calls live_pump().
 *
 * Questions that a person waits for come before refreshes. One that runs gives way when it is a
 * refresh, or when it only waits for the last few hosts any more: those end as "left behind".
 */
#ifndef CONSOLE_LIVE_H
#define CONSOLE_LIVE_H

#include "common/err.h"
#include "console/app.h"
#include "console/fleet/fleet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Questions that wait for their turn. */
#define LIVE_QUEUE_MAX 256
/*
 * A question gives way to one that a person waits for when at least this part of its hosts has
 * answered and it runs for as long.
 */
#define LIVE_GIVE_WAY_PART 0.9
#define LIVE_GIVE_WAY_MS   1500
/* A host is called slow when it has been asked for as long. */
#define LIVE_SLOW_MS 3000

struct live_host {
	enum host_state state; /* of its last question; HOST_PENDING before any */
	bool asking;	       /* a question runs there */
	bool known;	       /* said hello at least once */
	bool privileged;
	int64_t connect_ms, ms;	   /* latency, -1: not known; time of the last answer */
	int64_t rows;		   /* of the last answer */
	char *agent, *os, *kernel; /* heap, or NULL; hostile bytes possible */
	char *error;		   /* why the last question failed, or NULL; likewise */
	char *quarantine;	   /* words on its quarantine, or NULL */
};

struct live_question {
	struct fleet_question fleet; /* what it points to must stay until `over` */
	bool background;	     /* a refresh */
	bool quiet; /* of no concern to people: neither counted nor cancelled, an answer no news of
		       hosts */
	/*
	 * COLUMNS, ROWS, OUTCOME, CHUNK, END of hosts; then `over`, once, also when the question
	 * never began (`begun` false). Each may be NULL.
	 */
	void (*event)(void *arg, const struct fleet_event *e);
	/* Takes each of those over after `event`. May be NULL: then they are freed. */
	void (*keep)(void *arg, struct fleet_event *e);
	/* Its turn has come; before anything else of it. May be NULL. */
	void (*begun)(void *arg);
	void (*over)(void *arg, bool begun, bool cancelled);
	void *arg;
};

struct live;
/* Starts to connect; app_targets was called. NULL with `err`. */
struct live *live_new(struct app *app, struct err *err);
/* Ends what still runs and waits: each has its `over`, which may ask nothing more. */
void live_free(struct live *l);

/* A number for live_cancel, or -errno: -ENOBUFS when too many wait. */
int64_t live_ask(struct live *l, const struct live_question *q);
/* The question ends at once; `over` is called from live_pump. Of one that is over: nothing. */
void live_cancel(struct live *l, int64_t number);
/* The same without `over`: who asked is gone. */
void live_forget(struct live *l, int64_t number);
/* The one that runs, if it is not quiet. False: none does. */
bool live_cancel_running(struct live *l);
/* Does it run now? */
bool live_runs(const struct live *l, int64_t number);

/* Polls readable when live_pump has something to do. */
int live_fd(const struct live *l);
/*
 * Hands out what came, for at most about `budget_ms`. True when there is more: call again after
 * the keys were looked at.
 */
bool live_pump(struct live *l, int64_t budget_ms);

size_t live_n_hosts(const struct live *l);
const struct live_host *live_host(const struct live *l, host_id host);
/* Grows with every change of a host. */
uint64_t live_version(const struct live *l);

struct live_counts { /* of hosts */
	size_t hosts, up, asking, slow, failed, timed_out, unreachable, quarantined;
	/* The running question: */
	bool running;
	size_t asked, ended;
	int64_t rows, since_ms;
};
void live_counts(const struct live *l, struct live_counts *ret);

/* A jump host wants a password: `ask` is told once per prompt; see live_answer. */
void live_on_ask(struct live *l, void (*ask)(void *arg, const struct fleet_event *e), void *arg);
/* `text` NULL: nobody answers. Frees `e`, which `ask` kept. */
void live_answer(struct live *l, struct fleet_event *e, const char *text);

#endif
