/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SSH transport's own: ssh.c (the session and its loop), ssh_dial.c (until a stream to the host
 * stands), ssh_options.c (what libssh is told before), ssh_auth.c (host key, authentication),
 * ssh_password.c (what jump hosts ask people), ssh_channel.c (the agent's lines). A session to a
 * jump host (jump.c) is the same, but for what it does once it is authenticated.
 *
 * What libssh makes necessary, and where: a call reads 4096 bytes at most and then waits, so each
 * event is pumped until nothing moves (pump); it clears O_NONBLOCK (shake_hands); who closes the
 * descriptor (ssh_end_session); it gives a session up without a word (watch); it takes no bytes
 * while keys are exchanged anew (jump.c, give); it writes without end to a host that offers packets
 * of ten bytes (watch_log).
 */
#ifndef CONSOLE_FLEET_SSH_H
#define CONSOLE_FLEET_SSH_H

#include "common/buf.h"
#include "console/fleet/connect.h"
#include "console/fleet/jump.h"
#include "console/fleet/proxy.h"
#include "console/fleet/resolve.h"
#include "console/fleet/ssh_shared.h"
#include "console/fleet/transport.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

/* Times that a connection is tried which is refused, or dropped before the host's SSH banner. */
#define SSH_REFUSED_TRIES 2
#define SSH_DROPPED_TRIES 5
/* When it says that it takes no more just now; the time to connect ends before. */
#define SSH_BUSY_TRIES 20
/* Likewise when the jump host has no channel to spare, or went away. */
#define SSH_SHORTAGE_TRIES 6
#define SSH_JUMP_TRIES	   4
/* Answers that a jump host may ask for at once; times that they may be wrong. */
#define SSH_ANSWERS_MAX	   8
#define SSH_PASSWORD_TRIES 3
/* Ways to authenticate that a jump host may want one after the other, as a key and a code. */
#define SSH_PARTS_MAX 4
/*
 * Wait before the second try; each later one waits twice as long, but not longer than that. Plus
 * as much again at random.
 */
#define SSH_RETRY_MS	 100
#define SSH_RETRY_MAX_MS 800
/* Bytes from the host until the subsystem runs; later, without any of them being for us. */
#define SSH_HANDSHAKE_BYTES_MAX (256u << 10)
#define SSH_NOISE_MAX		(1u << 20)
/* Kept of what the agent's side writes to stderr. */
#define SSH_STDERR_MAX 256
/* Waiting for an exit status after the end of the output. */
#define SSH_EXIT_MS 500
/* Descriptors at and above this one are not understood by libssh. */
#define SSH_FD_MAX 65535

enum ssh_step {
	SSH_RESOLVE,
	SSH_CONNECT,
	SSH_RETRY,
	SSH_HELLO, /* banner and key exchange */
	SSH_HOST_KEY,
	SSH_AUTH,
	SSH_ASK,   /* somebody is asked for a password */
	SSH_AGENT, /* a helper thread has the session */
	SSH_CHANNEL,
	SSH_SUBSYSTEM,
	SSH_OPEN,
	SSH_OVER, /* the peer was told; waits for close */
};

/* What is needed only until the subsystem runs. */
struct ssh_opening {
	struct hostkeys_name name;
	struct addresses addresses;
	union address to;
	struct resolving *resolving;
	struct connecting *connecting;
	unsigned tries;
	struct err trouble; /* why it is tried again, when it is not a dropped connection */
	bool thorough;	    /* second connection, for the type of host key that is known */
	bool looked;	    /* at the first bytes */
	bool garbage;	    /* they are not SSH's: */
	char first[48];

	const struct identity *ids[KEYS_PER_HOST_MAX];
	size_t n_ids, at;
	bool started, signing, agent_tried, none_tried;
	struct agent_auth *agent;

	char *answers[SSH_ANSWERS_MAX];
	size_t n_answers;
	char *said; /* by the server in rounds without a question, heap; or NULL */
	unsigned refusals, rounds, parts;
	bool asking;	   /* the server's questions are being answered */
	bool no_questions; /* it says that it asks, but has none */
	bool keep;	   /* the answer is a password */
};

struct ssh {
	struct transport t;
	struct transport_env *env;
	const struct host_config *host;
	uint16_t port;
	enum ssh_step step;
	struct loop_io io;
	struct loop_timer timer; /* retry, or another round, or the wait for an exit status */
	struct ssh_opening *opening;
	ssh_session session;
	ssh_channel channel;
	struct ssh_channel_callbacks_struct callbacks;
	struct ssh_counter_struct counter;
	uint64_t heard;	 /* counter.in_bytes when bytes for us came last */
	struct buf out;	 /* not yet taken by libssh */
	struct buf said; /* on stderr */
	int exit_status; /* -1: none yet */
	bool busy;	 /* in a callback of the loop: what is freed is freed at its end */
	bool doomed;	 /* closed meanwhile */
	bool handed;	 /* libssh has the descriptor */
	bool got;	 /* bytes came for us */
	bool only_send;	 /* the timer runs for that; epoll tells when there is something to read */
	bool by_agent;	 /* ssh-agent signed */
	bool paused, waiting_for_status, odd_packets;
	struct bridge *bridge; /* through the jump host, or NULL */
	struct proxy *proxy;   /* the ProxyCommand, or NULL */
	unsigned asked;	       /* the question's number, or 0 */
	char **secret;	       /* of a jump host: where its password is kept, or NULL */
	/* For a jump host: called after packets came, instead of the agent's channel. 0 or -1. */
	int (*serve)(struct ssh *s);
	/* Sees each line of libssh's log meanwhile; when `chatty`, those of each packet. */
	bool chatty;
	void (*noted)(struct ssh *s, const char *function, const char *text);
};

/* Who is logged in as. */
const char *ssh_user(const struct ssh *s);
/* Before ssh_connect. 0, or -1 with `err`. */
int ssh_set_options(struct ssh *s, struct err *err);
/* A step returns 1: go on with s->step, 0: wait for the host, -1: over, or closed. */
int ssh_check_host_key(struct ssh *s);
int ssh_authenticate(struct ssh *s);

/*
 * The key that the host of a session has shown: its type, and the key in base64 for
 * ssh_string_free_char. 0 or -ENOMEM.
 */
int ssh_read_host_key(struct ssh *s, const char **ret_type, char **ret_key);

/* Likewise, of the agent's channel. */
int ssh_open_channel(struct ssh *s);
int ssh_ask_subsystem(struct ssh *s);
int ssh_talk(struct ssh *s);
/* From now on the transport is open. */
void ssh_now_open(struct ssh *s);
/* Writes what it takes of s->out. 0, or -1 when it is over. */
int ssh_write_out(struct ssh *s);
/* Over, because the agent's output is at its end. */
int ssh_say_ended(struct ssh *s);
/*
 * Listens to libssh's log for packet sizes that it cannot live with. The settings are the thread's
 * own: on before what reads packets, off behind it.
 */
void ssh_watch_packets(struct ssh *s, bool on);

/* A jump host took it, but wants more: 1, else -1. */
int ssh_part_done(struct ssh *s, bool by_key);
/* When the server wants one; nothing else helped. */
bool ssh_wants_password(const struct ssh *s);
int ssh_try_password(struct ssh *s);
/* `text` NULL: nobody answered. */
void ssh_answered(struct ssh *s, const char *text);
/* Wipes what was typed. */
void ssh_asking_done(struct ssh_opening *o);

/* Begins (again) with the name or the address. 0 or -errno with `err`. */
int ssh_dial(struct ssh *s, struct err *err);
/* Ends whatever ssh_dial began. */
void ssh_dial_stop(struct ssh *s);
/* Tries again later when it may help: 0, or -1 when it would not. */
int ssh_dial_again(struct ssh *s, unsigned max_tries);
/* "10.0.0.1 port 22" */
#define SSH_TO_MAX 256
const char *ssh_to(const struct ssh *s, char out[SSH_TO_MAX]);

/* For ssh_dial: the socket is there; makes the session. -1: over. */
void ssh_connected(struct ssh *s, int fd);
/* Over: the peer is told why, now. Returns -1. */
int ssh_fail(struct ssh *s, enum host_state how, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int ssh_fail_err(struct ssh *s, enum host_state how, const struct err *err);
/* Likewise, because the connection broke, within authentication or later; libssh knows more. */
int ssh_broke_off(struct ssh *s);
int ssh_lost(struct ssh *s);
/* Likewise, because the host offered packets that libssh cannot live with. */
int ssh_odd_packets(struct ssh *s);
/* libssh gave the session up: a packet that cannot be, or the connection is gone. */
bool ssh_broken(const struct ssh *s);
/* Its words about that; an errno that the socket was closed with says nothing: then these. */
#define SSH_WHY_CLOSED "the host closed it"
const char *ssh_why(const struct ssh *s);
/*
 * A session to a jump host: up->opened when it is authenticated, then `serve` until it is over.
 */
struct ssh *ssh_open_jump(struct transport_env *env, const struct host_config *hop,
	const struct transport_up *up, void *arg, int (*serve)(struct ssh *s),
	enum host_state *ret_how, struct err *err);
/* Around what uses the session from outside its own steps. */
void ssh_enter(struct ssh *s);
void ssh_leave(struct ssh *s);

/* Ends the session, keeps the rest. */
void ssh_end_session(struct ssh *s);
/* For when a helper gives the session back: runs the steps as far as they go, or waits for the
 * host. */
void ssh_go_on(struct ssh *s);
void ssh_wait(struct ssh *s);

#endif
