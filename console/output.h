/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How rows leave the program. To add a format: write console/output/NAME.c that ends in
 * `const struct format format_NAME`. Nothing here knows the rest of the console: the agent's
 * `query` uses it too.
 *
 * Cells and column names hold a host's bytes: what goes to a terminal is escaped by the format.
 */
#ifndef CONSOLE_OUTPUT_H
#define CONSOLE_OUTPUT_H

#include "common/buf.h"
#include "common/cell.h"
#include "common/err.h"
#include "common/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Where text goes: a buffered descriptor ---- */

struct sink;

/* Bytes held before they are written. */
#define SINK_BUFFER (64u << 10)
/*
 * Writes to `fd`, which stays the caller's. Escape sequences of ours are used when `colour` is
 * set, `fd` is a terminal and neither NO_COLOR nor TERM=dumb speaks against it.
 */
struct sink *sink_new(int fd, bool colour, struct err *err);
/* Writes what is left. 0 or the first error met (-EPIPE: the reader went away; -ENOSPC …). */
int sink_end(struct sink *s);
void sink_free(struct sink *s);
/* All three return 0 or the first error met, which stays: nothing is written after it. */
int sink_write(struct sink *s, const char *p, size_t n);
int sink_puts(struct sink *s, const char *str);
/* Writes out what is held. */
int sink_flush(struct sink *s);
bool sink_is_tty(const struct sink *s);
bool sink_colour(const struct sink *s);
/* Terminal columns, or 0 when it is no terminal. */
unsigned sink_width(const struct sink *s);
/* Called before (after = 0) and after a write to a terminal, so that a progress line can step
 * aside. */
void sink_around(struct sink *s, void (*hook)(int after, void *arg), void *arg);

/*
 * What outputs write to standard output goes to `write` instead from now on, in pieces of any size;
 * NULL: it does not any more. `name`: what errors call it. 0 or the first error met.
 */
void sink_divert(int (*write)(void *arg, const char *p, size_t n), void *arg, const char *name);
/* "standard output", or that name. */
const char *sink_stdout_name(void);

/* ---- Formats ---- */

/* Names as they are shown: a name met before gets ":1", ":2" … behind it. */
struct columns {
	size_t n;
	char **names;
	struct span *keys; /* each name as a JSON member: ,"name": */
};

/* Bytes that one row may take when written. */
#define OUTPUT_LINE_MAX (256u << 20)

struct format_state {
	struct buf line; /* empty before each call; what the call adds to it is written out */
	struct buf scratch;
	const struct columns *columns;
	size_t rows; /* written before this one */
	bool tty, colour;
	bool prose;	 /* see output_prose */
	int64_t time_us; /* see output_time; 0: now */
	unsigned width;	 /* of the terminal, 0: no bound */
	void *own;	 /* the format's */
};

struct format {
	const char *name;
	const char *doc;    /* one line, no full stop */
	const char *suffix; /* file name ending, e.g. "csv"; that of another format may be in it */
	/* Each row carries its names: rows of another shape are not mapped onto the header. */
	bool named;
	/* Each row is one line, and nothing else is written. */
	bool lines;
	/*
	 * All may be NULL and return 0 or -errno. `end` is called once, `header` once before the
	 * first row, or not at all when no columns became known. `flush`: the reader should see now
	 * what there is. `done` frees `own`. `title` (its text in UTF-8, escaped by the format) is
	 * called before the header.
	 */
	int (*title)(struct format_state *f, const char *name, const char *text);
	int (*header)(struct format_state *f);
	int (*row)(struct format_state *f, const struct cell *cells);
	int (*flush)(struct format_state *f);
	int (*end)(struct format_state *f);
	void (*done)(struct format_state *f);
};

extern const struct format *const formats_all[];
const struct format *format_find(const char *name);
/* By the ending of a file's name, the longest that fits; NULL: it has none of them. */
const struct format *format_of_file(const char *path);

/* For formats: the cell as text, "" for NULL; returns as buf_add does. */
int format_cell_text(struct buf *out, const struct cell *c);
/*
 * Likewise for people: with everything a terminal could act on escaped, and bytes that are not
 * UTF-8 as \xHH.
 */
int format_cell_escaped(struct buf *out, const struct cell *c);

/* ---- A finished set of rows: header, row …, end ---- */

struct output;
/* `sink` stays the caller's and must outlive the output. */
struct output *output_new(const struct format *f, struct sink *sink, struct err *err);
/* A title above the header, for formats that have one; `text` may be NULL. */
int output_title(struct output *o, const char *name, const char *text);
/*
 * The last column is prose: where a format cuts cells to a terminal, it goes on in further lines.
 * Before the header.
 */
void output_prose(struct output *o);
/* The rows are of then (microseconds since 1970), not of now: for formats that tell it. */
void output_time(struct output *o, int64_t us);
/* The names are copied. Once at most. */
int output_header(struct output *o, const char *const *columns, size_t n);
/* As many cells as the header has names. */
int output_row(struct output *o, const struct cell *cells);
/* When no more rows are waiting: lets the reader see those there are. */
int output_flush(struct output *o);
/* Valid without a header and without rows. Flushes. */
int output_end(struct output *o);
void output_free(struct output *o);

/*
 * Columns of a source of rows other than the one the header came from (another agent version).
 * *ret is NULL when they are the header's own; else the caller frees it before the output.
 */
struct output_shape;
int output_shape_new(
	struct output *o, const char *const *columns, size_t n, struct output_shape **ret);
void output_shape_free(struct output_shape *shape);
/* As output_row, the cells being those of `shape` (NULL: the header). */
int output_row_shaped(struct output *o, const struct output_shape *shape, const struct cell *cells);

#endif
