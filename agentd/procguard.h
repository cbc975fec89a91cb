/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes that no action may touch: pid 1, kernel threads, the agent (this process, those above
 * it, and its other children), the session that asks and the sshd above it.
 */
#ifndef AGENTD_PROCGUARD_H
#define AGENTD_PROCGUARD_H

#include "agentd/pidref.h"

#include <sys/stat.h>

/* Processes above one; a chain that is longer is a lie. */
#define PROCGUARD_DEPTH_MAX 64

struct procguard {
	const struct procfs *fs;
	struct {
		int32_t pid;
		uint64_t start;
		bool session; /* of the asking session, else of the agent */
	} kept[2 * PROCGUARD_DEPTH_MAX];
	size_t n;
	int32_t daemon; /* whose children belong to the agent when they run its program */
	uint64_t exe_dev, exe_ino;
};

/* `session`: pid of the process that asks, 0 for none. */
void procguard_init(struct procguard *g, const struct procfs *fs, int32_t session);
/* NULL, or why the process may not be touched: the end of a sentence that begins with its name. */
const char *procguard_why(
	const struct procguard *g, const struct pidref *p, const struct procfs_stat *st);

#endif
