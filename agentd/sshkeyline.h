/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of authorized_keys(5). */
#ifndef AGENTD_SSHKEYLINE_H
#define AGENTD_SSHKEYLINE_H

#include "common/str.h"

struct sshkey_line {
	struct span options, algorithm, key, comment; /* p is NULL for what is not there */
};

/*
 * 1, or 0 for what sshd takes for no key: empty, comment, no algorithm, no key behind it. A line
 * that only names a key in a key ring (zos-key-ring-label) has options and nothing else.
 */
int sshkey_line_read(struct span line, struct sshkey_line *ret);

#endif
