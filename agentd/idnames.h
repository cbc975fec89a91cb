/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of user and group ids, from the passwd and group files that a scan sees. */
#ifndef AGENTD_IDNAMES_H
#define AGENTD_IDNAMES_H

#include "agentd/table.h"

#include <limits.h>

struct root;

/* Names that are kept; a file system has few owners for its many files. */
#define IDNAMES_KEPT 64
/* Bytes of a name with its NUL; a longer one is cut. */
#define IDNAMES_NAME_MAX (NAME_MAX + 1)

enum idnames_kind { IDNAMES_USER, IDNAMES_GROUP };

struct idnames {
	const struct root *root;
	struct idname *kept; /* heap, IDNAMES_KEPT */
	size_t n, next;
};

void idnames_init(struct idnames *n, const struct root *root);
/* Accepts a zeroed struct. */
void idnames_done(struct idnames *n);
/* The name, or the number where it has none; valid until the next call. NULL: out of memory. */
const char *idnames_get(struct idnames *n, struct scan *s, enum idnames_kind kind, uint32_t id);

#endif
