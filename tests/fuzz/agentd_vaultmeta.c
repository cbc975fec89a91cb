/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meta.json of the vault: what is read of it can be put back, whatever stands there. */
#include "agentd/vaultfile.h"
#include "common/json.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(const struct vaultfile *f)
{
	static int fd = -1;

	MUST(f->path[0] == '/' && strlen(f->path) == f->path_len && f->path_len < PATH_MAX);
	MUST(strlen(f->sha256) == FILECOPY_SHA256_MAX - 1);
	MUST((f->mode & ~07777u) == 0 && f->uid != (uid_t)-1 && f->gid != (gid_t)-1);
	MUST(f->mtime.tv_nsec >= 0 && f->mtime.tv_nsec < 1000000000);
	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	for (size_t i = 0; i < json_array_size(f->xattrs); i++)
		filefacts_set_xattr(fd, json_array_get(f->xattrs, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	json_t *meta = json_read_object((const char *)data, n, NULL);
	struct err err = {.code = 0};
	struct vaultfile f;

	if (!meta)
		return 0;
	if (vaultfile_read(meta, &f, &err) == 0)
		check(&f);
	else
		MUST(err.code && err.text[0]);
	json_decref(meta);
	return 0;
}
