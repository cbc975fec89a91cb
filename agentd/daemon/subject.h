/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is at the other end of a session's connection: the kernel's word for the user and groups, the
 * process tree's for the address of the ssh client.
 */
#ifndef AGENTD_DAEMON_SUBJECT_H
#define AGENTD_DAEMON_SUBJECT_H

#include "agentd/policy.h"

/* Processes between a session and its sshd, at most. */
#define SUBJECT_ANCESTORS_MAX 64

/*
 * uid, gid, groups and pid of a connected socket's other side. 0 or -errno; more groups than there
 * is room for are -E2BIG.
 */
int subject_of_socket(int fd, struct subject *ret);
/*
 * Fills in the user's name (asks the name service: may block) and the address and port of the peer
 * of the sshd that is the nearest privileged ancestor of who->pid; "" where there is none.
 */
void subject_look_up(struct subject *who);

#endif
