/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names of an open file: every mount that shows it gives it one more. A rule that is about
 * paths is to be asked about all of them.
 */
#ifndef AGENTD_MOUNTNAMES_H
#define AGENTD_MOUNTNAMES_H

#include <stdbool.h>

/* The mount table, read anew when it has changed. Any thread. */
struct mountnames;

/* NULL when out of memory. */
struct mountnames *mountnames_new(void);
void mountnames_free(struct mountnames *m);

/*
 * Calls `fn` with each absolute name that the file has, the one it was opened by first, until it
 * returns true. Names of other hard links are not among them. 1: it did; 0: it did for none;
 * -EXDEV: likewise, but it was opened by a mount of another mount namespace (/proc/PID/root), and
 * what it is called here is not known; or -errno.
 */
int mountnames_any(
	struct mountnames *m, int fd, bool (*fn)(void *arg, const char *name), void *arg);
/* Calls `fn` with each mount point until it returns true. 1, 0 or -errno. */
int mountnames_points(struct mountnames *m, bool (*fn)(void *arg, const char *point), void *arg);

#endif
