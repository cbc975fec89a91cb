/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The frames between the daemon and what it does not trust: session processes and workers. One
 * frame is one packet of a SOCK_SEQPACKET socket: a fixed header, then typed fields in a fixed
 * order, in the machine's own byte order. Nothing here is JSON, and nothing in a frame is believed:
 * a reader gives -EBADMSG for whatever is not exactly one well-formed frame of the type.
 *
 * Texts of a frame that was read point into it; a NUL stands behind each, and none is within.
 */
#ifndef AGENTD_PRIV_H
#define AGENTD_PRIV_H

#include "agentd/action.h"
#include "agentd/policy.h"
#include "common/buf.h"
#include "common/str.h"
#include "common/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes of a frame: the longest SQL text, or the longest outcome, and its fields. */
#define PRIV_FRAME_MAX (WIRE_REQUEST_MAX + (16u << 10))
/* Bytes that a socket must hold so that a frame of that size fits. */
#define PRIV_SOCKET_BYTES (2 * PRIV_FRAME_MAX)
#define PRIV_DENY_MAX	  1024 /* words of a list of denials */
#define PRIV_REFUSAL_MAX  256  /* bytes of words that a session process shows */
#define PRIV_NAME_MAX	  64   /* bytes of the name of an action */
#define PRIV_USER_MAX	  255  /* bytes of the name of a user */

enum priv_type {
	PRIV_HANDOVER = 1, /* session -> worker, looked at by the daemon; with stdin and stdout */
	PRIV_REFUSED,	   /* daemon -> session: no worker for you */
	PRIV_ENDED,	   /* daemon -> session: the worker has ended */
	PRIV_GRANT,	   /* daemon -> worker, the first one */
	PRIV_QUERY,	   /* worker -> daemon: for the audit log; opens a new span of CPU time */
	PRIV_ACTION,	   /* worker -> daemon */
	PRIV_OUTCOME,	   /* daemon -> worker, in answer to ACTION and GET */
	PRIV_GET,	   /* worker -> daemon */
	PRIV_FILE,	   /* daemon -> worker, in answer to GET; with the file */
	PRIV_GOT,	   /* worker -> daemon: what became of it */
	PRIV_CONNECT,	   /* worker -> daemon: a relay is wanted */
	PRIV_CONNECTED,	   /* daemon -> worker; with a descriptor, or an errno */
	PRIV_SUBJECT,	   /* a child of the daemon's -> daemon: who it is, what they may do */
	PRIV_RELAY,	   /* daemon -> relay, the first one */
	PRIV_QUARANTINE,   /* daemon -> worker: it is another one now; number 0 */
};

/* The type and the number of a frame; false when it is too short to have a header. */
bool priv_peek(const char *p, size_t n, enum priv_type *ret_type, uint64_t *ret_number);

/* Bytes of the first frame of several that stand behind each other; 0: it is not all there. */
size_t priv_first(const char *p, size_t n);

struct priv_handover {
	const char *claimed; /* of subject.claimed */
};

struct priv_refused {
	enum wire_code code;
	const char *text;
};

struct priv_ended {
	int32_t status; /* of the worker's exit; -1: it did not end by itself */
	enum wire_code code;
	const char *text; /* then; "" otherwise */
};

/* Who the worker becomes, and what it may be asked. */
struct priv_grant {
	bool privileged; /* with the capabilities that reading needs */
	bool change_uid; /* to `uid` … ; the daemon is not root otherwise */
	uid_t uid;
	gid_t gid;
	gid_t groups[SUBJECT_GROUPS_MAX];
	size_t n_groups;
	uint32_t allow;
	uint32_t timeout_s, memory_mb, cpu_s;
	const char *root, *state_dir;
	const char **deny_tables, **deny_paths; /* NULL-ended; priv_grant_done frees the arrays */
	struct wire_quarantine quarantine;	/* what hello says of it */
};
void priv_grant_done(struct priv_grant *g);

struct priv_quarantine {
	struct wire_quarantine now;
};

struct priv_action {
	const struct action *action; /* never NULL: an unknown one is no frame */
	bool dry_run;
	const char *reason;
	struct action_value values[ACTION_ARGS_MAX];
};

struct priv_outcome {
	enum wire_status status;
	const char *detail;
	const char *before, *after, *undo; /* JSON objects, "" for none */
};

struct priv_get {
	const char *path;
	int64_t offset, length;
	const char *reason;
};

struct priv_file {
	int64_t size, mtime_ns;
	uint32_t mode, uid, gid;
	uint64_t dev, ino;
};

struct priv_got {
	enum wire_status status;
	int64_t bytes;
	const char *sha256; /* hex, "" for none */
	const char *detail;
};

enum priv_relay_kind {
	PRIV_RELAY_HTTP,     /* GET over a unix socket: its path */
	PRIV_RELAY_DBUS,     /* a connection to the system's bus: its path */
	PRIV_RELAY_WEB,	     /* http and https */
	PRIV_RELAY_FILE,     /* a file of /proc that the kernel shows to root only: its path */
	PRIV_RELAY_NETLINK,  /* lists of netfilter, packet by packet */
	PRIV_RELAY_IPTABLES, /* a table of iptables: its name */
	PRIV_RELAY_BPF,	     /* loaded programs from a number on */
	PRIV_RELAY_AUDIT,    /* the lines of the audit log; for those who have the right */
	PRIV_RELAY_KINDS,
};
struct priv_connect {
	enum priv_relay_kind kind;
	const char *arg;
};
struct priv_connected {
	int32_t error; /* positive errno; 0: a descriptor comes with it */
};

struct priv_subject {
	struct subject who;
	uint32_t allow;
	bool as_user;
	const char *role;
	const char **deny_tables, **deny_paths; /* as in priv_grant */
};
void priv_subject_done(struct priv_subject *s);

struct priv_relay {
	enum priv_relay_kind kind;
	bool change_uid, privileged;
	uid_t uid;
	gid_t gid;
	gid_t groups[SUBJECT_GROUPS_MAX];
	size_t n_groups;
	const char *arg;
};

/*
 * Writers replace `b` by the frame: 0, -ENOMEM, or -EMSGSIZE where it would be too long. Readers
 * take the whole packet: 0, -EBADMSG or -ENOMEM.
 */
#define PRIV_FRAME(name)                                                                           \
	int priv_put_##name(struct buf *b, uint64_t number, const struct priv_##name *v);          \
	int priv_read_##name(const char *p, size_t n, struct priv_##name *ret)
PRIV_FRAME(handover);
PRIV_FRAME(refused);
PRIV_FRAME(ended);
PRIV_FRAME(grant);
PRIV_FRAME(quarantine);
PRIV_FRAME(action);
PRIV_FRAME(outcome);
PRIV_FRAME(get);
PRIV_FRAME(file);
PRIV_FRAME(got);
PRIV_FRAME(connect);
PRIV_FRAME(connected);
PRIV_FRAME(subject);
PRIV_FRAME(relay);
#undef PRIV_FRAME
int priv_put_query(struct buf *b, uint64_t number, const char *sql, size_t n);
int priv_read_query(const char *p, size_t n, struct span *ret_sql);

/* ---- Packets ---- */

/* A connected pair, close-on-exec, with room for frames. 0 or -errno. */
int priv_pair(int ret[2]);
/*
 * Sends one packet, with `n_fds` descriptors (at most 2), which stay the caller's. `wait`: until it
 * fits. 0, -EAGAIN or -errno.
 */
int priv_send(int fd, const struct buf *frame, const int *fds, size_t n_fds, bool wait);
/*
 * Receives one packet into `b` without waiting, unless `wait`. *ret_fds: `max_fds` descriptors, -1
 * where there was none; more of them than that, or a packet that did not fit, is -EBADMSG. 1, 0 at
 * the end, -EAGAIN or -errno.
 */
int priv_receive(int fd, struct buf *b, int *ret_fds, size_t max_fds, bool wait);

#endif
