/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that a command makes by itself, without asking any host, in the format of -o. */
#ifndef CONSOLE_ROWS_H
#define CONSOLE_ROWS_H

#include "common/cell.h"
#include "console/output.h"

#include <stddef.h>

struct rows {
	struct sink *sink;
	struct output *output;
	int error; /* the first one, -errno */
};

/* Errors are kept until rows_end. */
void rows_begin(struct rows *r, const struct format *format, const char *const *columns, size_t n);
/* Likewise; the last column is prose: see output_prose. */
void rows_begin_prose(
	struct rows *r, const struct format *format, const char *const *columns, size_t n);
void rows_add(struct rows *r, const struct cell *cells);
/* The exit status: 0, or EXIT_INCOMPLETE after saying why. */
int rows_end(struct rows *r);

/* A cell of text; NULL: no value. */
struct cell rows_text(const char *s);

#endif
