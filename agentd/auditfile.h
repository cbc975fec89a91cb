/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of the audit log in its directory: audit.ndjson, and audit.ndjson.000001 … that were
 * put away, the highest number last. Names never change again, so that a file can stay append-only.
 */
#ifndef AGENTD_AUDITFILE_H
#define AGENTD_AUDITFILE_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define AUDIT_FILE     "audit.ndjson"
#define AUDIT_NAME_MAX 32
/* Files put away that are looked at; more than the configuration lets stay. */
#define AUDIT_FILES_MAX	 2048
#define AUDIT_NUMBER_MAX 999999999u

/* The name of a file put away; 0 is the one being written. */
void auditfile_name(unsigned number, char ret[AUDIT_NAME_MAX]);

/* The numbers of those put away, ascending; heap. 0 or -errno (-E2BIG). */
int auditfile_list(int dirfd, unsigned **ret, size_t *ret_n);

/*
 * Opens the one being written, and makes it; *ret_new: it was not there. A descriptor or -errno:
 * -EINVAL where something else than a file has its name.
 */
int auditfile_open(int dirfd, bool *ret_new);
/* Opens one for reading: a descriptor or -errno. */
int auditfile_open_read(int dirfd, unsigned number);
/* Is it, or make it, append-only; what the file system cannot do is no error. */
int auditfile_append_only(int fd, bool on);

/* Gives the file being written a number. 0 or -errno: then it is where it was. */
int auditfile_put_away(int dirfd, int fd, unsigned number);
int auditfile_remove(int dirfd, unsigned number);

#endif
