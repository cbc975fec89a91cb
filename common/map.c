/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/map.h"

#include "common/hash.h"
#include "common/str.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	char *key;
	size_t key_len;
	void *value;
	uint64_t hash;
};

struct map {
	struct entry *entries; /* in order of insertion */
	size_t n, cap, max;
	uint32_t *slots; /* index of the entry plus one; 0: free. At most half full */
	size_t n_slots;	 /* a power of two */
	uint64_t seed;
};

struct map *map_new(size_t max)
{
	struct map *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->max = max < UINT32_MAX / 4 ? max : UINT32_MAX / 4;
	m->seed = hash_seed();
	return m;
}

void map_free(struct map *m, void (*free_value)(void *value))
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++) {
		free(m->entries[i].key);
		if (free_value)
			free_value(m->entries[i].value);
	}
	free(m->entries);
	free(m->slots);
	free(m);
}

static uint64_t hash(const struct map *m, const char *key, size_t n)
{
	return hash_bytes(m->seed, key, n);
}

/* The slot where the key is, or the free one where it would go. n_slots > 0. */
static size_t find_slot(const struct map *m, const char *key, size_t n, uint64_t h)
{
	size_t mask = m->n_slots - 1, i = h & mask;

	for (; m->slots[i]; i = (i + 1) & mask) {
		const struct entry *e = &m->entries[m->slots[i] - 1];

		if (e->hash == h && e->key_len == n && memcmp(e->key, key, n) == 0)
			break;
	}
	return i;
}

void *map_get_n(const struct map *m, const char *key, size_t n)
{
	size_t i;

	if (!m || !m->n)
		return NULL;
	i = find_slot(m, key, n, hash(m, key, n));
	return m->slots[i] ? m->entries[m->slots[i] - 1].value : NULL;
}

void *map_get(const struct map *m, const char *key)
{
	return map_get_n(m, key, strlen(key));
}

static int grow_slots(struct map *m)
{
	size_t n = m->n_slots ? m->n_slots * 2 : 16;
	uint32_t *slots;

	if (m->n * 2 < m->n_slots)
		return 0;
	slots = calloc(n, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < m->n; i++) {
		size_t at = m->entries[i].hash & (n - 1);

		while (slots[at])
			at = (at + 1) & (n - 1);
		slots[at] = (uint32_t)i + 1;
	}
	free(m->slots);
	m->slots = slots;
	m->n_slots = n;
	return 0;
}

int map_put(struct map *m, const char *key, void *value, void **ret_old)
{
	size_t n = strlen(key), slot;
	uint64_t h = hash(m, key, n);
	struct entry *e;
	char *copy;
	int r;

	if (m->n && m->slots[slot = find_slot(m, key, n, h)]) {
		e = &m->entries[m->slots[slot] - 1];
		if (ret_old)
			*ret_old = e->value;
		e->value = value;
		return 1;
	}
	r = array_grow(&m->entries, &m->cap, m->n + 1, sizeof(*m->entries), m->max);
	if (r == 0)
		r = grow_slots(m);
	if (r < 0)
		return r;
	copy = span_dup((struct span){key, n});
	if (!copy)
		return -ENOMEM;
	m->slots[find_slot(m, key, n, h)] = (uint32_t)m->n + 1;
	m->entries[m->n++] = (struct entry){copy, n, value, h};
	return 0;
}

size_t map_len(const struct map *m)
{
	return m ? m->n : 0;
}

const char *map_key(const struct map *m, size_t i)
{
	return m->entries[i].key;
}

void *map_value(const struct map *m, size_t i)
{
	return m->entries[i].value;
}
