/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store_outcome.h"

#include "common/str.h"
#include "console/store_block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Packed: per host a line, "NAME<TAB>STATE<TAB>ROWS<TAB>MS<TAB>TRUNCATED<TAB>ERROR\n". Names of
 * hosts hold no tabs or newlines; those of an error become blanks.
 */
enum { NAME, STATE, ROWS, MS, TRUNCATED, ERROR, N_FIELDS };

int outcomes_init(struct outcomes *o, size_t n)
{
	*o = (struct outcomes){.of = calloc(n + 1, sizeof(*o->of)), .n = n};
	return o->of ? 0 : -ENOMEM;
}

void outcomes_done(struct outcomes *o)
{
	for (size_t i = 0; o->of && i < o->n; i++) {
		free(o->of[i].name);
		free(o->of[i].error);
	}
	free(o->of);
	*o = (struct outcomes){0};
}

int outcomes_take(struct outcomes *o, host_id host, const struct fleet_end *end)
{
	struct outcome *h = &o->of[host];

	h->state = end->state;
	h->rows = end->rows;
	h->ms = end->ms;
	h->truncated = end->truncated;
	if (!end->error[0])
		return 0;
	free(h->error);
	h->error = strdup(end->error);
	return h->error ? 0 : -ENOMEM;
}

size_t outcomes_answered(const struct outcomes *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++)
		n += o->of[i].state == HOST_ANSWERED;
	return n;
}

static int put_word(struct buf *b, const char *s)
{
	int r = 0;

	for (; r == 0 && *s; s++)
		r = buf_putc(b, *s == '\t' || *s == '\n' ? ' ' : *s);
	return r;
}

static int put_number(struct buf *b, int64_t i)
{
	char text[CELL_NUMBER_MAX];
	int r = buf_putc(b, '\t');

	return r < 0 ? r : buf_add(b, text, cell_int_text(i, text));
}

static int put_outcome(struct buf *b, const char *name, const struct outcome *h)
{
	int r = put_word(b, name);

	if (r == 0)
		r = put_number(b, h->state);
	if (r == 0)
		r = put_number(b, h->rows);
	if (r == 0)
		r = put_number(b, h->ms);
	if (r == 0)
		r = put_number(b, h->truncated);
	if (r == 0)
		r = buf_putc(b, '\t');
	if (r == 0)
		r = put_word(b, h->error ? h->error : "");
	return r < 0 ? r : buf_putc(b, '\n');
}

int outcomes_pack(const struct outcomes *o, const struct host_config *hosts, struct buf *out)
{
	struct buf b;
	int r = 0;

	buf_init(&b, BLOCK_RAW_MAX);
	for (size_t i = 0; r == 0 && i < o->n; i++)
		r = put_outcome(&b, hosts[i].name, &o->of[i]);
	if (r == 0)
		r = block_pack(b.p, b.len, out);
	buf_done(&b);
	return r;
}

static int read_line(struct span line, struct outcome *ret)
{
	struct span field[N_FIELDS];
	uint64_t state, rows, ms;

	for (size_t i = 0; i < N_FIELDS; i++)
		if (!span_split(&line, '\t', &field[i]))
			return -EBADMSG;
	if (parse_span(field[STATE], 10, HOST_UNREACHABLE, &state) < 0 ||
		parse_span(field[ROWS], 10, INT64_MAX, &rows) < 0 ||
		parse_span(field[MS], 10, INT64_MAX, &ms) < 0)
		return -EBADMSG;
	*ret = (struct outcome){.name = span_dup(field[NAME]),
		.error = field[ERROR].n ? span_dup(field[ERROR]) : NULL,
		.state = (enum host_state)state,
		.rows = (int64_t)rows,
		.ms = (int64_t)ms,
		.truncated = span_eq(field[TRUNCATED], "1")};
	return ret->name && (ret->error || field[ERROR].n == 0) ? 0 : -ENOMEM;
}

static int read_lines(struct span rest, struct outcomes *ret)
{
	struct span line;
	size_t cap = 0;
	int r = 0;

	while (r == 0 && span_split(&rest, '\n', &line) && (line.n || rest.p)) {
		r = array_grow(&ret->of, &cap, ret->n + 1, sizeof(*ret->of), OUTCOME_HOSTS_MAX);
		if (r == 0) {
			ret->of[ret->n] = (struct outcome){0};
			r = read_line(line, &ret->of[ret->n++]);
		}
	}
	return r;
}

int outcomes_unpack(const void *p, size_t n, struct outcomes *ret)
{
	struct buf b;
	int r;

	*ret = (struct outcomes){0};
	buf_init(&b, BLOCK_RAW_MAX + 1);
	r = block_unpack(p, n, &b);
	if (r == 0)
		r = read_lines((struct span){buf_str(&b), b.len}, ret);
	buf_done(&b);
	return r;
}
