/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fan-out: one question to many hosts at once. Worker threads, each with an event loop and its
 * own peers; every step of every peer is non-blocking and has a deadline. What happens is handed
 * to the caller's thread as events, in order per host.
 *
 * A peer's way: waiting -> resolving -> connecting -> (transport's own steps: key exchange, host
 * key, authentication, channel, subsystem) -> hello -> ready <-> asking; from anywhere to gone.
 * Connections stay open from one question to the next; one that broke is made anew when asked.
 *
 * All functions are for one thread, the caller's, unless they say otherwise.
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

struct ssh_settings;
struct inbox;
struct jumps;

enum host_connection { /* ansible_connection */
	CONNECTION_SSH,
	CONNECTION_LOCAL,
	CONNECTION_NONE, /* `unusable` says why */
};

/*
 * All that is needed to reach a host, settled once: command line, inventory, ssh config. What
 * decides whom one talks to, or as whom, is also part of the key of sessions left open: held_key.c.
 */
struct host_config {
	const char *name;    /* inventory name: what is shown, and the key of results */
	const char *address; /* what is resolved and connected to */
	uint16_t port;	     /* 0: 22, or what ssh_command's own configuration says */
	const char *user;    /* NULL: the name of the user who runs this program */
	enum host_connection connection;
	const char *unusable;	      /* for CONNECTION_NONE: what the host fails with */
	const char *const *key_files; /* NULL-ended; NULL: the defaults of ~/.ssh */
	const char *host_key_alias;   /* looked up in known_hosts instead of address, or NULL */
	/*
	 * The last jump host before it, whose own `jump` is the one before that; NULL: none. Hosts
	 * with the same pointer share one connection to it.
	 */
	const struct host_config *jump;
	/* A shell command whose stdin and stdout are the connection, instead; or NULL. */
	const char *proxy_command;
	/* What else ssh_config(5) says; NULL: nothing. Its names, jumps and key files are not read.
	 */
	const struct ssh_settings *ssh;
	int64_t connect_timeout_ms;   /* 0: that of the fleet's options */
	const char *const *ssh_words; /* more arguments for ssh_command, NULL-ended, or NULL */
};

/*
 * Asks a person for the passphrase of a key: writes it with its NUL to `buf`. 0 or -errno (nobody
 * answered). Called by fleet_new only, in the caller's thread; again when the passphrase is wrong.
 */
typedef int fleet_passphrase_fn(const char *key_file, char *buf, size_t size, void *arg);

struct fleet_options {
	unsigned in_flight;	    /* handshakes at once (-f) */
	int64_t connect_timeout_ms; /* from the first packet until hello */
	int64_t timeout_ms;	    /* of a question */
	unsigned threads; /* 0: as many as there are processors, at most FLEET_THREADS_MAX */
	/* Not NULL: run this program (words split at blanks) per host instead of libssh. */
	const char *ssh_command;
	const char *ssh_config, *jump; /* -F and -J of ssh_command; without it -EINVAL, or NULL */
	/* A NULL-ended list of files, the first takes new keys; NULL: the user's and the system's.
	 */
	const char *const *known_hosts;
	bool accept_new;
	const char *agent_program;	 /* for CONNECTION_LOCAL: NULL finds tocsin-agentd */
	fleet_passphrase_fn *passphrase; /* NULL: nobody to ask (batch) */
	void *passphrase_arg;
	bool answers; /* there is somebody to answer FLEET_ASK: passwords of jump hosts */
	/*
	 * More than 0: sessions that others of this user left open are taken, and fleet_leave
	 * leaves them open for as long when nobody uses them.
	 */
	int64_t persist_ms;
};
#define FLEET_THREADS_MAX 8
/*
 * Bytes of decoded answers waiting for fleet_wait. While there are more, no host is read: memory
 * stays flat and no host times out for the caller's slowness.
 */
#define FLEET_QUEUE_MAX (32u << 20)
/* Programs running at once for connections that are a process each (ssh_command, local). */
#define FLEET_CHILDREN_MAX 512

/* A host as an answer knows it; index into the array given to fleet_new. */
typedef uint32_t host_id;

enum fleet_event_type {
	/*
	 * Once per connection; `hello`. Of a session that was left open by others only when a
	 * question without SQL is put.
	 */
	FLEET_HELLO,
	/* A connection that was open before is alive: what of its `hello` may have changed since.
	 */
	FLEET_PONG,
	FLEET_COLUMNS, /* the answer's columns; before any rows */
	FLEET_ROWS,
	FLEET_OUTCOME, /* of an action: `outcome` */
	FLEET_CHUNK,   /* of a file: `chunk` */
	FLEET_END,     /* the host's part of the question is over: `end` */
	FLEET_ASK,     /* `ask`, with fleet_options.answers: to be answered by fleet_answer */
};

struct fleet_end {
	enum host_state state;
	char error[ERR_TEXT_MAX]; /* a sentence part; "" when answered; hostile bytes possible */
	enum wire_code code;	  /* when has_code: the agent refused the question with this */
	bool has_code;
	int64_t rows;
	bool truncated;
	int64_t connect_ms; /* from the first packet until hello, -1 when it did not come to that */
	int64_t ms;	    /* from the question's start to its end */
	size_t n_warnings;
	const char **warnings; /* what the host's tables could not read; hostile bytes possible */
};

/* One block of memory: all that it points to is in it, and lives as long as it does. */
struct fleet_event {
	struct fleet_event *next;
	enum fleet_event_type type;
	host_id host;
	size_t size; /* bytes counted against FLEET_QUEUE_MAX */
	union {
		struct wire_hello hello;
		struct wire_quarantine quarantine; /* of a pong; texts are never NULL */
		struct {
			const struct wire_column *cols;
			size_t n;
		} columns;
		struct {
			const struct cell *cells; /* n_rows * n_cols, row by row */
			size_t n_rows, n_cols;
		} rows;
		struct {
			const char *action, *detail; /* hostile bytes possible */
			enum wire_status status;
			const char *before, *after, *undo; /* JSON objects as text, or NULL */
		} outcome;
		struct {
			int64_t offset;
			const char *p;
			size_t n;
		} chunk;
		struct fleet_end *end;
		struct {		    /* of a jump host, which waits; `host` means nothing */
			const char *prompt; /* hostile bytes possible */
			bool echo;
			unsigned id;
			struct inbox *to;
			struct jumps *jumps;
		} ask;
	};
};

struct fleet;

/*
 * `hosts` (and what it and `options` point to) must stay valid until fleet_free. Reads keys and
 * known_hosts once and starts the threads. Raises the soft limit of open files to the hard one.
 */
struct fleet *fleet_new(const struct fleet_options *options, const struct host_config *hosts,
	size_t n_hosts, struct err *err);
/*
 * Closes every session and ends the threads; does not wait for hosts. Events still queued are
 * freed. Accepts NULL.
 */
void fleet_free(struct fleet *f);
/*
 * As fleet_free, but first leaves the sessions at rest to a process in the background, if
 * options.persist_ms says so; see held.h. Forks: nothing that a child process must not have (a
 * database that is open, for one) should be there. Accepts NULL.
 */
void fleet_leave(struct fleet *f);
/*
 * What the user should know before the first question, e.g. that there are fewer descriptors than
 * hosts: *ret_n sentences, valid until fleet_free.
 */
const char *const *fleet_notices(const struct fleet *f, size_t *ret_n);

struct fleet_question {
	const char *sql;  /* NULL: only connect and say hello; what is connected is pinged */
	bool tables;	  /* instead of sql: which tables the agents have */
	const bool *only; /* per host: whether it is asked; NULL: all are. Not with `request` */
	const struct wire_param *params;
	size_t n_params;
	int64_t max_rows; /* 0: default */
	/*
	 * Instead of sql: an action or a file, whose request differs from host to host. Appends its
	 * line under the id `id`, or nothing for a host that is not asked. 0 or -errno. Called
	 * before anything is sent. Answered by FLEET_OUTCOME, before it any FLEET_CHUNK.
	 */
	int (*request)(void *arg, host_id host, int64_t id, struct buf *line);
	void *arg;
	/* Over a connection made for it, to the host itself if not to its jump hosts. */
	bool fresh;
	/* Not sent again when the connection breaks before an answer: it may have been done. */
	bool once;
	int64_t timeout_ms; /* 0: that of the options; of a file: until the next chunk */
	int64_t max_bytes;  /* of one host's chunks; 0: any number */
};
/* Bytes of all the requests of one question that differ from host to host. */
#define FLEET_REQUESTS_MAX (256u << 20)
/*
 * Starts the question at every host that is asked. Hosts that are already connected are warm. One
 * question at a time: -EBUSY until the one before is over. -EMSGSIZE: longer than
 * WIRE_REQUEST_MAX. -ENOENT: no host is asked.
 */
int fleet_ask(struct fleet *f, const struct fleet_question *q, struct err *err);
/*
 * Waits up to `timeout_ms` (-1: for ever) for events; returns all there are as a list in order, or
 * NULL when time is up, a signal arrived, or every host has ended and its end was handed out
 * (*ret_over). The events are the caller's.
 */
struct fleet_event *fleet_wait(struct fleet *f, int timeout_ms, bool *ret_over);
/* `text` NULL: nobody answers. 0 or -ENOMEM. */
int fleet_answer(struct fleet *f, const struct fleet_event *e, const char *text);
/* Frees one event, not its list. Accepts NULL. Any thread. */
void fleet_event_free(struct fleet_event *e);
/* A descriptor that polls readable while events wait, for a caller with an event loop of its own.
 */
int fleet_fd(const struct fleet *f);
/*
 * Ends the running question everywhere: every host not yet done ends as failed, "interrupted";
 * fleet_wait hands these ends out at once.
 */
void fleet_cancel(struct fleet *f);

struct fleet_progress {
	size_t hosts;
	size_t connected;		    /* sessions open now */
	size_t asked;			    /* by the running or last question */
	size_t asking;			    /* of those, not yet done */
	size_t ended[HOST_UNREACHABLE + 1]; /* of the running or last question */
};
/* Any thread. */
void fleet_progress(const struct fleet *f, struct fleet_progress *ret);

#endif
