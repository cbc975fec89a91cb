/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a host told of the target of an action, as lines for people: "sha256      6db24c3c…". */
#ifndef CONSOLE_UI_FACTS_H
#define CONSOLE_UI_FACTS_H

#include "common/buf.h"
#include "console/humane.h"

#include <jansson.h>

/*
 * Appends the members of `told` (or NULL), the telling ones first; without those that only the host
 * itself knows the thing by. Escaped. Returns as buf_add does.
 */
int facts_put(struct buf *out, const json_t *told, const struct humane_who *who);

#endif
