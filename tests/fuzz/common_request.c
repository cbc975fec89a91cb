/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests: whatever the line is, what comes out of it keeps the promises of wire.h. */
#include "common/wire.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_query(const struct wire_request *q)
{
	const char *name;
	json_t *v;

	MUST(q->sql && strlen(q->sql) == q->sql_len);
	MUST(q->timeout_ms >= 0 && q->max_rows >= 0);
	if (!q->params)
		return;
	MUST(json_is_object(q->params));
	json_object_foreach (q->params, name, v)
		MUST(!json_is_array(v) && (!json_is_object(v) || json_object_get(v, "b64")));
}

static void check(const struct wire_request *q)
{
	MUST(q->op <= WIRE_OP_GET && wire_op_name(q->op));
	MUST(q->id >= (q->op == WIRE_OP_UNKNOWN ? -1 : 0) && q->id <= WIRE_ID_MAX);
	if (q->op == WIRE_OP_QUERY)
		check_query(q);
	if (q->op == WIRE_OP_CANCEL)
		MUST(q->target >= 0 && q->target <= WIRE_ID_MAX);
	if (q->op == WIRE_OP_ACTION)
		MUST(q->action && q->reason && (!q->args || json_is_object(q->args)));
	if (q->op == WIRE_OP_GET) {
		MUST(q->path && q->path[0] == '/' && strlen(q->path) == q->path_len);
		MUST(q->path_len < PATH_MAX && q->offset >= 0 && q->length >= 0 && q->reason);
	}
}

/* A query written with any text reads back as it was, where the text is UTF-8. */
static void round_trip(const struct wire_request *q)
{
	const struct wire_param param = {q->sql, q->sql};
	struct wire_request again;
	struct buf line;

	buf_init(&line, 16 * WIRE_REQUEST_MAX);
	MUST(wire_put_query(&line, q->id, q->sql, &param, 1, q->timeout_ms, q->max_rows) == 0);
	MUST(memchr(line.p, '\n', line.len) == line.p + line.len - 1);
	if (line.len <= WIRE_REQUEST_MAX) {
		MUST(wire_request_read(line.p, line.len - 1, &again, NULL) == 0);
		MUST(again.op == WIRE_OP_QUERY && again.id == q->id);
		MUST(again.timeout_ms == q->timeout_ms && again.max_rows == q->max_rows);
		MUST(strcmp(again.sql, q->sql) == 0);
		wire_request_done(&again);
	}
	buf_done(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct wire_request q = {.id = 7};
	struct err err = {.code = 0};
	char *line = malloc(n ? n : 1);
	int r;

	MUST(line);
	if (n)
		memcpy(line, data, n);
	r = wire_request_read(line, n, &q, &err);
	if (r == 0) {
		check(&q);
		if (q.op == WIRE_OP_QUERY)
			round_trip(&q);
		wire_request_done(&q);
	} else {
		MUST(r < 0 && err.code == -r && err.text[0]);
		MUST(q.id >= -1 && q.id <= WIRE_ID_MAX);
	}
	free(line);
	return 0;
}
