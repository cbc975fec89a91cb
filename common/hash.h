/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes for tables in memory, keyed so that a host cannot choose collisions. */
#ifndef COMMON_HASH_H
#define COMMON_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Another one for each table. */
uint64_t hash_seed(void);
uint64_t hash_bytes(uint64_t seed, const char *p, size_t n);

#endif
