/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small things around descriptors. Everything that makes one makes it close-on-exec. */
#ifndef COMMON_IO_H
#define COMMON_IO_H

#include "common/buf.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Frees a descriptor and returns -1: `fd = io_close(fd)`. Accepts a negative one; keeps errno. */
int io_close(int fd);
int io_nonblock(int fd, bool on);
/* Writes everything, waiting where it must; 0 or -errno (-EPIPE when nobody reads any more). */
int io_write_all(int fd, const void *p, size_t n);
/*
 * Appends what is left of `fd`, at most as much as `b->max` lets in. 0, -EMSGSIZE when there is
 * more than that (b then holds what fits), or -errno.
 */
int io_read_all(int fd, struct buf *b);
/*
 * Opens `path` (relative to `dirfd`) for reading and appends it to `b`. Only regular files and
 * files of /proc and /sys: a FIFO or device is refused with -EINVAL without ever blocking on it;
 * /dev/null is an empty file.
 */
int io_read_file(int dirfd, const char *path, struct buf *b);

#endif
