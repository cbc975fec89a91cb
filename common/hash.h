/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes for tables in memory, keyed so that a host cannot choose collisions. */
#ifndef COMMON_HASH_H
#define COMMON_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Another one for each table. */
uint64_t hash_seed(void);
uint64_t hash_bytes(uint64_t seed, const char *p, size_t n);
/* All bits of `h` in all bits: of a hash so far, xor a number, what comes next. */
static inline uint64_t hash_mix(uint64_t h)
{
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	h ^= h >> 29;
	h *= 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

#endif
