/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a host says of its quarantine, in words. */
#ifndef CONSOLE_CUTOFF_H
#define CONSOLE_CUTOFF_H

#include "common/wire.h"

#include <stdbool.h>
#include <stddef.h>

#define CUTOFF_WORDS_MAX 64

bool cutoff_is(const struct wire_quarantine *q);
/* "until released", "until 2026-01-02T03:04:05Z", "not confirmed"; "" where it is not cut off. */
const char *cutoff_words(const struct wire_quarantine *q, char out[CUTOFF_WORDS_MAX]);

#endif
