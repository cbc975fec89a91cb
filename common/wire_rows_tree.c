/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Row lines from jansson's tree: the slow reader that the fast one is held against. */
#include "common/wire.h"

#include "common/base64.h"
#include "common/str.h"

#include <string.h>

static int not_plain(struct err *err)
{
	return err_set(err, EPROTO, "a cell is neither a plain value nor {\"b64\":\"…\"}");
}

/* `text` has room already, so that earlier cells stay where they are. */
static int read_bytes(const json_t *v, struct cell *c, struct buf *text, struct err *err)
{
	const json_t *b64 = json_object_get(v, "b64");
	char *to = text->p + text->len;
	ssize_t got;

	if (!json_is_string(b64) || json_object_size(v) != 1)
		return not_plain(err);
	got = base64_decode(to, json_string_value(b64), json_string_length(b64));
	if (got < 0)
		return err_set(err, EPROTO, "a cell's `b64` is not base64");
	buf_added(text, (size_t)got);
	*c = (struct cell){.type = CELL_BLOB, .n = (uint32_t)got, .p = to};
	return 0;
}

static int read_cell(const json_t *v, struct cell *c, struct buf *text, struct err *err)
{
	switch (json_typeof(v)) {
	case JSON_NULL:
		*c = (struct cell){.type = CELL_NULL};
		return 0;
	case JSON_INTEGER:
		*c = (struct cell){.type = CELL_INT, .i = json_integer_value(v)};
		return 0;
	case JSON_REAL:
		*c = (struct cell){.type = CELL_REAL, .r = json_real_value(v)};
		return 0;
	case JSON_STRING:
		*c = (struct cell){.type = CELL_TEXT,
			.n = (uint32_t)json_string_length(v),
			.p = json_string_value(v)};
		return 0;
	case JSON_OBJECT:
		return read_bytes(v, c, text, err);
	default:
		return not_plain(err);
	}
}

static int read_row(const json_t *row, struct wire_rows *ret, struct buf *text, struct err *err)
{
	size_t n = json_array_size(row), i;
	const json_t *v;
	int r;

	if (!json_is_array(row))
		return err_set(err, EPROTO, "a row is not an array");
	if (n == 0)
		return err_set(err, EPROTO, "a row without cells");
	if (n > WIRE_COLUMNS_MAX || (ret->n_rows && n > ret->n_cols))
		return err_set(err, EPROTO, "a row with too many cells");
	if (ret->n_rows && n < ret->n_cols)
		return err_set(err, EPROTO, "a row with too few cells");
	if (array_grow(&ret->cells, &ret->cap, ret->n_cells + n, sizeof(*ret->cells),
		    WIRE_REPLY_MAX) < 0)
		return err_set(err, ENOMEM, "out of memory");
	json_array_foreach (row, i, v) {
		r = read_cell(v, &ret->cells[ret->n_cells + i], text, err);
		if (r < 0)
			return r;
	}
	ret->n_cols = n;
	ret->n_rows++;
	ret->n_cells += n;
	return 0;
}

/* Bytes of all base64 in the rows. */
static size_t base64_size(const json_t *rows)
{
	size_t sum = 0, i, j;
	const json_t *row, *v;

	json_array_foreach (rows, i, row) {
		json_array_foreach (row, j, v)
			sum += json_string_length(json_object_get(v, "b64"));
	}
	return sum;
}

int wire_rows_read_tree(
	const json_t *tree, struct wire_rows *ret, struct buf *text, struct err *err)
{
	const json_t *rows = json_object_get(tree, "rows"), *row;
	size_t i;
	int r;

	ret->n_rows = ret->n_cols = ret->n_cells = 0;
	if (!rows)
		return err_set(err, EPROTO, "`rows` is missing");
	if (!json_is_array(rows))
		return err_set(err, EPROTO, "`rows` is not an array");
	buf_reset(text);
	r = buf_room(text, base64_size(rows));
	if (r < 0)
		return err_set(err, -r, "out of memory");
	json_array_foreach (rows, i, row) {
		r = read_row(row, ret, text, err);
		if (r < 0) {
			ret->n_rows = ret->n_cols = ret->n_cells = 0;
			return r;
		}
	}
	return 0;
}
