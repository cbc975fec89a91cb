/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that are compared across runs: by some of their columns, whatever order those come in. */
#ifndef CONSOLE_ROWKEY_H
#define CONSOLE_ROWKEY_H

#include "common/cell.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed: none. Names point to where they were taken from. */
struct rowkey {
	const char **names;
	size_t n, cap;
};
void rowkey_done(struct rowkey *k);
bool rowkey_has(const struct rowkey *k, const char *name);
/* Adds it where it is not there yet. 0 or -ENOMEM. */
int rowkey_add(struct rowkey *k, const char *name);
/* Is `name` one of the words of `list`, between blanks or commas? `list` may be NULL. */
bool rowkey_listed(const char *list, const char *name);

/*
 * Where the columns of `k` stand among `names`: k->n numbers, ROWKEY_NONE for one that is missing.
 * Heap; NULL: no memory.
 */
#define ROWKEY_NONE SIZE_MAX
size_t *rowkey_places(const struct rowkey *k, char *const *names, size_t n);
/*
 * Of the cells at these places; what is missing counts as NULL. The same for rows that say the
 * same, under the same seed.
 */
uint64_t rowkey_hash(uint64_t seed, const struct cell *cells, const size_t *places, size_t n);

/* A row as two such numbers: of the columns that name it, and of those that are compared. */
struct rowprint {
	uint64_t key, value;
	uint32_t row; /* the caller's number */
};
/* By all three; takes as much memory again while it does. 0 or -ENOMEM. */
int rowprints_sort(struct rowprint *p, size_t n);

#endif
