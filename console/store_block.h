/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows of many hosts as one compressed block: by columns, with each text of a column once, by zstd.
 * What the database holds of a run is such blocks. A block read from disk is not trusted.
 */
#ifndef CONSOLE_STORE_BLOCK_H
#define CONSOLE_STORE_BLOCK_H

#include "common/buf.h"
#include "common/cell.h"
#include "common/err.h"
#include "console/fleet/fleet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A block is full when it holds as many cells or bytes; what one call adds may pass that. */
#define BLOCK_CELLS (128u << 10)
#define BLOCK_BYTES (2u << 20)
/* Bytes of a block without compression, and cells, that are taken from disk. */
#define BLOCK_RAW_MAX	(64u << 20)
#define BLOCK_CELLS_MAX (8u << 20)

/* ---- Writing ---- */

struct block_writer;
/* NULL when out of memory. */
struct block_writer *block_writer_new(void);
void block_writer_free(struct block_writer *w);
/* All rows of one block have as many columns. 0, -ENOMEM or -EMSGSIZE; then the block is spoilt. */
int block_add(struct block_writer *w, host_id host, const struct cell *cells, size_t n_rows,
	size_t n_cols);
size_t block_rows(const struct block_writer *w);
bool block_full(const struct block_writer *w);
/* Appends the block to `out` and starts the next one. `shape`: a number of the caller's. */
int block_finish(struct block_writer *w, uint32_t shape, struct buf *out);
/* Forgets the rows. */
void block_drop(struct block_writer *w);

/* ---- Reading ---- */

struct block {
	uint32_t shape;
	size_t n_rows, n_cols;
	const host_id *hosts;	  /* per row */
	const struct cell *cells; /* n_rows * n_cols, row by row */
};
struct block_reader;
struct block_reader *block_reader_new(void);
void block_reader_free(struct block_reader *r);
/* *ret is valid until the next call. 0, -EBADMSG or -ENOMEM. */
int block_read(struct block_reader *r, const void *p, size_t n, struct block *ret);

/* ---- Anything else that is kept: compressed bytes ---- */

/* Appends. 0, -ENOMEM, -EMSGSIZE. */
int block_pack(const void *p, size_t n, struct buf *out);
int block_unpack(const void *p, size_t n, struct buf *out);

#endif
