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

static int put(struct buf *b, const struct cell *c)
{
	uint32_t head[2] = {c->type, c->n};
	int r;

	if (!cell_has_bytes(c)) {
		head[1] = 0;
		r = buf_add(b, (const char *)head, sizeof(head));
		return r < 0 || c->type == CELL_NULL
			       ? r
			       : buf_add(b, (const char *)&c->i, sizeof(c->i));
	}
	r = buf_add(b, (const char *)head, sizeof(head));
	return r < 0 || c->n == 0 ? r : buf_add(b, c->p, c->n);
}

int rowkey_hash(uint64_t seed, const struct cell *cells, const size_t *places, size_t n,
	struct buf *scratch, uint64_t *ret)
{
	static const struct cell none = {.type = CELL_NULL};
	int r = 0;

	buf_reset(scratch);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = put(scratch, places[i] == ROWKEY_NONE ? &none : &cells[places[i]]);
	if (r == 0)
		*ret = hash_bytes(seed, buf_str(scratch), scratch->len);
	return r < 0 ? -ENOMEM : 0;
}
