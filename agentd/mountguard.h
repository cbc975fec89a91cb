/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keeps readers away from file systems that do not answer: an NFS mount whose server is gone, FUSE
 * whose process hangs. Before a path that leads to a remote mount (mount_type_remote) is touched, a
 * child process touches it (a thread, where the sandbox allows no children); who waits in vain is
 * that child, and at most MOUNTGUARD_STUCK_MAX of them do. Where nothing remote is mounted this
 * costs one poll(2).
 *
 * A mount that answered is trusted for MOUNTGUARD_TRUST_MS; one that dies within that time still
 * holds up who asks it then.
 */
#ifndef AGENTD_MOUNTGUARD_H
#define AGENTD_MOUNTGUARD_H

#include <stdbool.h>

struct root;

/* How long an answer is waited for, and how long it counts. */
#define MOUNTGUARD_WAIT_MS  2000
#define MOUNTGUARD_TRUST_MS 3000
/* Children of one guard that wait for mounts; with more everything remote counts as hung. */
#define MOUNTGUARD_STUCK_MAX 16

struct mountguard;

/* NULL when out of memory. */
struct mountguard *mountguard_new(void);
/* Children that still wait end by themselves once they are answered. Accepts NULL. */
void mountguard_free(struct mountguard *g);
/* Whose paths are those of the root; default: our own. Once, before any check. */
void mountguard_table(struct mountguard *g, const char *table);

/*
 * May the path, which is absolute within `root`, be touched? `how`: as for root_answers. 0, or
 * -EHOSTDOWN: what it leads to does not answer; another -errno where nobody could be sent to ask.
 * Any thread.
 */
int mountguard_check(struct mountguard *g, const struct root *root, const char *path, unsigned how);

#endif
