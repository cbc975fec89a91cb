/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One file out of a zip archive (a .jar), unpacked by zlib, which is loaded when first needed. */
#ifndef AGENTD_ZIPFILE_H
#define AGENTD_ZIPFILE_H

#include "common/buf.h"

/*
 * Appends the file with this name, up to out->max. 0, -ENOENT when there is none, -EBADMSG for what
 * is no archive, -EMSGSIZE, -ENOSYS without zlib, -ENOMEM or -errno of reading.
 */
int zip_read(int fd, const char *name, struct buf *out);

#endif
