/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much each user may have written to the audit log by coming, asking and being refused, which
 * cost nothing: nobody is to push out of it what was done. Actions and their outcomes are written
 * whatever their number, and are not counted.
 */
#ifndef AGENTD_DAEMON_RATION_H
#define AGENTD_DAEMON_RATION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct audit_entry;
struct daemon;

/* Users that are kept in mind: the ones who write most. */
#define RATION_USERS_MAX 64
/*
 * Of all the bytes that the log's files may have together: as much at once, and all of them in as
 * many seconds.
 */
#define RATION_SHARE 16
#define RATION_ALL_S (7 * 86400)

struct ration_user {
	uid_t uid;
	bool used;
	int64_t bytes;	 /* left; below 0 after a long line */
	int64_t skipped; /* lines that were not written */
	int64_t at_ms;	 /* when `bytes` was so, on clock_mono_ms */
};

struct ration {
	struct ration_user users[RATION_USERS_MAX];
};

/*
 * May a line of this user's be written now, where the log has `whole` bytes? If not it is counted
 * as skipped. The user's, never NULL: to be charged afterwards.
 */
struct ration_user *ration_of(
	struct ration *r, uid_t uid, int64_t whole, int64_t now_ms, bool *ret_may);
void ration_charge(struct ration_user *u, int64_t bytes);

/* An entry of e->who's, unsynced: written where it may be, and before it how many were not. */
void ration_write(struct daemon *d, const struct audit_entry *e);
/* That lines were left out is written in any case, at the end. */
void ration_end(struct daemon *d);

#endif
