/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What meta.json says of a file that is kept in the vault: all that it takes to put it back. */
#ifndef AGENTD_VAULTFILE_H
#define AGENTD_VAULTFILE_H

#include "agentd/filefacts.h"

#include <limits.h>
#include <time.h>

#define VAULT_KIND_FILE "file"

struct vaultfile {
	char path[PATH_MAX]; /* absolute, without "." and ".." */
	size_t path_len;
	uint64_t size;
	char sha256[FILECOPY_SHA256_MAX];
	mode_t mode; /* permissions only */
	uid_t uid;
	gid_t gid;
	struct timespec atime, mtime;
	uint32_t flags;
	const json_t *xattrs; /* array of filefacts_set_xattr's; of the tree */
};

/* Adds the file to what vault_meta_new gave. 0 or -ENOMEM. */
int vaultfile_put(json_t *meta, const struct filefacts *f, struct span path);
/* 0, -EINVAL (not of a file) or -EBADMSG with `err`. */
int vaultfile_read(const json_t *meta, struct vaultfile *ret, struct err *err);

#endif
