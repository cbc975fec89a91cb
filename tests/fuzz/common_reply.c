/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replies, one after another into the same struct as in the console: the promises of wire.h hold.
 */
#include "common/lines.h"
#include "common/wire.h"

#include <float.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_hello(const struct wire_hello *h)
{
	const char *const all[] = {h->agent, h->name, h->machine_id, h->boot_id, h->os,
		h->os_version, h->kernel, h->arch};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		MUST(all[i] && strlen(all[i]) <= WIRE_REPLY_MAX);
}

static void check_columns(const struct wire_reply *p)
{
	MUST(p->n_columns <= WIRE_COLUMNS_MAX && p->columns);
	for (size_t i = 0; i < p->n_columns; i++) {
		MUST(strlen(p->columns[i].name) <= WIRE_NAME_MAX);
		MUST(strlen(p->columns[i].type) <= WIRE_REPLY_MAX);
	}
}

static void check_done(const struct wire_done *d)
{
	MUST(d->rows >= 0 && d->ms >= 0 && d->ms <= DBL_MAX && d->n_warnings <= WIRE_WARNINGS_MAX);
	for (size_t i = 0; i < d->n_warnings; i++)
		MUST(strlen(d->warnings[i]) <= WIRE_REPLY_MAX);
}

static void check(const struct wire_reply *p)
{
	MUST(p->id >= -1 && p->id <= WIRE_ID_MAX);
	MUST(p->tree || p->op == WIRE_REPLY_ROWS ||
		(p->op == WIRE_REPLY_DONE && !p->done.n_warnings));
	MUST(p->rows.n_cells == p->rows.n_rows * p->rows.n_cols);
	if (p->op == WIRE_REPLY_HELLO)
		check_hello(&p->hello);
	if (p->op == WIRE_REPLY_COLUMNS)
		check_columns(p);
	if (p->op == WIRE_REPLY_DONE)
		check_done(&p->done);
	if (p->op == WIRE_REPLY_OUTCOME)
		MUST(wire_status_name(p->outcome.status) && p->outcome.action && p->outcome.detail);
	if (p->op == WIRE_REPLY_CHUNK)
		MUST(p->chunk.p && p->chunk.n <= WIRE_CHUNK_MAX && p->chunk.offset >= 0);
	if (p->op == WIRE_REPLY_ERROR)
		MUST(p->message && strlen(p->message) <= WIRE_REPLY_MAX && wire_code_name(p->code));
}

/* A blank before it is read by jansson, which must say the same. */
static void check_done_by_tree(const char *line, size_t n, const struct wire_reply *p)
{
	struct wire_reply other = {.id = 0};
	char *copy = malloc(n + 2);
	int r;

	MUST(copy);
	copy[0] = ' ';
	memcpy(copy + 1, line, n + 1);
	r = wire_reply_read(copy, n + 1, &other, NULL);
	MUST(r == 0 && other.tree && other.op == p->op && other.id == p->id);
	MUST(other.done.rows == p->done.rows && other.done.ms == p->done.ms);
	MUST(!other.done.truncated && !other.done.n_warnings);
	wire_reply_done(&other);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wire_reply reply = {.id = 0};
	struct lines lines;
	char *line;
	size_t len;

	lines_init(&lines, WIRE_REPLY_MAX);
	MUST(lines_room(&lines, n, &line) == 0);
	if (n)
		memcpy(line, data, n);
	lines_added(&lines, n);
	while (lines_last(&lines, &line, &len) == 1) {
		struct err err = {.code = 0};
		int r = wire_reply_read(line, len, &reply, &err);

		if (r == 0)
			check(&reply);
		if (r == 0 && reply.op == WIRE_REPLY_DONE && !reply.tree && len < WIRE_REPLY_MAX)
			check_done_by_tree(line, len, &reply);
		if (r < 0)
			MUST(err.code == -r && err.text[0]);
		MUST(r <= 0);
		wire_reply_reset(&reply);
	}
	wire_reply_done(&reply);
	lines_done(&lines);
	return 0;
}
