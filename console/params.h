/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values for the :names in a question. */
#ifndef CONSOLE_PARAMS_H
#define CONSOLE_PARAMS_H

#include "common/err.h"
#include "common/wire.h"

#include <stdbool.h>
#include <stddef.h>

#define PARAMS_MAX 64

/* Zeroed: none. */
struct params {
	struct wire_param all[PARAMS_MAX];
	size_t n;
};

/* Is this word of the form name=value? */
bool params_is(const char *word);
/* Adds "name=value"; the value stays the caller's. -EINVAL (also when it is there), -E2BIG,
 * -ENOMEM. */
int params_add(struct params *p, const char *word, struct err *err);
/* The value, or NULL. */
const char *params_find(const struct params *p, const char *name);
void params_done(struct params *p);

#endif
