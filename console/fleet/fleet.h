/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fan-out: one question to many hosts at once. Worker threads, each with an event loop and its
 * own peers; every step of every peer is non-blocking and has a deadline. What happens is handed
 * to the caller's thread as events, in order per host.
 *
 * A peer's way: waiting -> resolving -> connecting -> (transport's own steps: key exchange, host
 * key, authentication, channel, subsystem) -> hello -> ready <-> asking; from anywhere to gone.
 */
#ifndef CONSOLE_FLEET_FLEET_H
#define CONSOLE_FLEET_FLEET_H

#include "common/err.h"
#include "common/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a host's question ended (DESIGN section 6: exactly one of these). */
enum host_state {
	HOST_PENDING, /* not yet */
	HOST_ANSWERED,
	HOST_FAILED,	  /* its agent's or SSH's reason stands in `error` */
	HOST_TIMED_OUT,	  /* connected, but did not answer in time */
	HOST_UNREACHABLE, /* no connection came about */
};
const char *host_state_name(enum host_state state); /* "answered", "timed_out" … */

enum host_connection { /* ansible_connection */
	CONNECTION_SSH,
	CONNECTION_LOCAL,
};

/* Everything needed to reach one host, settled once: command line over inventory over ssh config. */
struct host_config {
	const char *name;     /* inventory name: what is shown, and the key of results */
	const char *address;  /* what is resolved and connected to */
	uint16_t port;
	const char *user;
	enum host_connection connection;
	const char *const *key_files; /* NULL-ended; NULL: the defaults */
	const char *host_key_alias;   /* looked up in known_hosts instead of address, or NULL */
};

struct fleet_options {
	unsigned in_flight;	   /* handshakes at once (-f) */
	int64_t connect_timeout_ms; /* from the first packet until hello */
	int64_t timeout_ms;	   /* of a question */
	unsigned threads;	   /* 0: as many as there are processors, at most FLEET_THREADS_MAX */
	const char *ssh_command;   /* non-NULL: run this program per host instead of libssh */
	const char *const *known_hosts; /* NULL-ended list of files; NULL: the user's and the system's */
	bool accept_new;
	const char *agent_program; /* for CONNECTION_LOCAL: NULL finds tocsin-agentd */
	bool batch;		   /* nobody to ask for a passphrase */
};
#define FLEET_THREADS_MAX 8
/* Bytes of decoded answers waiting for the caller; the hosts are not read while there are more. */
#define FLEET_QUEUE_MAX (32u << 20)

/* A host as an answer knows it; index into the array given to fleet_new. */
typedef uint32_t host_id;

enum fleet_event_type {
	FLEET_HELLO,   /* connected; `hello` */
	FLEET_COLUMNS, /* the answer's columns; before any rows */
	FLEET_ROWS,
	FLEET_END, /* the host's part of the question is over: `end` */
};

struct fleet_end {
	enum host_state state;
	char error[ERR_TEXT_MAX]; /* hostile bytes possible */
	enum wire_code code;	  /* when has_code: the agent refused the question with this */
	bool has_code;
	int64_t rows;
	bool truncated;
	int64_t connect_ms; /* time the connection took, -1 when none came about */
	int64_t ms;	    /* from the question's start to its end */
	size_t n_warnings;
	char **warnings;
};

struct fleet_event {
	struct fleet_event *next;
	enum fleet_event_type type;
	host_id host;
	size_t size; /* bytes counted against FLEET_QUEUE_MAX */
	char *text;  /* heap; what the cells and strings point into */
	union {
		struct wire_hello hello;
		struct {
			struct wire_column *cols;
			size_t n;
		} columns;
		struct wire_rows rows;
		struct fleet_end end;
	};
};

struct fleet;

/* `hosts` must stay valid until fleet_free. Reads keys and known_hosts once; starts the threads. */
struct fleet *fleet_new(const struct fleet_options *options, const struct host_config *hosts,
	size_t n_hosts, struct err *err);
/* Closes every session and ends the threads. Accepts NULL. */
void fleet_free(struct fleet *f);

struct fleet_question {
	const char *sql; /* NULL: only connect and say hello (`hosts`) */
	const struct wire_param *params;
	size_t n_params;
	int64_t max_rows; /* 0: default */
};
/* Starts the question at every host; one at a time. Hosts that are already connected are warm. */
int fleet_ask(struct fleet *f, const struct fleet_question *q, struct err *err);
/*
 * Waits up to `timeout_ms` (-1: for ever) for events; returns them as a list in order, or NULL when
 * time is up or every host has ended (*ret_over). The events are the caller's: fleet_event_free.
 */
struct fleet_event *fleet_wait(struct fleet *f, int timeout_ms, bool *ret_over);
void fleet_event_free(struct fleet_event *e);
/* Ends the running question everywhere: every host not yet done ends as failed, "interrupted". */
void fleet_cancel(struct fleet *f);

struct fleet_progress {
	size_t hosts, connected, asking, ended[HOST_UNREACHABLE + 1];
};
void fleet_progress(const struct fleet *f, struct fleet_progress *ret);

#endif
