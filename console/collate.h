/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order of texts that people expect: case does not matter, numbers within count as numbers
 * (web2 before web10, 9.8.7 before 10.0.0, 10.0.0.2 before 10.0.0.10).
 */
#ifndef CONSOLE_COLLATE_H
#define CONSOLE_COLLATE_H

#include "common/str.h"

#include <stdint.h>

/* <0, 0, >0. 0 only for the same bytes. */
int collate(struct span a, struct span b);
/* Eight bytes such that collate_prefix(a) < collate_prefix(b) means that a is before b. */
uint64_t collate_prefix(struct span s);

#endif
