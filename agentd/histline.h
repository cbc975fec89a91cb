/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of a shell's history, with the times that bash and zsh may have put there. */
#ifndef AGENTD_HISTLINE_H
#define AGENTD_HISTLINE_H

#include "common/str.h"

#include <stdint.h>

/* What the lines before told; zeroed where a file begins. */
struct histline {
	bool have_time;
	int64_t time; /* of the command on the next line */
};

/*
 * 1 with a command and its time (seconds since 1970, 0 where none is told); 0: it was bash's
 * "#TIME" for the line to come.
 */
int histline_read(
	struct histline *h, struct span line, struct span *ret_command, int64_t *ret_time);

#endif
