/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Private to the wire: one message on its way into a buffer. The first error is kept and what
 * follows does nothing, so that only wire_line_end needs looking at.
 */
#ifndef COMMON_WIRE_LINE_H
#define COMMON_WIRE_LINE_H

#include "common/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct wire_line {
	struct buf *b;
	size_t start; /* length of the buffer before the line */
	int r;
};

/* {"op":"OP" */
void wire_line_begin(struct wire_line *l, struct buf *b, const char *op);
/* ,"NAME": */
void wire_line_name(struct wire_line *l, const char *name);
/* ,"NAME":VALUE; an id below zero is null, a string NULL is left out. */
void wire_line_id(struct wire_line *l, const char *name, int64_t id);
void wire_line_int(struct wire_line *l, const char *name, int64_t value);
/* Rounded to three decimals. */
void wire_line_milli(struct wire_line *l, const char *name, double value);
void wire_line_bool(struct wire_line *l, const char *name, bool value);
void wire_line_str(struct wire_line *l, const char *name, const char *value);
/* ,"NAME":["…","…"] */
void wire_line_strs(struct wire_line *l, const char *name, const char *const *values, size_t n);
/* JSON as it is. */
void wire_line_raw(struct wire_line *l, const char *text);
/* } and a newline. Returns as buf_add does; on failure the line is taken back. */
int wire_line_end(struct wire_line *l);

#endif
