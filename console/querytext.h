/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One saved query as people read it: what its header says, then its SQL. */
#ifndef CONSOLE_QUERYTEXT_H
#define CONSOLE_QUERYTEXT_H

#include "console/saved.h"

#include <stddef.h>

struct buf;

/* Appends it, long text in lines of `width` columns. Returns as buf_add does. */
int querytext_put(struct buf *b, const struct saved *q, size_t width);
/* To standard output, as wide as a terminal is; an exit status. */
int querytext_print(const struct saved *q);

#endif
