/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mount table, and which file systems can keep a reader waiting for ever. */
#ifndef AGENTD_MOUNTTAB_H
#define AGENTD_MOUNTTAB_H

#include "common/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct root;

/* As the kernel shows it in the mount namespace of whoever reads. */
#define MOUNTTAB_PATH "/proc/self/mounts"
/* Remote mounts that are kept in mind; more are treated as local ones. */
#define REMOTE_MOUNTS_MAX 65536

/* One line; the strings point into it, unescaped in place. */
struct mount_entry {
	char *device, *path, *type, *flags;
	size_t device_len, path_len;
};
/* Writes into the line, which has a NUL behind it. -EBADMSG when it is none. */
int mount_entry_read(char *line, size_t len, struct mount_entry *ret);

/* One line of a mountinfo file (proc(5)), likewise; what follows these fields is not read. */
struct mountinfo_entry {
	int id;
	unsigned major, minor;
	char *root, *path; /* the part of its file system that it shows; where */
};
int mountinfo_entry_read(char *line, size_t len, struct mountinfo_entry *ret);

/*
 * Does an access to this type wait for another machine, a FUSE process or an automounter? Then
 * nothing that a wildcard or a listing merely came across may be touched: a hung server would hang
 * the query, and many hosts asked at once would all walk the same server.
 */
bool mount_type_remote(const char *type);

/*
 * Is the open file of a file system that the kernel makes up (proc, sysfs, tracefs …)? Reading all
 * of one is endless or changes something (/proc/kmsg, trace_pipe).
 */
bool mount_fd_pseudo(int fd);

/*
 * Is the file system with this device number of a remote type, as a mountinfo file (proc(5)) tells
 * in its lines? Takes over the descriptor. False where it does not tell.
 */
bool mount_device_remote(int mountinfo, unsigned major, unsigned minor);

/* The mount points of remote types that lie within a root, as paths within it. */
struct remote_mounts;
/*
 * `table`: whose paths are those within the root, e.g. "/proc/PID/mounts" for the root of that
 * process; NULL: our own. NULL when out of memory. A table that cannot be read gives an empty set.
 */
struct remote_mounts *remote_mounts_new(const struct root *root, const char *table);
void remote_mounts_free(struct remote_mounts *m);
bool remote_mounts_any(const struct remote_mounts *m);
/* The type of the remote mount at exactly this path (within the root, without links), or NULL. */
const char *remote_mount_at(const struct remote_mounts *m, const char *path, size_t len);
/* Is this path, or one above it, the mount point of a remote one? */
bool remote_mount_on_way(const struct remote_mounts *m, const char *path);
/*
 * Replaces *out by where an open directory is, as a path within the root, "" for the root itself.
 * -errno when the kernel does not tell, -EXDEV when it is not within the root.
 */
int remote_mounts_locate(const struct remote_mounts *m, int fd, struct buf *out);
/*
 * Replaces *out by the path with its symbolic links resolved, "" for the root. Every component is
 * looked at, but none beyond a remote mount: -EREMOTE where it leads there, *out is then that
 * mount. `m` may be NULL: then everything is local.
 */
int remote_mounts_resolve(
	const struct remote_mounts *m, const struct root *root, const char *path, struct buf *out);

#endif
