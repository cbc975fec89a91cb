/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of systemd's journal, read by libsystemd, which is loaded when first asked for: an
 * agent on a host without it has no journal.
 */
#ifndef AGENTD_JOURNALFILES_H
#define AGENTD_JOURNALFILES_H

#include "agentd/table.h"
#include "common/str.h"

/* Files that are opened; more are left out with a warning. */
#define JOURNALFILES_MAX 512
/* Bytes of one field. */
#define JOURNALFILES_FIELD_MAX (64u << 10)

struct journalfiles {
	struct scan *s;
	void *lib;
	void *journal;
	int fds[JOURNALFILES_MAX];
	size_t n;
	struct journal_calls *calls; /* heap */
};

/* 0 (also without any file: then there are no entries) or -ENOMEM; what is in the way is told. */
int journalfiles_open(struct journalfiles *j, struct scan *s);
/* Accepts a zeroed struct. */
void journalfiles_close(struct journalfiles *j);
/* Before the first entry: only those of this unit, and what systemd itself says of it. */
int journalfiles_only_unit(struct journalfiles *j, const char *unit);
/* Before the first entry: from this time on, microseconds since 1970. */
int journalfiles_since(struct journalfiles *j, uint64_t us);
/* 1 with the time of the next entry, 0 at the end, -errno. */
int journalfiles_next(struct journalfiles *j, uint64_t *ret_us);
/* A field of the entry at hand, valid until the next call; false when it has none. */
bool journalfiles_field(struct journalfiles *j, const char *name, struct span *ret);

#endif
