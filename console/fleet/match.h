/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names against wildcards and regular expressions, as Ansible's users (so Python's) write them. */
#ifndef CONSOLE_FLEET_MATCH_H
#define CONSOLE_FLEET_MATCH_H

#include "common/err.h"
#include "common/str.h"

#include <stdbool.h>

/*
 * * any text, ? one character, [abc] [a-z] [!a-z] one of a set; everything else is itself. Takes no
 * more than length times length steps.
 */
bool glob_match(struct span glob, struct span name);

/* Bytes of a regular expression; steps of one match. */
#define REGEX_MAX	4096
#define REGEX_STEPS_MAX 100000

/* A regular expression as Python has it, look-ahead and back-references too (PCRE2). */
struct regex;

/* 0, or -EINVAL or -ENOMEM with `err`. */
int regex_new(struct regex **ret, struct span text, struct err *err);
void regex_free(struct regex *re);
/* 1 where it fits the name from its first character on, else 0; -E2BIG where that takes too many
 * steps to tell, -ENOMEM. */
int regex_begins(struct regex *re, const char *name);

#endif
