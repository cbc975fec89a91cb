/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the audit log over all its files, also while it is written, and verifying its chain. */
#ifndef AGENTD_AUDITREAD_H
#define AGENTD_AUDITREAD_H

#include "agentd/auditline.h"
#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes of what is given as a line: one of the log's, or the beginning of something longer. */
#define AUDIT_GIVEN_MAX (AUDIT_LINE_MAX + (128u << 10))

struct audit_place {
	unsigned file; /* as in auditfile_name: 0 is the one being written */
	uint64_t line; /* from 1 */
	bool first;    /* the oldest line there is */
	bool ended;    /* by a newline; only the last line of a file may not be */
	bool skipped;  /* likewise the first, but older files were left out on purpose */
};

/*
 * Calls `fn` for every line, oldest first; a negative one ends it and is returned. 0, or -errno
 * with `err` (-ENOENT: there is no log). What is written meanwhile may be left out.
 */
int audit_read(const char *state_dir,
	int (*fn)(void *arg, const struct audit_place *place, struct span line), void *arg,
	struct err *err);

struct audit_reader;
/*
 * The same, line by line, over the files in an open directory, which is taken over. Files that were
 * put away before `since` (seconds since 1970; 0: none) are left out. 0 or -errno: -ENOENT: there
 * is no log.
 */
int audit_reader_new(int dirfd, int64_t since, struct audit_reader **ret);
/* 1 with a line, which is valid until the next call; 0 behind the last one; -errno. */
int audit_reader_next(struct audit_reader *rd, struct audit_place *ret_place, struct span *ret);
/* Accepts NULL. */
void audit_reader_free(struct audit_reader *rd);

struct audit_verifier {
	/* Where the chain is broken, and why: bytes of the file may be in it. */
	void (*broken)(void *arg, const struct audit_place *place, const char *why);
	void *arg;
	/* The rest is its own, but may be read. */
	uint64_t lines, breaks, torn;
	int64_t first_seq, seq;
	struct audit_hash last;
	bool junk;
	struct audit_hash junk_hash;
	struct audit_place junk_place;
};
/* 0 or -ENOMEM. *ret_tree (may be NULL): the line, or NULL where it is none of the log's. */
int audit_verify_line(struct audit_verifier *v, const struct audit_place *place, struct span line,
	json_t **ret_tree);
/* After the last line. */
void audit_verify_end(struct audit_verifier *v);

#endif
