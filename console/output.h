/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How rows leave the program. To add a format: write console/output/NAME.c (or agentd's own use of
 * it) that ends in `const struct format format_NAME`.
 *
 * A format sees one header and any number of rows, all with as many cells as the header has
 * columns, and writes into a sink. Cells hold a host's bytes: what goes to a terminal is escaped.
 */
#ifndef CONSOLE_OUTPUT_H
#define CONSOLE_OUTPUT_H

#include "common/buf.h"
#include "common/cell.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Where text goes: a buffered descriptor. */
struct sink;

struct format_state {
	struct sink *sink;
	size_t n_columns;
	char **columns; /* names; valid until end */
	size_t rows;	/* written so far */
	void *own;	/* the format's */
};

struct format {
	const char *name;
	const char *doc; /* one line, no full stop */
	const char *suffix; /* file name ending, e.g. "csv" */
	/* All return 0 or -errno. `header` and `end` are called once, also without rows. */
	int (*header)(struct format_state *f);
	int (*row)(struct format_state *f, const struct cell *cells);
	int (*end)(struct format_state *f);
};

extern const struct format *const formats_all[];
const struct format *format_find(const char *name);

/* Bytes held before they are written. */
#define SINK_BUFFER (64u << 10)
/* Writes to `fd`, which stays the caller's. `colour`: may escape sequences of ours be used. */
struct sink *sink_new(int fd, bool colour, struct err *err);
/* Writes what is left. 0 or the first error met (-EPIPE: the reader went away; -ENOSPC …). */
int sink_end(struct sink *s);
void sink_free(struct sink *s);
int sink_write(struct sink *s, const char *p, size_t n);
int sink_puts(struct sink *s, const char *str);
/* Writes out what is held: for formats whose rows should be seen at once. */
int sink_flush(struct sink *s);
bool sink_is_tty(const struct sink *s);
/* Terminal columns, or 0 when it is no terminal. */
unsigned sink_width(const struct sink *s);

/* A finished set of output: begin, row …, end. */
struct output;
struct output *output_new(const struct format *f, struct sink *sink, struct err *err);
int output_header(struct output *o, const char *const *columns, size_t n);
int output_row(struct output *o, const struct cell *cells);
int output_end(struct output *o);
void output_free(struct output *o);

#endif
