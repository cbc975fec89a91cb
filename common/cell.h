/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One value of one row, as SQLite and the wire know it. */
#ifndef COMMON_CELL_H
#define COMMON_CELL_H

#include "common/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum cell_type {
	CELL_NULL,
	CELL_INT,
	CELL_REAL,
	CELL_TEXT, /* valid UTF-8; may hold NULs and any control character */
	CELL_BLOB, /* bytes: a blob, or text that is not valid UTF-8 */
	CELL_JSON, /* a JSON value as text, of this program's own making: no cell of a host is */
};

struct cell {
	enum cell_type type;
	uint32_t n; /* bytes, for text and blob */
	union {
		int64_t i;
		double r;
		const char *p; /* not NUL-terminated; belongs to whoever made the cell */
	};
};

static inline bool cell_has_bytes(const struct cell *c)
{
	return c->type >= CELL_TEXT;
}

/* Longest text cell_real_text and cell_int_text make, NUL included. */
#define CELL_NUMBER_MAX 32
/*
 * The shortest text that reads back as the same number and is not taken for an integer: 0.1, 1.0,
 * 1e+300. Infinities give Inf and -Inf, no number NaN. Returns its length.
 */
size_t cell_real_text(double r, char out[CELL_NUMBER_MAX]);
size_t cell_int_text(int64_t i, char out[CELL_NUMBER_MAX]);

/* Order of SQLite: null, numbers by value, text by bytes, blobs by bytes. <0, 0, >0. */
int cell_compare(const struct cell *a, const struct cell *b);

#endif
