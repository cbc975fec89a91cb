/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The messages between console and agent, tocsin-wire(7): one JSON object per line. Both
 * directions stand here, so that what one side writes the other side's tests read.
 *
 * Encoders append one line, newline included, and return as buf_add does. Decoders trust nothing:
 * -EBADMSG, -EMLINK, -EPROTO, -EMSGSIZE or -ENOMEM with words in `err`.
 */
#ifndef COMMON_WIRE_H
#define COMMON_WIRE_H

#include "common/buf.h"
#include "common/cell.h"
#include "common/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_PROTOCOL	  1
#define WIRE_SUBSYSTEM	  "tocsin"
#define WIRE_REQUEST_MAX  (256u << 10) /* bytes of a request line, without its newline */
#define WIRE_REPLY_MAX	  (1u << 20)   /* bytes of a reply line */
#define WIRE_ROWS_MAX	  (64u << 10)  /* bytes of a rows line where one row allows it */
#define WIRE_COLUMNS_MAX  512	       /* columns of one answer */
#define WIRE_NAME_MAX	  256	       /* bytes of a column's name */
#define WIRE_ANSWER_ROWS  100000       /* rows of one answer unless asked otherwise */
#define WIRE_ANSWER_BYTES (64u << 20)  /* bytes of the rows lines of one answer */
#define WIRE_TIMEOUT_MS	  30000	       /* of a query unless asked otherwise */
#define WIRE_WARNINGS_MAX 64	       /* warnings of one answer */
#define WIRE_ID_MAX	  ((int64_t)1 << 53)

/* ---- Requests: console -> agent ---- */

enum wire_op {
	WIRE_OP_UNKNOWN, /* answered `unsupported` */
	WIRE_OP_QUERY,
	WIRE_OP_TABLES,
	WIRE_OP_CANCEL,
	WIRE_OP_PING,
	WIRE_OP_ACTION,
	WIRE_OP_GET,
};
const char *wire_op_name(enum wire_op op);

struct wire_request {
	enum wire_op op;
	int64_t id;	 /* 0..WIRE_ID_MAX, or -1 when the line carried none that can be used */
	json_t *tree;	 /* the whole object; owns all below */
	const char *sql; /* query */
	size_t sql_len;
	json_t *params;	    /* query: object or NULL */
	int64_t timeout_ms; /* query: 0 = default */
	int64_t max_rows;   /* query: 0 = default */
	int64_t target;	    /* cancel */
	const char *action; /* action: its name */
	const json_t *args; /* action: object or NULL */
	bool dry_run;	    /* action */
	const char *reason; /* action, get: "" for none */
	/* get: bytes of the path, with a NUL behind them; heap, of the request. */
	char *path;
	size_t path_len;
	int64_t offset, length; /* get: the part that is wanted; length 0: to the end */
};

/*
 * On failure ret->id is still set (-1, or the one the line carried) and nothing is to be freed. An
 * unknown op is no error, whatever else its line holds.
 */
int wire_request_read(const char *p, size_t n, struct wire_request *ret, struct err *err);
void wire_request_done(struct wire_request *r);

struct wire_param {
	const char *name, *value; /* text; SQLite converts where a column's affinity asks for it */
};
/* 0 as timeout or max_rows leaves the member out. */
int wire_put_query(struct buf *b, int64_t id, const char *sql, const struct wire_param *params,
	size_t n_params, int64_t timeout_ms, int64_t max_rows);
int wire_put_cancel(struct buf *b, int64_t id, int64_t target);
int wire_put_ping(struct buf *b, int64_t id);
int wire_put_tables(struct buf *b, int64_t id);
/* `args` an object or NULL; `reason` NULL or "" for none. */
int wire_put_action(struct buf *b, int64_t id, const char *action, const json_t *args, bool dry_run,
	const char *reason);
/* The part of `length` bytes (0: all that follows) from `offset` on. */
int wire_put_get(struct buf *b, int64_t id, const char *path, size_t n, int64_t offset,
	int64_t length, const char *reason);

/* ---- Replies: agent -> console ---- */

enum wire_code { /* of an error reply */
	WIRE_CODE_USAGE,
	WIRE_CODE_SQL,
	WIRE_CODE_DENIED,
	WIRE_CODE_LIMIT,
	WIRE_CODE_TIMEOUT,
	WIRE_CODE_CANCELLED,
	WIRE_CODE_UNSUPPORTED,
	WIRE_CODE_INTERNAL,
};
const char *wire_code_name(enum wire_code code);

/* That the host is cut off: since when, until when (0: until it is released), by whom. */
struct wire_quarantine {
	const char *id, *by;  /* id "" or NULL: it is not cut off */
	int64_t since, until; /* seconds since 1970 on the host's clock */
	bool confirmed;
};
struct wire_hello {
	int64_t protocol;
	const char *agent; /* version */
	bool privileged;
	const char *name, *machine_id, *boot_id, *os, *os_version, *kernel, *arch; /* of the host */
	double time; /* seconds since 1970 on the host's clock */
	struct wire_quarantine quarantine;
	const char *const *ops, *const *actions; /* NULL-ended; encoding only */
};
int wire_put_hello(struct buf *b, const struct wire_hello *h);

struct wire_column {
	const char *name, *type;
};
/* Names are cut to WIRE_NAME_MAX: SQLite names a column after its whole expression. */
int wire_put_columns(struct buf *b, int64_t id, const struct wire_column *cols, size_t n);

/*
 * Rows are gathered into one line: begin, then per row wire_row_begin, wire_put_cell per cell,
 * wire_row_end; wire_rows_end closes the line. A row that does not fit is taken back by cutting
 * the buffer to the length it had at wire_row_begin.
 */
int wire_rows_begin(struct buf *b, int64_t id);
int wire_row_begin(struct buf *b, size_t row); /* row: 0 for the first of the line */
int wire_put_cell(struct buf *b, size_t col, const struct cell *c);
int wire_row_end(struct buf *b);
int wire_rows_end(struct buf *b);

struct wire_done {
	int64_t rows;
	double ms;
	bool truncated;
	const char *const *warnings;
	size_t n_warnings;
};
/* Warnings beyond WIRE_WARNINGS_MAX are left out; times are rounded to microseconds. */
int wire_put_done(struct buf *b, int64_t id, const struct wire_done *d);
/* id -1: null. */
int wire_put_error(struct buf *b, int64_t id, enum wire_code code, const char *message);
/* `q` NULL: nothing is said of a quarantine. */
int wire_put_pong(struct buf *b, int64_t id, const struct wire_quarantine *q);

enum wire_status { /* of an outcome */
	WIRE_DONE,
	WIRE_ALREADY,
	WIRE_REFUSED,
	WIRE_NOT_FOUND,
	WIRE_FAILED,
	WIRE_PLANNED,
};
const char *wire_status_name(enum wire_status status);
/* done, already and planned. */
bool wire_status_good(enum wire_status status);

struct wire_outcome {
	const char *action;
	enum wire_status status;
	const char *detail;
	const json_t *before, *after, *undo; /* objects, or NULL for null */
};
int wire_put_outcome(struct buf *b, int64_t id, const struct wire_outcome *o);

/* Bytes of a file in one chunk line, at most. */
#define WIRE_CHUNK_MAX (48u << 10)
/* A part of a file that `get` asked for; its outcome follows the last one. */
int wire_put_chunk(struct buf *b, int64_t id, int64_t offset, const void *p, size_t n);

/* Rows decoded: n_rows * n_cols cells, row by row. Cells point into the line they came from. */
struct wire_rows {
	struct cell *cells;
	size_t n_rows, n_cols;
	size_t n_cells, cap; /* of the array */
};
void wire_rows_free(struct wire_rows *r);

enum wire_reply_op {
	WIRE_REPLY_UNKNOWN, /* to be ignored */
	WIRE_REPLY_HELLO,
	WIRE_REPLY_COLUMNS,
	WIRE_REPLY_ROWS,
	WIRE_REPLY_DONE,
	WIRE_REPLY_ERROR,
	WIRE_REPLY_PONG,
	WIRE_REPLY_OUTCOME,
	WIRE_REPLY_CHUNK,
};

struct wire_reply {
	enum wire_reply_op op;
	int64_t id;		 /* -1: null or none */
	json_t *tree;		 /* owns the strings below, where there are any */
	struct wire_hello hello; /* of a pong: its `quarantine` */
	struct wire_column *columns;
	size_t n_columns;
	struct wire_rows rows; /* kept over calls: its array is used again */
	struct wire_done done; /* warnings are in `warnings` */
	const char **warnings;
	enum wire_code code;
	const char *message; /* error */
	struct wire_outcome outcome;
	struct { /* chunk; the bytes belong to the reply */
		int64_t offset;
		char *p;
		size_t n;
	} chunk;
};

/*
 * Reads one reply line; writes into the line (strings are unescaped in place), which must stay as
 * long as the cells are used. `ret` is zeroed before the first call, and wire_reply_reset between
 * two. Row lines, and the usual ends of answers, are read in one pass without a tree; all else by
 * jansson.
 */
int wire_reply_read(char *p, size_t n, struct wire_reply *ret, struct err *err);
/* Drops what the last call gave, keeps the cell array. */
void wire_reply_reset(struct wire_reply *r);
void wire_reply_done(struct wire_reply *r);

/*
 * The one-pass reader alone: 1 when the line was a well-formed rows line, 0 when it is some other
 * message (read it with jansson: `p` is unchanged), or an error as above. A row has at least one
 * cell, all have as many; `op`, `id` and `rows` may stand once only.
 */
int wire_rows_read(char *p, size_t n, int64_t *ret_id, struct wire_rows *ret, struct err *err);
/*
 * The same by jansson, slowly: what the one-pass reader is tested against. Cells point into the
 * tree and, blobs, into `text`.
 */
int wire_rows_read_tree(
	const json_t *tree, struct wire_rows *ret, struct buf *text, struct err *err);

#endif
