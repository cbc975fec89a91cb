/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Digests of files' contents, all that are wanted in one reading, each file read once as long as
 * it does not change.
 *
 * A file is read up to the size it had when it was opened: one that grows meanwhile gives the
 * digest of what was there, one that shrinks that of what was left. Files without a size (of
 * /proc, say) are read to their end, up to FILEHASH_UNSIZED_MAX.
 */
#ifndef AGENTD_FILEHASH_H
#define AGENTD_FILEHASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* Bytes of a file whose size is not known beforehand. */
#define FILEHASH_UNSIZED_MAX (64u << 20)
/* Files whose digests are remembered; a power of two. */
#define FILEHASH_CACHE 4096

enum filehash_kind {
	FILEHASH_MD5,
	FILEHASH_SHA1,
	FILEHASH_SHA256,
	FILEHASH_KINDS,
};
/* Bytes of the longest. */
#define FILEHASH_SIZE_MAX 32

struct filehash_digests {
	unsigned have; /* bit per kind; one that libcrypto does not offer stays out */
	unsigned char of[FILEHASH_KINDS][FILEHASH_SIZE_MAX];
};
/* Bytes of a digest. */
size_t filehash_size(enum filehash_kind kind);

struct filehash;
/* NULL when out of memory. */
struct filehash *filehash_new(void);
void filehash_free(struct filehash *h);

/*
 * Digests of the regular file open at its beginning. `want`: bit per kind. `come_across`: nobody
 * named the file; then those of /proc's kind, which reading may change, are left alone
 * (-EOPNOTSUPP). `stop` (may be NULL) is asked now and then. 0, -ECANCELED, -EFBIG for one without
 * a size that is too long, -ENOMEM, or -errno of reading.
 */
int filehash_read(struct filehash *h, int fd, unsigned want, bool come_across,
	bool (*stop)(void *arg), void *arg, struct filehash_digests *ret);

#endif
