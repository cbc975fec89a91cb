/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lines of the audit log for who asks by SQL: a worker of the daemon's has them from a relay,
 * where its policy grants the right `audit`; else they are read from the files.
 */
#ifndef AGENTD_AUDITSOURCE_H
#define AGENTD_AUDITSOURCE_H

#include "agentd/auditread.h"

struct root;
struct auditsource;
/*
 * `own`: state_dir is that of this agent; a worker of a daemon's has no other one's (-EINVAL).
 * `since` as in audit_reader_new. 0 or -errno: -EACCES: policy or the files' modes; -ENOENT: there
 * is no log.
 */
int auditsource_open(const struct root *root, const char *state_dir, bool own, int64_t since,
	struct auditsource **ret);
/* 1 with a line, valid until the next call; 0 behind the last one; -errno. */
int auditsource_next(struct auditsource *s, struct audit_place *ret_place, struct span *ret);
/* Accepts NULL. */
void auditsource_free(struct auditsource *s);

/* The relay's part: all lines to `fd`; the directory is taken over. */
void auditsource_serve(int fd, int dirfd);

#endif
