/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in places known beforehand: the entries of some patterns, the lines of some files. */
#ifndef AGENTD_PLACES_H
#define AGENTD_PLACES_H

#include "agentd/mounttab.h"
#include "agentd/nsroot.h"
#include "agentd/pathwalk.h"
#include "agentd/table.h"
#include "agentd/textfile.h"
#include "common/str.h"

#include <limits.h>

struct places {
	struct scan *s;
	const struct root *root;
	const char *mounts;
	const char *const *patterns; /* GLOB, NULL behind the last one */
	struct pathwalk *walk;
	const struct remote_mounts *remote; /* the caller's, or own_remote */
	struct remote_mounts *own_remote;
};

/*
 * `root`: NULL for no entries. The patterns stay the caller's. What lies behind a remote mount is
 * left out, and counted as skipped: nobody named it.
 */
void places_init(struct places *p, struct scan *s, const struct root *root, const char *mounts,
	const char *const *patterns);
void places_done(struct places *p);
/* As pathwalk_next; what cannot be read is counted as skipped. */
int places_next(struct places *p, struct pathwalk_entry *ret);

/* The lines of regular files in such places. */
struct placelines {
	struct places places;
	struct textfile file;
	bool open;
	char path[PATH_MAX]; /* of the file at hand */
};

enum placelines_got {
	PLACELINES_END,
	PLACELINES_LINE,
	PLACELINES_FILE,     /* a file begins: `path` is set */
	PLACELINES_FILE_END, /* it ends */
	PLACELINES_AGAIN,
};

void placelines_init(struct placelines *p, struct scan *s, const struct root *root,
	const char *mounts, const char *const *patterns);
void placelines_done(struct placelines *p);
/* enum placelines_got or -ENOMEM. The line is as textfile_next has it. */
int placelines_next(struct placelines *p, char **ret_line, size_t *ret_len);

#endif
