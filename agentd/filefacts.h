/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that makes a file what it is, so that it can be told of, recognised and put back. */
#ifndef AGENTD_FILEFACTS_H
#define AGENTD_FILEFACTS_H

#include "agentd/action.h"
#include "agentd/filecopy.h"
#include "common/buf.h"

#include <linux/fs.h>
#include <sys/stat.h>

/* Bytes of all extended attributes together. */
#define FILEFACTS_XATTRS_MAX (256u << 10)
/* Flags of chattr(1) that a user may set and that are put back. */
#define FILEFACTS_FLAGS                                                                            \
	(FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL | FS_SYNC_FL |              \
		FS_SECRM_FL | FS_UNRM_FL | FS_COMPR_FL | FS_NOCOMP_FL | FS_NOCOW_FL)
/* Those that keep a file where it is. */
#define FILEFACTS_UNMOVABLE (FS_IMMUTABLE_FL | FS_APPEND_FL)

struct filefacts {
	struct stat st;
	uint32_t flags; /* of FS_IOC_GETFLAGS */
	bool has_flags;
	json_t *xattrs;			  /* [{"name":…, "value": base64}…] */
	char sha256[FILECOPY_SHA256_MAX]; /* "" until it is known */
};

/* Everything but the hash. 0 or -errno with `err`; filefacts_done in any case, also when zeroed. */
int filefacts_read(int fd, struct filefacts *ret, struct err *err);
void filefacts_done(struct filefacts *f);
/* Is it still the same file with the same content and attributes, as far as the kernel tells? */
bool filefacts_unchanged(const struct stat *a, const struct stat *b);
int filefacts_identity(
	const struct filefacts *f, struct span path, char ret[ACTION_IDENTITY_MAX + 1]);
/* An object for `before`, with the identity. NULL: no memory. */
json_t *filefacts_json(const struct filefacts *f, struct span path);

/* Sets the flags that may be set (FILEFACTS_FLAGS). 0 or -errno. */
int filefacts_set_flags(int fd, uint32_t flags);
/* Sets one attribute of such an array: 0, -EBADMSG for what is none, or -errno. */
int filefacts_set_xattr(int fd, const json_t *entry);

#endif
