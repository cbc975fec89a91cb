/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit log, <state-dir>/audit.ndjson: one JSON object a line, each with `prev`, the SHA-256 of
 * the line before it (without its newline; 64 zeros for the first one), and `seq`, its number.
 * For the daemon, its one writer; reading is for anybody who may read the file (auditread.h).
 *
 * Besides what is entered the log tells of itself, as events: `continue`, the first line of a file
 * after the one before was put away as audit.ndjson.NNNNNN; `torn`, behind half a line that a crash
 * or a full disk left (`prev` is that half's hash, `whole` that of the last whole line before it);
 * `replaced`, where the file was removed, replaced, cut or written to by somebody else: there the
 * chain is broken.
 *
 * All text is in ASCII, so that nothing in it acts on a terminal.
 */
#ifndef AGENTD_AUDIT_H
#define AGENTD_AUDIT_H

#include "common/err.h"
#include "common/wire.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct audit;
struct conf;
struct subject;

/*
 * Opens or creates it and finds the end of the chain (a half line at its end is told and kept).
 * NULL: no memory. Where it cannot be opened now `err` has a code that is not 0, and audit_write
 * tries again.
 */
struct audit *audit_open(const char *state_dir, const struct conf *conf, struct err *err);
/* Accepts NULL. */
void audit_close(struct audit *a);
/* Takes the limits of a configuration that was read anew. */
void audit_configure(struct audit *a, const struct conf *conf);

enum audit_event {
	AUDIT_START, /* of the daemon */
	AUDIT_STOP,
	AUDIT_CONFIG, /* read anew, or refused */
	AUDIT_SESSION,
	AUDIT_SESSION_END,
	AUDIT_QUERY,
	AUDIT_REQUEST, /* an action is about to be tried */
	AUDIT_OUTCOME,
	AUDIT_REVERT,  /* the daemon lifted a quarantine by itself */
	AUDIT_REPAIR,  /* … or put its rules in force again */
	AUDIT_SKIPPED, /* lines about a user who caused too many */
};

struct audit_entry {
	enum audit_event event;
	const struct subject *who; /* NULL: the daemon itself */
	int64_t session;	   /* number of the session since the daemon's start; 0: none */
	int64_t request;	   /* number that REQUEST and OUTCOME share; 0: none */
	const char *action;	   /* or NULL */
	bool dry_run;
	const char *reason;			    /* or NULL */
	const char *text;			    /* SQL, or words; hostile bytes; or NULL */
	const json_t *args, *before, *after, *undo; /* or NULL */
	const char *status, *detail;		    /* or NULL */
};

const char *audit_event_name(enum audit_event event);

/*
 * Writes one line; `sync`: returns after it is on the disk. 0 or -errno with `err`: then nothing
 * may be done for which the line was to be the evidence. Tries again at the next call.
 */
int audit_write(struct audit *a, const struct audit_entry *e, bool sync, struct err *err);
/* Bytes written since it was opened. */
uint64_t audit_written(const struct audit *a);

#endif
