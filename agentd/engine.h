/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One SQL question answered: its own in-memory SQLite connection with the virtual tables, the
 * read-only authorizer, the limits and the SQL functions. Blocking; one thread per query, with
 * SQLDEPTH_STACK bytes of stack (sqldepth.h).
 */
#ifndef AGENTD_ENGINE_H
#define AGENTD_ENGINE_H

#include "common/cell.h"
#include "common/err.h"
#include "common/wire.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct root;
struct table;

/* Bytes of one value in an answer; what is longer is cut and a warning counts it. */
#define ENGINE_CELL_MAX (128u << 10)
/* Where the agent keeps what outlives it, unless it was told otherwise. */
#define ENGINE_STATE_DIR "/var/lib/tocsin"
/* What SQLite may use in this process for all its queries. */
#define ENGINE_MEMORY_MAX (256u << 20)

struct engine_query {
	const struct root *root;
	const char *state_dir; /* of the agent's, within the root; NULL: ENGINE_STATE_DIR */
	const char *sql;
	size_t sql_len;
	const json_t *params; /* object of values to bind, or NULL */
	int64_t timeout_ms;   /* 0: WIRE_TIMEOUT_MS */
	/* How long `row` was blocked by whoever reads the answer: is not counted. May be NULL. */
	const atomic_llong *blocked_ms;
	int64_t max_rows;	/* 0: WIRE_ANSWER_ROWS */
	atomic_bool *cancelled; /* set by another thread; may be NULL */
	bool prepare_only;	/* only find out whether it is a question that can be asked */
	const struct table *const
		*tables;	   /* those that may be asked, NULL-ended; NULL: tables_all */
	const char *const *denied; /* names of the others, for words; NULL-ended or NULL */

	/* Called once before the first row, then per row. Non-zero ends the query with that
	 * (-errno). */
	int (*columns)(void *arg, const struct wire_column *cols, size_t n);
	int (*row)(void *arg, const struct cell *cells, size_t n);
	void *arg;
};

struct engine_result {
	int64_t rows;
	double ms;
	bool truncated;
	enum wire_code code; /* when engine_run failed */
	char **warnings;     /* heap; engine_result_done frees */
	size_t n_warnings;
};

/* Once per process, before any query. */
int engine_init(struct err *err);
/* 0, or -errno with `err` and ret->code. `ret` is to be given to engine_result_done in any case. */
int engine_run(const struct engine_query *q, struct engine_result *ret, struct err *err);
void engine_result_done(struct engine_result *r);

#endif
