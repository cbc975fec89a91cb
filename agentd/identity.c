/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/identity.h"

#include "common/clock.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/random.h>

#define FIRST_CAP 256

uint64_t identity_mix(uint64_t h, uint64_t v)
{
	h ^= v;
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 29;
	h *= UINT64_C(0xa0761d6478bd642f);
	return h ^ h >> 32;
}

uint64_t identity_mix_bytes(uint64_t h, const char *p, size_t n)
{
	uint64_t v;

	for (; n >= sizeof(v); p += sizeof(v), n -= sizeof(v)) {
		memcpy(&v, p, sizeof(v));
		h = identity_mix(h, v);
	}
	v = 0;
	memcpy(&v, p, n);
	return identity_mix(h, v);
}

uint64_t identity_key(void)
{
	static _Atomic uint64_t key;
	uint64_t k = atomic_load(&key), old = 0;

	if (k)
		return k;
	if (getrandom(&k, sizeof(k), GRND_NONBLOCK) != sizeof(k))
		k = (uint64_t)clock_real_us();
	k |= 1;
	return atomic_compare_exchange_strong(&key, &old, k) ? k : old;
}

void identities_done(struct identities *i)
{
	sqlite3_free(i->p);
	*i = (struct identities){0};
}

void identities_reset(struct identities *i)
{
	if (i->n)
		memset(i->p, 0, i->cap * sizeof(*i->p));
	i->n = 0;
}

/* The place of this hash, or the free one where it belongs. */
static struct identity *find(const struct identities *i, uint64_t hash)
{
	size_t mask = i->cap - 1, at = hash & mask;

	while (i->p[at].n && i->p[at].hash != hash)
		at = (at + 1) & mask;
	return &i->p[at];
}

static int grow(struct identities *i)
{
	struct identities bigger = {.n = i->n, .cap = i->cap ? i->cap * 2 : FIRST_CAP};

	if (i->n >= IDENTITIES_MAX)
		return -E2BIG;
	bigger.p = sqlite3_malloc64(bigger.cap * sizeof(*bigger.p));
	if (!bigger.p)
		return -ENOMEM;
	memset(bigger.p, 0, bigger.cap * sizeof(*bigger.p));
	for (size_t k = 0; k < i->cap; k++)
		if (i->p[k].n)
			*find(&bigger, i->p[k].hash) = i->p[k];
	sqlite3_free(i->p);
	*i = bigger;
	return 0;
}

int identities_add(struct identities *i, uint64_t hash, int64_t *ret)
{
	struct identity *id;
	int r;

	if (i->n >= i->cap / 2) {
		r = grow(i);
		if (r < 0)
			return r;
	}
	id = find(i, hash);
	i->n += !id->n;
	id->hash = hash;
	*ret = (int64_t)identity_mix(hash, id->n++);
	return 0;
}
