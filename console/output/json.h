/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What json, ndjson and ecs have in common. */
#ifndef CONSOLE_OUTPUT_JSON_H
#define CONSOLE_OUTPUT_JSON_H

#include "console/output.h"

/*
 * Appends one row as an object, in one line. Cells are written as on the wire. For a terminal
 * every character that it could act on is written as \uXXXX, which means the same.
 */
int format_json_object(struct format_state *f, const struct cell *cells);
/* Its two parts: the object alone, and what stands in f->scratch put into the line. */
int format_json_members(struct buf *out, const struct columns *columns, const struct cell *cells);
int format_json_scratch(struct format_state *f);

#endif
