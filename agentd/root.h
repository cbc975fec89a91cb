/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file system that is being asked about: "/" or the directory given with --root. Every file a
 * table reads is opened here; with a root of its own no symbolic link leads out of it (openat2(2)
 * RESOLVE_IN_ROOT, or a walk by hand on kernels before 5.6).
 */
#ifndef AGENTD_ROOT_H
#define AGENTD_ROOT_H

#include "common/buf.h"
#include "common/err.h"

#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Files of the host that tables read whole are read up to this many bytes. */
#define ROOT_FILE_MAX (8u << 20)

struct root;

/* NULL with `err` when `path` is no directory. "/" is the machine itself. */
struct root *root_new(const char *path, struct err *err);
void root_free(struct root *r);
/* Is it the machine itself, so that system calls about live state (netlink, uname) apply? */
bool root_is_live(const struct root *r);
/* The path given to root_new, without a slash at its end ("" for "/"): for looking, not opening. */
const char *root_prefix(const struct root *r);

/*
 * `path` is absolute as the host sees it. O_CLOEXEC, O_NOCTTY are added; for reading also
 * O_NONBLOCK (a FIFO never blocks) and O_NOATIME where allowed. A descriptor or -errno.
 */
int root_open(const struct root *r, const char *path, int flags);
/*
 * As root_open with reading, but -EISDIR or -EINVAL unless it is a regular file, as those of /proc
 * and /sys are: looked at before it is opened, since opening a device can be to act on it. -EACCES
 * where the path leads to what root_deny has, and has not that name itself.
 */
int root_open_file(const struct root *r, const char *path);
/* As it is, for a path that the question names: whether root_denies is the caller's to ask. */
int root_open_file_asked(const struct root *r, const char *path);
/*
 * Opens the file behind an O_PATH descriptor for reading, with the flags of root_open: it is that
 * very file, whatever has its name by now. A descriptor or -errno.
 */
int root_reopen(int path_fd);
/* `fd` itself, or a negative value as it is; or as above, and it is closed. */
int root_require_file(int fd);
/* NULL with errno. */
DIR *root_opendir(const struct root *r, const char *path);
/* lstat within the root when `follow` is false. 0 or -errno. */
int root_stat(const struct root *r, const char *path, bool follow, struct stat *ret);
/* Appends the link's target as it stands in it. 0 or -errno (-EINVAL: not a link). */
int root_readlink(const struct root *r, const char *path, struct buf *out);
/*
 * Appends the file's content, at most `out->max` bytes: 0, -EMSGSIZE (what fits is there), -errno.
 */
int root_read(const struct root *r, const char *path, struct buf *out);

/*
 * Paths whose content is denied to who asks: patterns as in policy.h, which must stay. Once, before
 * anything is opened. 0 or -ENOMEM.
 */
int root_deny(struct root *r, const char *const *patterns);
/*
 * Is this open file one of them, whatever link or mount led to it? Of one that was opened through
 * the mounts of another namespace: is it on a file system that has one of them?
 */
bool root_denies(const struct root *r, int fd);

/* ---- Mounts that do not answer ---- */

/*
 * Every function above that takes a path returns -EHOSTDOWN where it leads to a remote mount that
 * does not answer (mountguard.h). Paths looked at by other means are to be asked about first:
 * 0 or -EHOSTDOWN. `how`: ROOT_OPENS where it is to be opened and not just looked at,
 * ROOT_NOFOLLOW where a link at its end is not followed.
 */
enum { ROOT_OPENS = 1 << 0, ROOT_NOFOLLOW = 1 << 1 };
int root_answers(const struct root *r, const char *path, unsigned how);
/* Which mount table has the root's paths, e.g. "/proc/PID/mounts"; default: our own. Once. */
void root_mounts(struct root *r, const char *table);
/* As root_readlink for a path on the way to a mount, which is local: without asking. */
int root_readlink_local(const struct root *r, const char *path, struct buf *out);
/* For the one who asks: touches the path, and so may wait for ever. */
void root_touch(const struct root *r, const char *path, bool opens);
int root_descriptor(const struct root *r);
/* The same root once more, without a guard, for root_touch; NULL when that fails. */
struct root *root_copy(const struct root *r);

/* For tests: as on a kernel before 5.6. */
void root_without_openat2(struct root *r);

#endif
