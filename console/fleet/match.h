/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names against wildcards and regular expressions, as Ansible's users (so Python's) write them. */
#ifndef CONSOLE_FLEET_MATCH_H
#define CONSOLE_FLEET_MATCH_H

#include "common/err.h"
#include "common/str.h"

#include <regex.h>
#include <stdbool.h>

/*
 * * any text, ? one character, [abc] [a-z] [!a-z] one of a set; everything else is itself. Takes no
 * more than length times length steps.
 */
bool glob_match(struct span glob, struct span name);

/*
 * Makes ready a regular expression that must match the beginning of a name. POSIX extended, and of
 * Python's \d \D \w \W \s \S \b, (?:…), *? and the like, (?i) at its beginning; no back-references,
 * no look-around. 0, or -EINVAL or -ENOMEM with `err`; end with regfree.
 */
int regex_compile(regex_t *ret, struct span text, struct err *err);

#endif
