/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptors' texts in mdoc(7), on standard output. */
#ifndef MAN_MDOC_H
#define MAN_MDOC_H

#include "common/str.h"

/* Text that roff takes as it is. `capital`: as the beginning of a sentence. */
void mdoc_text(struct span s, bool capital);
/* A line of it, with its full stop. */
void mdoc_sentence(const char *s);
/* An argument of a macro, in quotes: a blank in it or punctuation must not be taken for mdoc's. */
void mdoc_quoted(const char *s);

#endif
