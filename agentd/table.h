/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a table is, and what its code may call.
 *
 * To add a table: write agentd/tables/NAME.c that ends in `const struct table table_NAME`. The
 * registry, the SQL module, `tocsin-agentd tables`, completion and the man page read it from there.
 *
 * A table answers one scan at a time: open (optional), then step again and again, each emitting
 * the rows of one small unit of work (one process, one directory entry, one line of a file), so
 * that the first row leaves early and nothing is gathered; then close (optional). A scan is used
 * by one thread. Many scans of one table may run at once: no static state.
 */
#ifndef AGENTD_TABLE_H
#define AGENTD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum column_type {
	COL_TEXT,
	COL_INTEGER,
	COL_BIGINT, /* this and the next two: stored as INTEGER is, called what osquery calls it */
	COL_UNSIGNED_BIGINT,
	COL_DATETIME, /* seconds since 1970 */
	COL_DOUBLE,
	COL_BLOB,
};

enum column_flags {
	/* `col = value` (and each value of an IN list or join) is handed to the table, which makes
	 * one look-up of it. */
	COL_INDEX = 1 << 0,
	/* Likewise, but it is an input rather than a key: it changes what is generated. A hidden
	 * input column shows the value that was asked for. */
	COL_ADDITIONAL = 1 << 1,
	/* At least one of the table's required columns must be constrained by =, LIKE or GLOB. */
	COL_REQUIRED = 1 << 2,
	/* Not in `select *`. */
	COL_HIDDEN = 1 << 3,
	/* LIKE and GLOB are handed over as well (paths). */
	COL_LIKE = 1 << 4,
	/* < <= > >= are handed over as well (times, ids). */
	COL_RANGE = 1 << 5,
};

struct column {
	const char *name;
	enum column_type type;
	unsigned flags;
	const char *doc; /* one line: meaning and unit, no full stop */
};
/* An array of columns ends with this. */
#define COL_END                                                                                    \
	{                                                                                          \
	}
/* Columns of one table at most; the set of used ones is one 64-bit word. */
#define TABLE_COLUMNS_MAX 63

struct scan;

struct table {
	const char *name;
	const char *doc; /* one or two sentences */
	const struct column *columns;
	/* Each returns < 0 (-errno) to end the scan with the error set by scan_error, which fails
	 * the query. What merely cannot be read is a warning, not an error. */
	int (*open)(struct scan *s);
	/* 1: call again; 0: that was all. */
	int (*step)(struct scan *s);
	void (*close)(struct scan *s);
	size_t state_size; /* bytes of zeroed memory for scan_state, freed after close */
	const void *spec;  /* for scan_spec: what tells those apart that share their functions */
};

/* All tables, sorted by name, NULL at the end (generated). */
extern const struct table *const tables_all[];
const struct table *table_find(const char *name);
const char *column_type_name(enum column_type type);

/* ---- What was asked ---- */

void *scan_state(struct scan *s);
const void *scan_spec(const struct scan *s);
/*
 * Memory that all scans of one query share, of whatever table: zeroed when first asked for, kept
 * until the query ends, when `free` (may be NULL) is called on it before it goes. `key` is an
 * address that is the asker's own; there are only ever a few. NULL when out of memory.
 */
void *scan_shared(struct scan *s, const void *key, size_t size, void (*free)(void *));
/* Is the column's value used by the statement? When not, do not spend anything on it. */
bool scan_wants(const struct scan *s, unsigned col);

enum scan_op {
	SCAN_EQ,
	SCAN_LIKE, /* SQL pattern: % and _, no escape character */
	SCAN_GLOB, /* * ? [..] */
	SCAN_LT,
	SCAN_LE,
	SCAN_GT,
	SCAN_GE,
};

/*
 * A constraint that the statement puts on a column (its rows are checked by SQLite afterwards in
 * any case). The value stays valid until close.
 */
struct scan_constraint {
	unsigned col;
	enum scan_op op;
	bool is_int; /* the value is, or reads as, an integer */
	int64_t i;
	const char *text; /* never NULL, NUL-terminated */
	size_t text_len;
};
/* The constraints in no particular order; NULL behind the last one. All hold together (AND). */
const struct scan_constraint *scan_constraint(const struct scan *s, size_t i);
/* The first one with this column and operator, or NULL. */
const struct scan_constraint *scan_find(const struct scan *s, unsigned col, enum scan_op op);
/*
 * `col = integer`: true with *ret set. Where the value is no integer *ret_never (may be NULL) is
 * set true, since no row can match.
 */
bool scan_eq_int(const struct scan *s, unsigned col, int64_t *ret, bool *ret_never);
/* `col = text`, or NULL. */
const char *scan_eq_text(const struct scan *s, unsigned col);

/* ---- Rows ---- */

/*
 * row_begin, any of row_*, row_end. A column that is not set is NULL, one set twice keeps the last.
 * Values for columns that are not wanted are dropped. Memory is the engine's: a failure to keep a
 * value is remembered and ends the scan after this step, so that nothing needs checking here.
 */
void row_begin(struct scan *s);
void row_int(struct scan *s, unsigned col, int64_t value);
void row_real(struct scan *s, unsigned col, double value);
void row_text(struct scan *s, unsigned col, const char *value); /* NULL: SQL NULL */
void row_bytes(struct scan *s, unsigned col, const char *p, size_t n);
void row_blob(struct scan *s, unsigned col, const void *p, size_t n);
void row_printf(struct scan *s, unsigned col, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void row_end(struct scan *s);

/* ---- What went wrong ---- */

/*
 * One sentence part for the reader of the answer, e.g. "environ of 12 processes: permission
 * denied"; the table's name is put before it. Same text again is not repeated. At most
 * WIRE_WARNINGS_MAX.
 */
void scan_warn(struct scan *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * Counts a thing that could not be read; when the scan ends each (what, error) becomes one warning
 * "what of N NOUN: error", e.g. scan_skipped(s, "environ", "process", EACCES). `what` and `noun`
 * are static strings. ESRCH and ENOENT of things that vanish are not worth a call.
 */
void scan_skipped(struct scan *s, const char *what, const char *noun, int err);
/* Fails the query with this text; returns -err (positive errno given). */
int scan_error(struct scan *s, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * True once the query is cancelled, out of time or over its memory: return from step soon. For
 * loops that run long without ending a step.
 */
bool scan_stop(struct scan *s);

/* ---- Where the host's files are ---- */

struct root;
/* The host's file system as this query sees it (--root), see agentd/root.h. */
const struct root *scan_root(const struct scan *s);
/* The folder there of the agent's own state (--state-dir), such as the vault. */
const char *scan_state_dir(const struct scan *s);

#endif
