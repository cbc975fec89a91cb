/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of a saved query, made of what another program's file tells. */
#ifndef CONSOLE_IMPORTHEAD_H
#define CONSOLE_IMPORTHEAD_H

#include "console/import.h"
#include "common/buf.h"

/* Bytes of a description that are kept. */
#define IMPORTHEAD_ABOUT_MAX 4096

/*
 * Appends the head (title, tags, attack, platform, about) and the SQL. Its own comments stay, but
 * for `-- name:`, which the file's name tells. Returns as buf_add does.
 */
int importhead_put(struct buf *b, const struct import_text *t);
/* Appends a name fit for a file, of at most SAVED_NAME_MAX bytes: never empty. */
int importhead_put_name(struct buf *b, struct span name);

#endif
