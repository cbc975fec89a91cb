/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One host, on the level of the wire: connection, hello, question, replies, caps and deadlines. It
 * trusts nothing that comes in. All of one peer happens in one thread.
 */
#ifndef CONSOLE_FLEET_PEER_H
#define CONSOLE_FLEET_PEER_H

#include "common/loop.h"
#include "console/fleet/transport.h"

/* Bytes of lines that answer nothing, until one does; short lines count as PEER_NOISE_LINE. */
#define PEER_NOISE_MAX	(4u << 20)
#define PEER_NOISE_LINE 64
/* The agent ends a question in time by itself; this much later it is given up from here. */
#define PEER_GRACE_MS 1000
/* Times in one question that a jump host may go away before anything of the answer came. */
#define PEER_LOST_MAX 3
/* A line buffer larger than this is given back when it is empty. */
#define PEER_KEEP_BYTES (2u << 10)
/* Bytes of lines longer than an agent has reason to send, of all peers of a thread. */
#define PEER_LONG_LINE	    (2 * WIRE_ROWS_MAX)
#define PEER_LONG_LINES_MAX (64u << 20)
/* A longer columns line is read for every host. */
#define PEER_COLUMNS_MAX (16u << 10)

/* A host's own request within the question's line; n is 0 where it is not asked. */
struct question_part {
	size_t at, n;
};

/* One question as it goes to all hosts; ids are those of the wire. */
struct question {
	const char *line; /* the request, or those of all hosts */
	size_t n;
	const struct question_part *parts; /* per host, or NULL: the same for all */
	bool ping;			   /* only whether it is there: a hello is answer enough */
	bool action;			   /* answered by an outcome */
	bool fresh, once;
	int64_t timeout_ms; /* 0: that of the options */
	uint64_t max_bytes; /* of chunks; 0: any number */
	int64_t id, cancel_id;
	int64_t max_rows;
	int64_t started_ms; /* on clock_mono_ms */
};

enum peer_link { PEER_CLOSED, PEER_OPENING, PEER_OPEN };

struct peer {
	struct peer_env *env;
	const struct host_config *host;
	host_id id;
	enum peer_link link;
	struct transport *transport;
	struct lines lines;
	char *hello;		 /* the line, when the environment keeps it */
	struct loop_timer timer; /* until hello; of the question */
	int64_t dialled_ms, connect_ms;

	bool asked;	    /* a question runs here */
	bool sent;	    /* and went out over this link */
	bool warm;	    /* over a link from before the question, so it may be dialled anew */
	bool answered;	    /* something came back */
	unsigned char lost; /* times that the way to it broke meanwhile */
	bool owing;	    /* something may still come, of this question or another one */
	bool untold;	    /* the hello of an adopted link */
	bool columns;
	size_t n_columns;
	int64_t rows;
	uint64_t bytes; /* of rows lines */
	uint64_t noise;
	size_t long_line;	 /* counted in env->long_lines */
	struct fleet_event *end; /* made before the question, so that it cannot fail to end */

	bool paused;	  /* the caller's queue is full */
	int64_t still_ms; /* of the environment's, when the deadline was set */
	struct peer *paused_prev, *paused_next;
	struct peer *next_waiting; /* this and the next are its worker's */
	bool idle;
	struct peer *idle_prev, *idle_next;
};

/* What all peers of a thread share, and where they report to. */
struct peer_env {
	struct loop *loop;
	const struct fleet_options *options;
	const struct question *question;
	struct wire_reply reply; /* the one being read */
	/* The last columns line, as it was and read: most hosts say the very same. */
	struct buf columns_line;
	struct wire_reply columns;
	size_t keep_hello; /* hello lines of up to as many bytes are kept */
	struct peer *paused;
	int64_t still_ms;	/* how long some were paused, but for the pause that lasts */
	int64_t still_since_ms; /* that pause's beginning, while there is one */
	size_t long_lines;

	void *arg;
	struct transport *(*open)(void *arg, struct peer *p, const struct transport_up *up,
		enum host_state *ret_how, struct err *err);
	/* Takes the event. FLEET_END is the last one of a question. */
	void (*event)(void *arg, struct fleet_event *e);
	/* Is the caller too slow? Then peers stop reading until peers_resume. */
	bool (*full)(void *arg);
	void (*linked)(void *arg, struct peer *p, enum peer_link before);
	/* The question must be put over a new link: dial when there is room. */
	void (*redial)(void *arg, struct peer *p);
};

/* Frees what the peers left in it. Accepts a zeroed one. */
void peer_env_done(struct peer_env *env);

void peer_init(struct peer *p, struct peer_env *env, const struct host_config *host, host_id id);
/* Closes the link; no events. */
void peer_done(struct peer *p);

/* What a transport of the peer's calls, with the peer as its argument. */
extern const struct transport_up peer_up;
/*
 * Takes an open link over which this hello was said before, to somebody who read it. It is told by
 * an event when a question asks for nothing else. 0; or -ENOMEM, and the link is closed.
 */
int peer_adopt(struct peer *p, struct transport *t, const char *hello, size_t n);
/* Open, with nothing asked, nothing owing and nothing left to read: it may be somebody else's. */
bool peer_at_rest(const struct peer *p);

/* Is it asked anything? Any thread, while the question stays. */
bool peer_is_asked(const struct question *q, host_id id);
/* Starts env->question; p->end must be there. False: it has no link, and peer_dial must follow. */
bool peer_ask(struct peer *p);
void peer_dial(struct peer *p);
/* Ends the question as failed, "interrupted", if it still runs. */
void peer_cancel(struct peer *p);
/* Closes the link of a peer that is not asked. */
void peer_hang_up(struct peer *p);
/* Those that were paused go on, as long as there is room. */
void peers_resume(struct peer_env *env);

#endif
