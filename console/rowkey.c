/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/rowkey.h"

#include "common/hash.h"
#include "common/str.h"
#include "common/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX (64u << 10)

void rowkey_done(struct rowkey *k)
{
	free(k->names);
	*k = (struct rowkey){0};
}

bool rowkey_has(const struct rowkey *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (str_eq(k->names[i], name))
			return true;
	return false;
}

int rowkey_add(struct rowkey *k, const char *name)
{
	int r;

	if (rowkey_has(k, name))
		return 0;
	r = array_grow(&k->names, &k->cap, k->n + 1, sizeof(*k->names), NAMES_MAX);
	if (r == 0)
		k->names[k->n++] = name;
	return r;
}

bool rowkey_listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	while (list && *list) {
		size_t word = strcspn(list, " ,");

		if (word == n && memcmp(list, name, n) == 0)
			return true;
		list += word;
		list += strspn(list, " ,");
	}
	return false;
}

size_t *rowkey_places(const struct rowkey *k, char *const *names, size_t n)
{
	size_t *places = calloc(k->n + 1, sizeof(*places));

	for (size_t i = 0; places && i < k->n; i++) {
		places[i] = ROWKEY_NONE;
		for (size_t j = n; j-- > 0;)
			if (str_eq(k->names[i], names[j]))
				places[i] = j;
	}
	return places;
}

static uint64_t add_cell(uint64_t h, const struct cell *c)
{
	uint64_t n = cell_has_bytes(c) ? c->n : 0;

	/* Kind and length first: no value of one kind may be taken for one of another. */
	h = hash_mix(h + ((uint64_t)c->type | n << 8));
	if (cell_has_bytes(c))
		return hash_bytes(h, n ? c->p : "", n);
	return c->type == CELL_NULL ? h : hash_mix(h ^ (uint64_t)c->i);
}

uint64_t rowkey_hash(uint64_t seed, const struct cell *cells, const size_t *places, size_t n)
{
	static const struct cell none = {.type = CELL_NULL};

	/* Seeds that are near each other must give what is not; of 0 hash_mix makes 0. */
	seed = hash_mix(seed + UINT64_C(0x9e3779b97f4a7c15));
	for (size_t i = 0; i < n; i++)
		seed = add_cell(seed, places[i] == ROWKEY_NONE ? &none : &cells[places[i]]);
	return seed;
}

/* ---- Sorting ---- */

/* Rows of one pile, on average; of one that is larger the keys are alike. */
#define PILE	  8
#define PILE_MAX  64
#define PILE_BITS 20

static int by_print(const void *a, const void *b)
{
	const struct rowprint *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static void sort_few(struct rowprint *p, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct rowprint one = p[i];
		size_t at = i;

		for (; at > 0 && by_print(&p[at - 1], &one) > 0; at--)
			p[at] = p[at - 1];
		p[at] = one;
	}
}

/* Piles by the first bits of the keys, which are hashes: nearly all are small. */
int rowprints_sort(struct rowprint *p, size_t n)
{
	struct rowprint *from;
	unsigned bits = 1;
	size_t *end;

	if (n == 0)
		return 0;
	from = malloc(n * sizeof(*from));
	while (bits < PILE_BITS && n >> bits > PILE)
		bits++;
	end = calloc(((size_t)1 << bits) + 1, sizeof(*end));
	if (!from || !end) {
		free(from);
		free(end);
		return -ENOMEM;
	}
	memcpy(from, p, n * sizeof(*p));
	for (size_t i = 0; i < n; i++)
		end[(p[i].key >> (64 - bits)) + 1]++;
	for (size_t i = 0; i < (size_t)1 << bits; i++)
		end[i + 1] += end[i];
	for (size_t i = 0; i < n; i++)
		p[end[from[i].key >> (64 - bits)]++] = from[i];
	for (size_t i = 0, at = 0; i < (size_t)1 << bits; at = end[i++])
		if (end[i] - at > PILE_MAX)
			qsort(p + at, end[i] - at, sizeof(*p), by_print);
		else
			sort_few(p + at, end[i] - at);
	free(from);
	free(end);
	return 0;
}
