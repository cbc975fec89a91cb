/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of sudoers(5), cut into its first word and the rest. */
#ifndef AGENTD_SUDOLINE_H
#define AGENTD_SUDOLINE_H

#include "common/str.h"

enum sudo_kind {
	SUDO_NONE, /* empty or a comment */
	SUDO_RULE, /* also settings and aliases */
	SUDO_INCLUDE,
	SUDO_INCLUDE_DIR,
};

struct sudo_line {
	struct span header, details;
	struct span target; /* of an include: the path without its quotes, never empty */
	bool goes_on;	    /* the next line belongs to it, in place of the backslash at the end */
};

enum sudo_kind sudo_line_read(struct span line, struct sudo_line *ret);
/* Is a file with this name read in a directory that is included? */
bool sudo_name_read(struct span name);

#endif
