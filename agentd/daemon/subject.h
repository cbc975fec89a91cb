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

/* In place of a process's descriptor. */
enum {
	SUBJECT_PIDFD_UNKNOWN = -1, /* kernels before 6.5 do not give it */
	SUBJECT_PIDFD_GONE = -2,    /* it has ended */
};

/*
 * uid, gid, groups and pid of a connected socket's other side, and the process that connected,
 * whoever has its number now: a descriptor of it, or one of the above. 0 or -errno; more groups
 * than there is room for are -E2BIG.
 */
int subject_of_socket(int fd, struct subject *ret, int *ret_pidfd);
/*
 * Fills in the user's name (asks the name service: may block) and the address and port of the peer
 * of the sshd that is the nearest privileged ancestor of who->pid, if that is still the process of
 * `pidfd`; "" where there is none.
 */
void subject_look_up(struct subject *who, int pidfd);

#endif
