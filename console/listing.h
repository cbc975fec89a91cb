/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Saved queries as people read them: one line each, under their packs. */
#ifndef CONSOLE_LISTING_H
#define CONSOLE_LISTING_H

#include "console/saved.h"

#include <stddef.h>

/* `all`: sorted by pack and name. To standard output, cut to a terminal's width; an exit status. */
int listing_print(const struct saved *const *all, size_t n);

#endif
