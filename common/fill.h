/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sentences of our own in lines of a terminal's usual width. */
#ifndef COMMON_FILL_H
#define COMMON_FILL_H

#include "common/buf.h"
#include "common/str.h"

#include <stddef.h>

#define FILL_WIDTH 80

/*
 * Appends the words of `text` and a line end. Its lines after the first begin with `indent` blanks;
 * the first one has `indent` columns already. No controls. Returns as buf_add does.
 */
int fill_words(struct buf *out, struct span text, size_t indent);
/* Likewise, in lines of at most `width` columns. */
int fill_words_to(struct buf *out, struct span text, size_t indent, size_t width);
/*
 * Paragraphs: lines that follow each other are filled, but those that begin with a blank stand as
 * they are.
 */
int fill_paragraphs(struct buf *out, const char *text);

#endif
