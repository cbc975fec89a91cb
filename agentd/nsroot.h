/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The columns pid_with_namespace and mount_namespace_id: whose file system a scan is about. Without
 * the former it is the host's; with `pid_with_namespace = N` it is what process N sees as its root.
 */
#ifndef AGENTD_NSROOT_H
#define AGENTD_NSROOT_H

#include "agentd/table.h"

struct root;

#define NSROOT_PID_COLUMN                                                                          \
	{                                                                                          \
		"pid_with_namespace", COL_INTEGER, COL_ADDITIONAL | COL_HIDDEN,                    \
			"Look into the mount namespace of this process"                            \
	}
/* That and the other one behind it. */
#define NSROOT_COLUMNS                                                                             \
	NSROOT_PID_COLUMN,                                                                         \
	{                                                                                          \
		"mount_namespace_id", COL_TEXT, COL_HIDDEN, "That mount namespace"                 \
	}

struct nsroot {
	const struct root *root; /* NULL: there are no rows */
	struct root *own;
	int64_t pid;	 /* 0: the host */
	char mounts[32]; /* its mount table, "" for the host */
	char mnt_ns[24]; /* the number of its mount namespace, "" for the host or not known */
};

/* Reads the scan's constraint on column `pid`; what is in the way becomes a warning. 0 or -ENOMEM.
 */
int nsroot_open(struct nsroot *n, struct scan *s, unsigned pid);
void nsroot_done(struct nsroot *n);
/* The mount table for remote_mounts_new. */
const char *nsroot_mounts(const struct nsroot *n);

#endif
