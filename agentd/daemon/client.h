/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connection to the daemon's socket, from accept(2) to the end of its session. */
#ifndef AGENTD_DAEMON_CLIENT_H
#define AGENTD_DAEMON_CLIENT_H

#include "agentd/daemon/daemon.h"

/* Frames for a worker that wait for room in its socket; a worker that reads none is broken. */
#define CLIENT_FRAMES_MAX 64

enum client_state {
	CLIENT_NEW,    /* has said nothing */
	CLIENT_ASKED,  /* a child finds out who it is */
	CLIENT_RUNS,   /* has a worker */
	CLIENT_ENDING, /* the worker was told to end */
};

struct client_frame {
	struct buf bytes;
	int fd; /* goes along; -1: none */
	struct client_frame *next;
};

struct client {
	struct daemon *d;
	struct client *next;
	enum client_state state;
	int64_t number; /* of the session; 0: none yet */
	struct loop_io io;
	struct loop_timer timer;
	struct child *asking;
	struct subject who;
	int pidfd; /* of subject_of_socket, until it is known who it is */
	uint32_t allow;
	bool as_user;
	bool counted;	 /* among the sessions */
	int64_t queries; /* that its worker told of */

	pid_t worker; /* 0: none, or reaped */
	struct loop_io channel;
	struct client_frame *frames, **frames_end;
	size_t n_frames;
	bool killed;	     /* by us */
	const char *because; /* why it was ended by us; NULL: it was not */
};

/* Accepts what waits. */
void client_accept(struct daemon *d);
/* Has the session end: soon, in order. */
void client_end(struct client *c, const char *because);
/* After waitpid: true when it was a session's worker. */
bool clients_reaped(struct daemon *d, pid_t pid, int status, int64_t cpu_ms);
/* Forgets the connections that have no session, and frees all at the end. */
void clients_drop_new(struct daemon *d);
void clients_free(struct daemon *d);

/* Sends d->out to the worker, now or when there is room; `fd` (-1: none) is taken over. */
void client_send(struct client *c, int fd);

#endif
