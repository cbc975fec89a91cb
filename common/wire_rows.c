/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Row lines in one pass (json_reader.h): cells point into the line. Every read_* takes the place
 * where its thing begins and returns the place behind it, or NULL after json_fail().
 */
#include "common/wire.h"

#include "common/base64.h"
#include "common/json_reader.h"
#include "common/str.h"

#include <stdlib.h>
#include <string.h>

/* ---- Rows ---- */

static const char not_plain[] = "a cell is neither a plain value nor {\"b64\":\"…\"}";

/* {"b64":"…"} */
static char *read_bytes(struct json_reader *r, char *p, struct cell *c)
{
	char *from = p, *name, *text;
	size_t n;
	ssize_t got;

	p = json_space(r, p + 1);
	if (p < r->end && *p == '}')
		return json_fail(r, from, EPROTO, not_plain);
	p = json_read_name(r, p, &name, &n);
	if (!p)
		return NULL;
	if (n != 3 || memcmp(name, "b64", 3) != 0 || p == r->end || *p != '"')
		return json_fail(r, from, EPROTO, not_plain);
	p = json_read_string(r, p + 1, &text, &n);
	if (!p)
		return NULL;
	got = base64_decode(text, text, n);
	if (got < 0)
		return json_fail(r, from, EPROTO, "a cell's `b64` is not base64");
	*c = (struct cell){.type = CELL_BLOB, .n = (uint32_t)got, .p = text};
	p = json_space(r, p);
	if (p < r->end && *p == ',')
		return json_fail(r, from, EPROTO, not_plain);
	return p < r->end && *p == '}' ? p + 1 : json_malformed(r, p);
}

static inline char *read_cell(struct json_reader *r, char *p, struct cell *c)
{
	char *text;
	size_t n;

	if (unlikely(p == r->end))
		return json_malformed(r, p);
	if (*p == '"') {
		p = json_read_string(r, p + 1, &text, &n);
		c->type = CELL_TEXT;
		c->n = (uint32_t)n;
		c->p = text;
		return p;
	}
	if (likely(json_is_digit(*p) || *p == '-'))
		return json_read_number(r, p, c);
	if (*p == 'n') {
		c->type = CELL_NULL;
		return json_read_word(r, p, "null");
	}
	if (*p == '{')
		return read_bytes(r, p, c);
	if (*p == 't' || *p == 'f' || *p == '[')
		return json_fail(r, p, EPROTO, not_plain);
	return json_malformed(r, p);
}

/* The next cell's place in the array, or NULL. */
static inline struct cell *new_cell(struct json_reader *r, char *p, struct wire_rows *rows)
{
	if (unlikely(rows->n_cells == rows->cap) &&
		array_grow(&rows->cells, &rows->cap, rows->n_cells + 1, sizeof(*rows->cells),
			WIRE_REPLY_MAX) < 0) {
		json_fail(r, p, ENOMEM, "out of memory");
		return NULL;
	}
	return &rows->cells[rows->n_cells++];
}

/* `p` stands behind the row's bracket. */
static char *read_row(struct json_reader *r, char *p, struct wire_rows *rows)
{
	size_t left = rows->n_rows ? rows->n_cols : WIRE_COLUMNS_MAX, max = left;
	char *from = p;

	p = json_space(r, p);
	if (p < r->end && *p == ']')
		return json_fail(r, p, EPROTO, "a row without cells");
	for (;; left--) {
		struct cell *c;

		if (unlikely(left == 0))
			return json_fail(r, from, EPROTO, "a row with too many cells");
		c = new_cell(r, p, rows);
		p = c ? read_cell(r, p, c) : NULL;
		if (unlikely(!p))
			return NULL;
		p = json_space(r, p);
		if (unlikely(p == r->end || *p != ','))
			break;
		p = json_space(r, p + 1);
	}
	if (unlikely(p == r->end || *p != ']'))
		return json_malformed(r, p);
	if (rows->n_rows++ == 0)
		rows->n_cols = max - left + 1;
	else if (unlikely(left != 1))
		return json_fail(r, from, EPROTO, "a row with too few cells");
	return p + 1;
}

static char *read_rows(struct json_reader *r, char *p, struct wire_rows *rows)
{
	if (p == r->end || *p != '[')
		return json_fail(r, p, EPROTO, "`rows` is not an array");
	p = json_space(r, p + 1);
	if (p < r->end && *p == ']')
		return p + 1;
	for (;;) {
		if (unlikely(p == r->end || *p != '['))
			return json_fail(r, p, EPROTO, "a row is not an array");
		p = read_row(r, p + 1, rows);
		if (unlikely(!p))
			return NULL;
		p = json_space(r, p);
		if (p < r->end && *p == ']')
			return p + 1;
		p = json_expect(r, p, ',');
		if (unlikely(!p))
			return NULL;
	}
}

/* ---- The line ---- */

struct members {
	bool op, id, rows; /* seen */
	int64_t id_value;
	struct wire_rows *into;
};

static char *read_id(struct json_reader *r, char *p, int64_t *ret)
{
	struct cell c = {.type = CELL_NULL};
	char *from = p;

	if (p == r->end || (!json_is_digit(*p) && *p != '-'))
		return json_fail(r, p, EPROTO, "`id` is not an integer from 0 to 2^53");
	p = json_read_number(r, p, &c);
	if (p && (c.type != CELL_INT || c.i < 0 || c.i > WIRE_ID_MAX))
		return json_fail(r, from, EPROTO, "`id` is not an integer from 0 to 2^53");
	*ret = c.i;
	return p;
}

static char *read_member(struct json_reader *r, char *p, struct members *m)
{
	bool twice = false;
	char *name, *from = p;
	size_t n;

	p = json_read_name(r, p, &name, &n);
	if (!p)
		return NULL;
	if (n == 2 && memcmp(name, "op", 2) == 0) {
		twice = m->op;
		m->op = true;
		p = json_skip_value(r, p, 1);
	} else if (n == 2 && memcmp(name, "id", 2) == 0) {
		twice = m->id;
		m->id = true;
		p = read_id(r, p, &m->id_value);
	} else if (n == 4 && memcmp(name, "rows", 4) == 0) {
		twice = m->rows;
		m->rows = true;
		p = twice ? p : read_rows(r, p, m->into);
	} else {
		p = json_skip_value(r, p, 1);
	}
	return twice ? json_fail(r, from, EBADMSG, "a member stands twice") : p;
}

static char *read_line(struct json_reader *r, struct members *m)
{
	char *p = json_expect(r, r->start, '{');

	while (p) {
		p = read_member(r, p, m);
		if (!p)
			return NULL;
		p = json_space(r, p);
		if (p < r->end && *p == '}')
			break;
		p = json_expect(r, p, ',');
	}
	if (!p)
		return NULL;
	p = json_space(r, p + 1);
	if (p < r->end)
		return json_fail(r, p, EBADMSG, "something follows its end");
	if (!m->id)
		return json_fail(r, p, EPROTO, "`id` is missing");
	return m->rows ? p : json_fail(r, p, EPROTO, "`rows` is missing");
}

/* Is the string at `p`, of which only \u can hide a letter, this word? `p` is behind the quote. */
static bool string_is(const char *p, const char *end, const char *word)
{
	for (; *word; word++) {
		if (p < end && *p == *word)
			p++;
		else if (json_hex_escape(p, end) == *word)
			p += 6;
		else
			return false;
	}
	return p < end && *p == '"';
}

/* Passes over one value without looking closely. */
static const char *pass_value(const char *p, const char *end)
{
	size_t depth = 0;

	while (p < end) {
		char c = *p;

		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			break;
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		p = c == '"' ? json_string_end(p + 1, end) : p + 1;
	}
	return p;
}

static const char *pass_space(const char *p, const char *end)
{
	while (p < end && json_is_space(*p))
		p++;
	return p;
}

/* Is the first `op` of this object "rows"? Changes nothing; of a malformed one either may be said.
 */
static bool is_rows(const char *p, const char *end)
{
	static const char usual[] = "{\"op\":\"rows\",";

	if ((size_t)(end - p) > sizeof(usual) && memcmp(p, usual, sizeof(usual) - 1) == 0)
		return true;
	p = pass_space(p, end);
	if (p == end || *p != '{')
		return false;
	while (p < end && (*p == '{' || *p == ',')) {
		bool op;

		p = pass_space(p + 1, end);
		if (p == end || *p != '"')
			return false;
		op = string_is(p + 1, end, "op");
		p = pass_space(json_string_end(p + 1, end), end);
		if (p == end || *p != ':')
			return false;
		p = pass_space(p + 1, end);
		if (op)
			return p < end && *p == '"' && string_is(p + 1, end, "rows");
		p = pass_value(p, end);
	}
	return false;
}

int wire_rows_read(char *p, size_t n, int64_t *ret_id, struct wire_rows *ret, struct err *err)
{
	struct json_reader r = {.start = p, .end = p + n};
	struct members m = {.into = ret};

	if (n > WIRE_REPLY_MAX)
		return err_set(err, EMSGSIZE, "longer than %u bytes", WIRE_REPLY_MAX);
	if (!is_rows(p, p + n))
		return 0;
	ret->n_rows = ret->n_cols = ret->n_cells = 0;
	if (read_line(&r, &m)) {
		*ret_id = m.id_value;
		return 1;
	}
	ret->n_rows = ret->n_cols = ret->n_cells = 0;
	return err_set(err, r.code, "%s%s, near byte %zu", r.code == EBADMSG ? "not JSON: " : "",
		r.why, (size_t)(r.at - r.start));
}

void wire_rows_free(struct wire_rows *r)
{
	if (!r)
		return;
	free(r->cells);
	*r = (struct wire_rows){.cells = NULL};
}
