/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patterns of host names as OpenSSH has them: ssh_config(5) PATTERNS, sshd(8) known_hosts. */
#ifndef CONSOLE_FLEET_HOSTPATTERN_H
#define CONSOLE_FLEET_HOSTPATTERN_H

#include "common/str.h"

#include <stdbool.h>

/* '*' any bytes, '?' one; a bracket is itself, unlike in match.h: `[host]:22`. Looks at each pair
 * of characters a few times at most. */
bool hostpattern_glob(struct span pattern, const char *name);
/* One of the comma-separated patterns matches and none of the negated ones. */
bool hostpattern_patterns(const char *names, const char *name);
/* One of the comma-separated names is this one. */
bool hostpattern_plain(const char *names, const char *name);
/* Is it a well-formed "|1|salt|hash"? */
bool hostpattern_is_hash(const char *names);
/* "|1|salt|hash" is this name's: each 20 bytes in base64, HMAC-SHA1 of the name. */
bool hostpattern_hashed(const char *names, const char *name);

#endif
