/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets of our own network namespace, asked of the kernel by netlink (sock_diag(7)). It is
 * quicker than reading /proc/net, whose files are made 4 KiB at a time, and truer: /proc/net/unix
 * writes a socket's name as it is, so that whoever binds a name with a newline in it can make up
 * lines; here a name is a name.
 */
#ifndef AGENTD_SOCKDIAG_H
#define AGENTD_SOCKDIAG_H

#include "agentd/netlink.h"
#include "agentd/sockets.h"

/* Can these be asked for? Unix sockets, TCP and UDP. */
bool sockdiag_knows(uint16_t family, uint16_t protocol);
/*
 * Asks for all of them; netlink_next gives the answers, netlink_done may be called in any case.
 * 0 or -errno. Not every kernel and sandbox allows it: the first answer may be an error as well.
 */
int sockdiag_ask(struct netlink *n, uint16_t family, uint16_t protocol);
/*
 * Fills all of the sock but ns, family, protocol and what its caller keeps there; false when the
 * message is about no socket of that family. The name of a unix socket is "" or as bound, an
 * abstract one with its leading NUL; it points into the message.
 */
bool sockdiag_read(const struct netlink_message *m, struct sock *k, struct span *ret_name);

#endif
