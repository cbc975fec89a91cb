/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes that have a file open or run it. */
#ifndef AGENTD_OPENERS_H
#define AGENTD_OPENERS_H

#include <jansson.h>
#include <stddef.h>
#include <sys/stat.h>

struct root;

#define OPENERS_SHOWN  16
#define OPENERS_MS_MAX 3000 /* how long it may take to look */

struct openers {
	size_t n;
	char first[96];	   /* "NAME (PID)" of the first one */
	json_t *processes; /* [{"pid":…, "name":…, "running":…}…], OPENERS_SHOWN at most */
};

/* Without this process itself. 0 or -errno; openers_done in any case. */
int openers_find(const struct root *root, const struct stat *st, struct openers *ret);
void openers_done(struct openers *o);

#endif
