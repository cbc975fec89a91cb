/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file's bytes hashed, and copied on the way. Holes are passed over, and stay holes in the copy:
 * a file of terabytes that holds nothing costs no disk and no memory, only the hashing.
 */
#ifndef AGENTD_FILECOPY_H
#define AGENTD_FILECOPY_H

#include "common/err.h"

#include <stdint.h>

#define FILECOPY_SHA256_MAX 65 /* hex digits and a NUL */
/* Bytes that a file may seem to have: hashing more than this of nothing takes minutes. */
#define FILECOPY_MAX (256ull << 30)

/*
 * The first `size` bytes of `from`, into `to` (an empty file, which then has that size) unless that
 * is -1. 0, -EFBIG past FILECOPY_MAX, -EIO when there are fewer bytes, or -errno, with `err`.
 */
int filecopy(
	int from, int to, uint64_t size, char ret_sha256[FILECOPY_SHA256_MAX], struct err *err);
/* Is what is on the disk (as far as can be told) `size` bytes with that hash? 0, -EBADMSG, -errno.
 */
int filecopy_verify(int fd, uint64_t size, const char sha256[FILECOPY_SHA256_MAX], struct err *err);

#endif
