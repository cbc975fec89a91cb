/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process held so that it cannot be taken for another one: its pidfd, and its directory in /proc,
 * known to be of the same process. Signals go through the pidfd, never to a number.
 */
#ifndef AGENTD_PIDREF_H
#define AGENTD_PIDREF_H

#include "agentd/procfs.h"
#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

struct pidref {
	int32_t pid;
	int fd; /* the pidfd, -1 when not open */
	struct procfs_proc proc;
	uint64_t start; /* ticks since boot, as in its stat */
};
#define PIDREF_NONE ((struct pidref){.fd = -1, .proc.fd = -1})

/*
 * 0 or -errno with `err`: -ESRCH there is none (or it is a thread's number), -ENOSYS the kernel has
 * no pidfd (before Linux 5.3). `fs` is of the live machine.
 */
int pidref_open(const struct procfs *fs, int32_t pid, struct pidref *ret, struct err *err);
/* Accepts PIDREF_NONE. */
void pidref_close(struct pidref *p);

/* Have all its threads ended? Whether its parent has taken note of it does not matter. */
bool pidref_ended(const struct pidref *p);
/* As above, waiting until `until_ms` (clock_mono_ms). */
bool pidref_wait_end(const struct pidref *p, int64_t until_ms);
/* 0 or -errno: -ESRCH once it has ended and been reaped. */
int pidref_signal(const struct pidref *p, int sig);
/* 0, -ESRCH when it is gone, or -errno. Spans of *ret point into `text`. */
int pidref_stat(const struct pidref *p, struct buf *text, struct procfs_stat *ret);
/*
 * The state that tells most of what its threads are doing: 'T' when every one of them is stopped,
 * else the state of one that is not, 'D' first; 'Z' when all have ended, 0 when it is gone.
 */
char pidref_state(const struct pidref *p);
/* Waits until all threads are stopped (`stopped`) or not all are: the last state seen. */
char pidref_wait_stopped(const struct pidref *p, bool stopped, int64_t until_ms);

#endif
