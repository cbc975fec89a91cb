/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended attributes of files, and what the kernel keeps in some of them. */
#ifndef AGENTD_XATTRS_H
#define AGENTD_XATTRS_H

#include "common/buf.h"

#include <stddef.h>

/* Bytes of the names and of one value; the kernel takes no more. */
#define XATTRS_MAX (64u << 10)

/* Of an open file, O_PATH will do. Replaces *out by the names, each with a NUL. 0 or -errno. */
int xattrs_list(int fd, struct buf *out);
/* Replaces *out by the value. -ENODATA when there is none. */
int xattrs_get(int fd, const char *name, struct buf *out);

/*
 * The content of security.capability as getcap(8) shows it, "cap_net_admin,cap_net_raw=ep"; of
 * system.posix_acl_access (or _default) as getfacl(1) does on one line, with numbers for ids:
 * "user::rw-,user:1000:r--,group::r--,mask::r--,other::---". Appends; 0, -EBADMSG for what is no
 * such thing (nothing is appended), or as buf_add.
 */
int xattrs_capabilities(struct buf *out, const char *p, size_t n);
int xattrs_acl(struct buf *out, const char *p, size_t n);

#endif
