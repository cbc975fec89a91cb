/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The warnings of one answer, gathered over all its scans: a join may scan a table thousands of
 * times, so equal warnings are kept once and things that were skipped are counted.
 * Never fails: what there is no memory or no room for is counted as "more".
 */
#ifndef AGENTD_NOTES_H
#define AGENTD_NOTES_H

#include "common/wire.h"

#include <stddef.h>
#include <stdint.h>

/* Kinds of skipped things told apart, and warnings beyond the kept ones recognised as equal. */
#define NOTES_SKIPS_MAX 64
#define NOTES_SEEN_MAX	256

struct notes_skip {
	const char *table, *what, *noun; /* static strings */
	int err;
	uint64_t n;
};

struct notes {
	char *texts[WIRE_WARNINGS_MAX];
	size_t n_texts;
	struct notes_skip skips[NOTES_SKIPS_MAX];
	size_t n_skips;
	uint64_t seen[NOTES_SEEN_MAX]; /* hashes of warnings there was no room for */
	size_t n_seen;
	uint64_t more;
};

/* A zeroed struct is empty. */
void notes_done(struct notes *n);
/* One warning, "TABLE: text" (table NULL: the text alone). */
void notes_add(struct notes *n, const char *table, const char *text);
/* See scan_skipped in agentd/table.h. */
void notes_skip(struct notes *n, const char *table, const char *what, const char *noun, int err);
/*
 * Hands the warnings over as a heap array of heap strings, at most WIRE_WARNINGS_MAX, the last
 * being "and N more" where there were more. Returns their number.
 */
size_t notes_take(struct notes *n, char ***ret);

#endif
