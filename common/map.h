/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Strings to pointers: a hash table (open addressing, keyed hash so that a host cannot choose
 * collisions). Keys are copied; values belong to the caller. Keeps the order of insertion.
 */
#ifndef COMMON_MAP_H
#define COMMON_MAP_H

#include <stddef.h>

struct map;

/* NULL when out of memory. `max`: the most entries it will take. */
struct map *map_new(size_t max);
/* Frees the map; `free_value` (may be NULL) is called for every value. Accepts NULL. */
void map_free(struct map *m, void (*free_value)(void *value));

/* NULL when absent. A NULL map is empty. */
void *map_get(const struct map *m, const char *key);
void *map_get_n(const struct map *m, const char *key, size_t n);
/* 0 when newly put; 1 when it replaced: *ret_old (may be NULL) is then the former value. -ENOMEM,
 * -E2BIG. */
int map_put(struct map *m, const char *key, void *value, void **ret_old);
size_t map_len(const struct map *m);
/* The i-th entry in order of insertion, i < map_len. There is no removal. */
const char *map_key(const struct map *m, size_t i);
void *map_value(const struct map *m, size_t i);

#endif
