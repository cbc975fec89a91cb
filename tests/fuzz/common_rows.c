/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one-pass reader of row lines and jansson agree: what the first takes the second takes, with
 * the same cells; what only the second takes is no rows line. Cells written again read the same.
 */
#include "common/json.h"
#include "common/wire_member.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool same_cell(const struct cell *a, const struct cell *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case CELL_NULL:
		return true;
	case CELL_INT:
		return a->i == b->i;
	case CELL_REAL:
		return memcmp(&a->r, &b->r, sizeof(a->r)) == 0;
	default:
		return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
	}
}

static bool same_rows(const struct wire_rows *a, const struct wire_rows *b)
{
	if (a->n_rows != b->n_rows || a->n_cols != b->n_cols || a->n_cells != b->n_cells)
		return false;
	MUST(a->n_cells == a->n_rows * a->n_cols);
	for (size_t i = 0; i < a->n_cells; i++) {
		if (!same_cell(&a->cells[i], &b->cells[i]))
			return false;
	}
	return true;
}

static bool op_is_rows(const json_t *tree)
{
	const char *op;

	return wire_need_op(tree, &op, NULL) == 0 && wire_reply_of(op) == WIRE_REPLY_ROWS;
}

/* What one side reads, written and read again. */
static void write_again(const struct wire_rows *rows, int64_t id)
{
	struct wire_rows again = {.cells = NULL};
	struct buf line;
	int64_t got;

	buf_init(&line, 16 * WIRE_REPLY_MAX);
	MUST(wire_rows_begin(&line, id) == 0);
	for (size_t i = 0; i < rows->n_rows; i++) {
		MUST(wire_row_begin(&line, i) == 0);
		for (size_t j = 0; j < rows->n_cols; j++)
			MUST(wire_put_cell(&line, j, &rows->cells[i * rows->n_cols + j]) == 0);
		MUST(wire_row_end(&line) == 0);
	}
	MUST(wire_rows_end(&line) == 0);
	if (line.len <= WIRE_REPLY_MAX) {
		MUST(wire_rows_read(line.p, line.len - 1, &got, &again, NULL) == 1);
		MUST(got == id && same_rows(rows, &again));
	}
	wire_rows_free(&again);
	buf_done(&line);
}

static void taken(const uint8_t *data, size_t n, int64_t id, const struct wire_rows *rows)
{
	struct wire_rows want = {.cells = NULL};
	/* Members that stand twice inside of what is skipped are nobody's concern. */
	json_t *tree = json_loadb((const char *)data, n, JSON_ALLOW_NUL, NULL);
	struct buf text;

	buf_init(&text, WIRE_REPLY_MAX);
	MUST(tree && op_is_rows(tree) && wire_id(tree, "id") == id);
	MUST(wire_rows_read_tree(tree, &want, &text, NULL) == 0);
	MUST(same_rows(rows, &want));
	write_again(rows, id);
	wire_rows_free(&want);
	buf_done(&text);
	json_decref(tree);
}

static void not_taken(const uint8_t *data, size_t n, int r)
{
	struct wire_rows rows = {.cells = NULL};
	json_t *tree = json_read_object((const char *)data, n, NULL);
	struct buf text;

	buf_init(&text, WIRE_REPLY_MAX);
	if (tree && op_is_rows(tree))
		MUST(r < 0 && (wire_id(tree, "id") < 0 ||
				      wire_rows_read_tree(tree, &rows, &text, NULL) < 0));
	wire_rows_free(&rows);
	buf_done(&text);
	json_decref(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct wire_rows rows; /* its array is used again, as in the console */
	struct err err = {.code = 0};
	int64_t id = -1;
	char *line;
	int r;

	if (n > WIRE_REPLY_MAX)
		return 0;
	/* Exactly as long as it is: a read behind the end is seen. */
	line = malloc(n ? n : 1);
	MUST(line);
	if (n)
		memcpy(line, data, n);
	r = wire_rows_read(line, n, &id, &rows, &err);
	MUST(r <= 1 && (r >= 0 || (err.code == -r && err.text[0])));
	MUST(r != 0 || n == 0 || memcmp(line, data, n) == 0);
	if (r == 1)
		taken(data, n, id, &rows);
	else
		not_taken(data, n, r);
	free(line);
	return 0;
}
