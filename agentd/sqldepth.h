/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How deep SQLite will call itself over a text of SQL. It compiles by recursion: over brackets,
 * over operators, and over the names of WITH, each of which stands for the whole text behind it;
 * its own limit on the depth of an expression counts neither subqueries nor what they become when
 * they are merged into the outer one. Before 3.46 its parser's stack ended most of this early;
 * since then nothing does, and the thread's stack overflows.
 */
#ifndef AGENTD_SQLDEPTH_H
#define AGENTD_SQLDEPTH_H

#include <stddef.h>
#include <stdint.h>

/*
 * What is accepted. One unit is at most 460 bytes of stack (measured, 3.40 to 3.46), or twice that
 * where a name of the result is used in its WHERE: half of SQLDEPTH_STACK, or nearly all of it.
 * An OR of a thousand comparisons comes to some 5000.
 */
#define SQLDEPTH_MAX 8000
/* Bytes of stack for a thread that compiles SQL; the least of a main thread, usually. */
#define SQLDEPTH_STACK (8u << 20)
/* Brackets within brackets. */
#define SQLDEPTH_BRACKETS 250

/*
 * At least the longest way down, in units: the words and operators between two commas, the
 * bracket in it that weighs most, and all that WITH names. UINT32_MAX: more brackets than allowed.
 */
uint32_t sqldepth_of(const char *sql, size_t n);

#endif
