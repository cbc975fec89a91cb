/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the database holds of a run: packed here, so that the bytes behind the compression vary. */
#include "console/store_block.h"
#include "console/store_outcome.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void look_at(const struct block *b)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < b->n_rows; i++)
		sum += b->hosts[i];
	for (size_t i = 0; i < b->n_rows * b->n_cols; i++)
		if (cell_has_bytes(&b->cells[i]) && b->cells[i].n > 0)
			sum += (uint64_t)b->cells[i].p[b->cells[i].n - 1];
	if (sum == UINT64_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct block_reader *r;
	struct outcomes o;
	struct block b;
	struct buf packed;

	if (!r)
		r = block_reader_new();
	if (block_read(r, data, n, &b) == 0)
		look_at(&b);
	buf_init(&packed, BLOCK_RAW_MAX);
	if (block_pack(data, n, &packed) == 0) {
		if (block_read(r, packed.p, packed.len, &b) == 0)
			look_at(&b);
		(void)outcomes_unpack(packed.p, packed.len, &o);
		outcomes_done(&o);
	}
	buf_done(&packed);
	return 0;
}
