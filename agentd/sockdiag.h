/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The unix sockets of our own network namespace, asked of the kernel by netlink (sock_diag(7)).
 * /proc/net/unix writes a socket's name as it is, so that whoever binds a name with a newline in
 * it can make up lines; here a name is a name.
 */
#ifndef AGENTD_SOCKDIAG_H
#define AGENTD_SOCKDIAG_H

#include "common/buf.h"
#include "common/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes of an answer: about a hundred for each socket. */
#define SOCKDIAG_MAX (32u << 20)

/* Appends the kernel's whole answer to `b`. 0 or -errno: not every kernel and sandbox allows it. */
int sockdiag_unix(struct buf *b);
/*
 * Takes the next socket off an answer: false when there is none. The name is "" or as bound, for an
 * abstract one with its leading NUL; it points into the answer.
 */
bool sockdiag_unix_next(struct span *rest, uint64_t *ret_inode, struct span *ret_name);

#endif
