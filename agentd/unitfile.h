/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unit files of systemd, and other files of [Section] and Key=value lines (desktop entries). */
#ifndef AGENTD_UNITFILE_H
#define AGENTD_UNITFILE_H

#include "common/str.h"

/* Bytes of such a file. */
#define UNITFILE_MAX (256u << 10)

struct unitfile_line {
	struct span section, key, value;
};

/* Goes through a file's content, which it joins in place where lines end in a backslash. */
struct unitfile {
	char *p;
	size_t n, at;
	struct span section;
};

void unitfile_init(struct unitfile *u, char *p, size_t n);
/* The next setting; false at the end. */
bool unitfile_next(struct unitfile *u, struct unitfile_line *ret);
/* The value of the last such line that is not empty, {NULL, 0} when there is none. */
struct span unitfile_get(char *p, size_t n, const char *section, const char *key);

#endif
