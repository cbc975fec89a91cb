/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls that do not compile in this tree: they have no bound, no error or a hidden state.
 * Forced into every file by the Makefile (-include). Use instead:
 *   strcpy strcat strncpy strncat  ->  str_copy (common/str.h), struct buf (common/buf.h)
 *   sprintf vsprintf               ->  snprintf, buf_printf
 *   gets                           ->  getline, struct buf
 *   strtok                         ->  strcspn, str_split
 *   atoi atol atof                 ->  parse_int, parse_uint, parse_real (common/str.h)
 *   system popen                   ->  spawn (common/spawn.h)
 */
#ifndef BANNED_H
#define BANNED_H

/* The headers that declare them come first, so that the poison meets only our own code. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef strtok
#undef atoi
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok
#pragma GCC poison atoi atol atoll atof system popen

#endif
