/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rpm's databases that are not SQLite's: the hash of Berkeley DB (RHEL 5 to 8, SLES 12) and ndb
 * (SUSE since 15 SP3). Only the packages' headers are read, from the first to the last: there are
 * no look-ups. No number in the file is believed; no lock is taken, so that what rpm writes
 * meanwhile may be there or not.
 */
#ifndef AGENTD_RPMOLD_H
#define AGENTD_RPMOLD_H

#include "common/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a page. */
#define RPMOLD_PAGE_MAX (64u << 10)

struct rpmold {
	int fd; /* the caller's */
	int (*next)(struct rpmold *d);
	struct buf header; /* of the package at hand */
	size_t broken;	   /* packages and pages that make no sense */

	unsigned char *page;   /* heap, RPMOLD_PAGE_MAX bytes; the one at hand */
	uint32_t number, last; /* of pages: the next one, the last one */
	size_t entry, entries; /* of the page at hand: the next one, how many */
	/* Berkeley DB. */
	unsigned char *overflow; /* heap, likewise: where long values go on */
	size_t page_size;
	bool swapped; /* the file has the other order of bytes */
};

/* 0, -EBADMSG when it is neither, -errno. rpmold_done may be called in any case. */
int rpmold_open(struct rpmold *d, int fd, size_t header_max);
/* Accepts a zeroed struct. */
void rpmold_done(struct rpmold *d);
/*
 * 1 with the next package's header, valid until the next call; 0 at the end; -EAGAIN: much was
 * looked at without one, call again; -errno.
 */
int rpmold_next(struct rpmold *d, const void **ret_header, size_t *ret_n);

#endif
