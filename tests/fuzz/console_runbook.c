/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of a runbook: parsed, and what was kept of it makes sense. */
#include "console/runbook.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct runbook_block *b, unsigned depth)
{
	assert(depth <= RUNBOOK_DEPTH_MAX);
	for (size_t i = 0; i < b->n; i++) {
		const struct runbook_line *l = b->of[i];

		assert(l->n > 0 && l->line > 0 && l->file && l->text);
		assert((l->kind == RUNBOOK_COMMAND) == (l->command != NULL));
		assert(l->condition.value < l->n && l->condition.column < l->n);
		for (size_t j = 1; j < l->n_joins; j++)
			assert(l->joins[j].at >= l->joins[j - 1].at &&
				l->joins[j].line == l->joins[j - 1].line + 1);
		check(&l->body, depth + 1);
		check(&l->otherwise, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct runbook b;
	struct err err = {0};
	int r;

	runbook_init(&b);
	if (runbook_give(&b, "x=a \"b'\n--yes", &err) == 0) {
		r = runbook_parse(&b, "fuzz", (const char *)data, size, &err);
		assert(r <= 0 && (r == 0 || err.text[0]));
		if (r == 0)
			check(&b.block, 0);
	}
	runbook_done(&b);
	/* As SQL typed at the prompt. */
	runbook_init(&b);
	b.shell = b.has_result = true;
	r = runbook_parse_sql(&b, "fuzz", (struct span){(const char *)data, size}, &err);
	assert(r <= 0 && (r < 0 || b.block.n == 1));
	runbook_done(&b);
	return 0;
}
