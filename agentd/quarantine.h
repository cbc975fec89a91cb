/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A host cut off from the network but for those who cut it off: what is in force, kept in
 * <state-dir>/quarantine.json. The file comes before the rules: it is written before they are
 * applied, and says so before they are lifted, so that whoever finds the two to differ
 * (quarantine_watch.h) follows the file.
 *
 * Times are of CLOCK_BOOTTIME, which nobody sets; those of the wall clock beside them are for
 * people, and bound what is left after a reboot.
 */
#ifndef AGENTD_QUARANTINE_H
#define AGENTD_QUARANTINE_H

#include "agentd/conf.h"
#include "agentd/netaddr.h"
#include "agentd/policy.h"
#include "common/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUARANTINE_FILE	  "quarantine.json"
#define QUARANTINE_ID_MAX 16
/* The operator's own address and those of the configuration. */
#define QUARANTINE_SSH_MAX (CONF_LIST_MAX + 1)
#define QUARANTINE_DNS_MAX 8
/* Connections of the operator's that were there before. */
#define QUARANTINE_OLD_MAX 256
/* The port of ssh where no connection tells it. */
#define QUARANTINE_SSH_PORT 22
/* Seconds: how long one may be asked for. */
#define QUARANTINE_FOR_MIN 1
#define QUARANTINE_FOR_MAX (366 * 86400)

/* Who may still talk to this host. */
struct quarantine_open {
	struct netaddr ssh[QUARANTINE_SSH_MAX]; /* with the port here that they may talk to */
	size_t n_ssh;
	struct netaddr dns[QUARANTINE_DNS_MAX]; /* servers that may be asked */
	size_t n_dns;
};

struct quarantine {
	char id[QUARANTINE_ID_MAX + 1]; /* hex */
	char by[256];			/* user; any bytes */
	char address[64];		/* from where, "" where that is not known */
	char boot_id[40];
	bool confirmed;
	bool lifting;		      /* its rules are about to go */
	int64_t since, until;	      /* seconds since 1970; until 0: until it is released */
	int64_t confirm_until;	      /* likewise */
	int64_t since_ms;	      /* boot time; so are the next two */
	int64_t until_ms, confirm_ms; /* until_ms 0: none */
	int64_t confirm_s, for_s;     /* what was asked for */
	struct quarantine_open open;
	/* Connections of before: from none of these can it be confirmed. Address and port there. */
	struct netaddr old[QUARANTINE_OLD_MAX];
	size_t n_old;
	int64_t asked_pid;
};

/*
 * Exclusive right to change what is in force, over all processes. `wait_ms` 0: -EWOULDBLOCK where
 * somebody else has it. A descriptor to close, or -errno.
 */
int quarantine_lock(const char *state_dir, int wait_ms, struct err *err);
/*
 * How many there have been on this host, kept in the locked file: a plan is for the next one only,
 * so that a request that is repeated later does nothing. 0 where it cannot be read.
 */
uint64_t quarantine_count(int lock);
int quarantine_count_one(int lock, struct err *err);

/* 1; 0: there is none; -errno with `err`, -EBADMSG for a file that cannot be read. */
int quarantine_load(const char *state_dir, struct quarantine *ret, struct err *err);
/* On disk when it returns. 0 or -errno with `err`. */
int quarantine_store(const char *state_dir, const struct quarantine *q, struct err *err);
/* 0 also where there is none. */
int quarantine_forget(const char *state_dir, struct err *err);
/* The text of the file and back; for tests. */
int quarantine_parse(const char *p, size_t n, struct quarantine *ret, struct err *err);

/*
 * After a reboot boot time begins anew: what is left is told by the wall clock, but is never more
 * than what was asked for. True where `q` changed.
 */
bool quarantine_rebase(struct quarantine *q);
/* The end as things stand, in boot time; 0: none. */
int64_t quarantine_ends_ms(const struct quarantine *q);
/* Whose it is as the wire shows it (json_bytes_new): any bytes. NULL: no memory. */
json_t *quarantine_by_json(const struct quarantine *q);
/* Words for `detail`: "until 2026-…", or "". */
const char *quarantine_until_text(const struct quarantine *q, char *out, size_t size);

/*
 * Fills in from where this host stays open, for the session of `who`. -ENOTCONN where nobody could
 * come back; -ESRCH where its connection cannot be found. `err` has the words.
 */
int quarantine_open_for(const struct subject *who, const struct conf *conf,
	struct quarantine_open *ret, struct err *err);
/* Notes the connections to those ports that there are. */
int quarantine_note_old(struct quarantine *q, struct err *err);
/* Did this session come over a connection made since? */
bool quarantine_is_new(const struct quarantine *q, const struct subject *who);

#endif
