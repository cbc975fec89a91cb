/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of the engine: what one question is made of, while engine.c, engine_db.c and
 * engine_fail.c work on it.
 */
#ifndef AGENTD_ENGINE_RUN_H
#define AGENTD_ENGINE_RUN_H

#include "agentd/engine.h"
#include "agentd/vtab.h"

#include <sqlite3.h>

/* Bytes of any value or row that SQLite makes on the way to the answer. */
#define ENGINE_VALUE_MAX (8 << 20)
/* Names in messages are cut to this. */
#define ENGINE_NAME_SHOWN 64

struct run {
	const struct engine_query *query; /* without zeros for defaults */
	struct engine_result *result;
	struct err *err;
	struct scan_query scans;
	sqlite3 *db;
	sqlite3_stmt *stmt;
	struct vtab_source *sources; /* one per name of a table */
	size_t n_sources;
	const char *last_read; /* table that the authorizer let through last */
	char denied[128];      /* why the authorizer refused */
	struct cell *cells;
	size_t n_cells;
	uint64_t cut; /* values cut to ENGINE_CELL_MAX */
};

/* Opens r->db: in memory, read-only, bounded, with the functions and the tables. */
int run_open(struct run *r);

/* Each sets r->err and the code of r->result, and returns -errno. */
int run_fail(struct run *r, enum wire_code code, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int run_fail_memory(struct run *r);
/* Cancelled or out of time. */
int run_fail_stopped(struct run *r);
/* SQLite's result code `rc` and its message, or what stands behind it. */
int run_fail_sqlite(struct run *r, int rc);

#endif
