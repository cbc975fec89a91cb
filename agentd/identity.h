/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers by which rows of live state, which have none, are recognised: a hash of the content,
 * together with how often this content came before in the scan. Equal rows of one scan so stay
 * apart, and meet their equals of another scan.
 */
#ifndef AGENTD_IDENTITY_H
#define AGENTD_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

/* Rows of one scan, equal ones counted once. */
#define IDENTITIES_MAX (1u << 20)

/*
 * What to begin a hash with. It differs from process to process, so that nobody on the host can
 * hide a row behind another one of the same hash.
 */
uint64_t identity_key(void);
uint64_t identity_mix(uint64_t h, uint64_t v);
uint64_t identity_mix_bytes(uint64_t h, const char *p, size_t n);

struct identity {
	uint64_t hash;
	uint64_t n; /* how often; 0 for a free place */
};

/* The rows of one scan. A zeroed struct is empty. */
struct identities {
	struct identity *p; /* open addressing; of SQLite's allocator */
	size_t n, cap;	    /* cap: a power of two, or 0 */
};

void identities_done(struct identities *i);
/* Forgets the rows, keeps the memory. */
void identities_reset(struct identities *i);
/* Counts a row of this hash and gives its number. 0, -ENOMEM, or -E2BIG past IDENTITIES_MAX. */
int identities_add(struct identities *i, uint64_t hash, int64_t *ret);

#endif
