/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/hash.h"

#include <string.h>
#include <sys/random.h>

uint64_t hash_seed(void)
{
	uint64_t seed;

	/* Without randomness a table still works; it is only predictable. */
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (uintptr_t)&seed;
	return seed;
}

/* Keyed by the seed, a word at a time. */
uint64_t hash_bytes(uint64_t seed, const char *p, size_t n)
{
	uint64_t h = seed ^ n, word;

	for (; n >= sizeof(word); p += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = hash_mix(h ^ word) + seed;
	}
	word = 0;
	if (n)
		memcpy(&word, p, n);
	return hash_mix(h ^ word);
}
