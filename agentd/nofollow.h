/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files opened by a path that is taken literally: a symbolic link anywhere on the way is an error,
 * so what is opened is what the path says, whoever may write in between.
 */
#ifndef AGENTD_NOFOLLOW_H
#define AGENTD_NOFOLLOW_H

#include "common/err.h"

#include <sys/stat.h>

struct root;

/*
 * The directory of `path` (absolute), open for reading, and the last part of the path in *ret_name,
 * which points into `path`. 0 or -errno with `err`: -ENOENT, -ELOOP (a link), -ENOTDIR.
 */
int nofollow_parent(const struct root *root, const char *path, int *ret_dir, const char **ret_name,
	struct err *err);
/*
 * The regular file `name` of a directory: *ret_fd for reading, without touching its access time
 * where that can be helped. Nothing but a regular file is ever opened, and none that the kernel
 * makes up: to open another can be to wait, or to act on it. 0, or -errno with `err`: -ENOENT,
 * -ELOOP (a link), -EISDIR, -EINVAL (none of these files).
 */
int nofollow_file(int dir, const char *name, int *ret_fd, struct stat *ret, struct err *err);

#endif
