/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jump hosts: one SSH session per chain of them, as long as the jump host can bear all the hosts
 * that are behind it. Each of those
 * is an SSH session of its own that runs end to end through a bridge: a channel of the jump host's
 * session on one side, a socket pair on the other. A jump host may stand behind another one.
 *
 * Everything of one worker thread. What a jump host sends faster than the sockets take it is kept
 * here; above JUMP_HELD_MAX that jump host is not read until half of it is gone.
 */
#ifndef CONSOLE_FLEET_JUMP_H
#define CONSOLE_FLEET_JUMP_H

#include "console/fleet/transport.h"

#define JUMP_HELD_MAX (4u << 20)
/*
 * sshd has a descriptor for each channel, and often no more than 1024 for one session. Where a jump
 * host has none left for one of at least this many, another session is opened beside it.
 */
#define JUMP_FULL_MIN	  200
#define JUMP_SESSIONS_MAX 64

struct jumps;
/* `env` must stay. NULL when out of memory. */
struct jumps *jumps_new(struct transport_env *env);
/* After all bridges were closed. Accepts NULL. */
void jumps_free(struct jumps *jumps);
/* A new question: jump hosts that could not be reached are tried again. */
void jumps_forgive(struct jumps *jumps);

/* The answer to question `id` of a FLEET_ASK, NULL for none; ignored when nobody waits for it. */
void jumps_answer(struct jumps *jumps, unsigned id, const char *text);

/* Closes those that nothing goes through. */
void jumps_close_idle(struct jumps *jumps);

enum bridge_end {
	BRIDGE_NO_JUMP,	 /* the jump host cannot be used */
	BRIDGE_GONE,	 /* it was, and went away */
	BRIDGE_REFUSED,	 /* by the host behind it */
	BRIDGE_SHORTAGE, /* the jump host can do no more just now, or did not say */
	BRIDGE_FORBIDDEN,
};

struct bridge_up {
	/* The jump host is connected: from now on the host itself is waited for. */
	void (*begun)(void *arg);
	/* `fd` leads to the host and is the receiver's. */
	void (*connected)(void *arg, int fd);
	/* It did not come to that; bridge_close is still to be called. */
	void (*failed)(void *arg, enum bridge_end how, const struct err *why);
};

struct bridge;
/*
 * Begins a stream to address:port through `hop`, connecting that first if need be. The callbacks
 * come from the loop, never from within a call. NULL when out of memory.
 */
struct bridge *bridge_open(struct jumps *jumps, const struct host_config *hop, const char *address,
	uint16_t port, const struct bridge_up *up, void *arg);
/* Any time but from within a callback of another bridge. Accepts NULL. */
void bridge_close(struct bridge *b);
/* Has ssh-agent signed for one of the jump hosts before it? Accepts NULL. */
bool bridge_by_agent(const struct bridge *b);
/* True when it broke because the jump host went away; `err` then says so, by ENOLINK. */
bool bridge_broken(const struct bridge *b, struct err *err);

#endif
