/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting a program without a shell. */
#ifndef COMMON_SPAWN_H
#define COMMON_SPAWN_H

#include "common/err.h"

#include <sys/types.h>

struct spawned {
	pid_t pid;
	int fd;	    /* a stream socket: its stdin and stdout, non-blocking on our side */
	int err_fd; /* read end of its stderr, non-blocking, or -1 */
};

/*
 * Starts argv[0] (looked up in PATH) with both ends of one socket pair as stdin and stdout, its own
 * process group, default signal handlers and no blocked signals. `want_stderr` 0 lets it inherit
 * ours. 0 or -errno with `err`; a program that cannot be started is reported here.
 */
int spawn(const char *const *argv, int want_stderr, struct spawned *ret, struct err *err);
/* Closes the descriptors, sends SIGTERM, then SIGKILL after `grace_ms`, and reaps. */
void spawn_end(struct spawned *s, int grace_ms);

/*
 * As spawn_end for a process that ends by itself: waits up to `ms` first. Returns its status as
 * waitpid(2) tells it, or -ETIMEDOUT when it had to be ended.
 */
int spawn_wait(struct spawned *s, int ms);

#endif
