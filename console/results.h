/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rows of one question from many hosts, in columns, with each text stored once: what a pane
 * shows. Knows nothing of screens.
 *
 * One thread writes. Any thread may read rows below results_rows() meanwhile: what is published
 * never moves and never changes, but for a row's mark (results_mark), which is atomic. Memory goes
 * with results_free only; a row costs 8 bytes a cell and 13 more.
 */
#ifndef CONSOLE_RESULTS_H
#define CONSOLE_RESULTS_H

#include "common/cell.h"
#include "common/str.h"
#include "console/fleet/fleet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESULTS_BLOCK	    65536 /* rows that are allocated together */
#define RESULTS_ROWS_MAX    (256 * RESULTS_BLOCK)
#define RESULTS_COLUMNS_MAX 1024	       /* of all hosts together */
#define RESULTS_TEXTS_MAX   (64u << 20)	       /* different texts */
#define RESULTS_BYTES_MAX   (INT64_C(2) << 30) /* of the different texts */
/* Bytes of one cell; what is longer is cut. */
#define RESULTS_CELL_MAX (1u << 20)

typedef uint32_t row_id;
typedef uint32_t text_id;

/*
 * One cell in 64 bits: kind in the lowest three, the rest a number of 61 bits, or the text_id of
 * bytes or of 8 bytes of a number that does not fit.
 */
typedef uint64_t packed;
enum packed_kind {
	PACKED_NULL,
	PACKED_INT,
	PACKED_TEXT,
	PACKED_BLOB,
	PACKED_LONG, /* an int64_t */
	PACKED_REAL, /* a double */
};
static inline enum packed_kind packed_kind(packed v)
{
	return (enum packed_kind)(v & 7);
}
static inline int64_t packed_int(packed v)
{
	return (int64_t)v >> 3;
}
static inline text_id packed_text(packed v)
{
	return (text_id)(v >> 3);
}

enum row_mark {
	ROW_PLAIN,
	ROW_NEW,  /* came with the last refresh */
	ROW_GONE, /* did not come with the last refresh: shown for a while */
	ROW_DEAD, /* not shown any more */
	ROW_WAS,  /* of a run before, to be compared with: no answer (results_was) */
};

/* How a row differs from those of a run before. */
enum row_change { ROW_SAME, ROW_ADDED, ROW_CHANGED };

struct results;
/* NULL when out of memory. */
struct results *results_new(size_t n_hosts);
void results_free(struct results *r);

/* ---- Writing ---- */

/*
 * The columns of this host's answer (names are copied; a name met before in the same answer gets
 * ":1"). 0, -ENOMEM, -E2BIG.
 */
int results_columns(struct results *r, host_id host, const struct wire_column *cols, size_t n);
/*
 * `n_rows` rows of as many cells as the host's columns. 0; -ENOSPC past one of the bounds, -ENOMEM:
 * then those that did not fit are counted (results_lost) and the rest is there.
 */
int results_add(struct results *r, host_id host, const struct cell *cells, size_t n_rows);

/*
 * The question is put again to all hosts: of each host, rows that come again stay as they are. At
 * the end of its answer (`whole`: it answered completely) what did not come is ROW_GONE, and what
 * was not there before is ROW_NEW; what was gone before is dead from now on. -ENOMEM: nothing is
 * recognised, so do not ask.
 */
int results_refresh(struct results *r);
void results_refreshed(struct results *r, host_id host, bool whole);
/* Rows that are dead: when they outweigh the others, a copy without them is worth its while. */
size_t results_dead(const struct results *r);
/* Without changes, and without rows that were. */
struct results *results_compact(const struct results *r);

/*
 * Beside the answers, while none is on its way: `n_rows` rows of a run before, of the results'
 * columns `columns`, marked ROW_WAS. As results_add.
 */
int results_was(struct results *r, host_id host, const size_t *columns, size_t n,
	const struct cell *cells, size_t n_rows);
void results_set_change(struct results *r, row_id row, enum row_change change);
/* Every row is ROW_SAME; those that were are dead. */
void results_unchange(struct results *r);

/* ---- Reading ---- */

size_t results_rows(const struct results *r);
size_t results_lost(const struct results *r);
size_t results_columns_n(const struct results *r);
const char *results_column_name(const struct results *r, size_t column);
/* The column of that name; RESULTS_NO_COLUMN: there is none. */
#define RESULTS_NO_COLUMN SIZE_MAX
size_t results_column_named(const struct results *r, const char *name);
host_id results_host(const struct results *r, row_id row);
enum row_mark results_mark(const struct results *r, row_id row);
enum row_change results_change(const struct results *r, row_id row);
/* PACKED_NULL also where the row's host has no such column. */
packed results_cell(const struct results *r, row_id row, size_t column);
struct span results_text(const struct results *r, text_id text);
/* Different texts so far: text_ids are below. */
size_t results_texts(const struct results *r);
/* As the host sent it; the bytes are the results'. */
struct cell results_unpack(const struct results *r, packed v);
/* Grows with every change of rows or marks. */
uint64_t results_version(const struct results *r);
/* Bytes of memory taken. */
size_t results_memory(const struct results *r);

#endif
