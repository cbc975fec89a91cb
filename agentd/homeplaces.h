/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands in places known beforehand in the homes of local accounts. Homes behind a remote
 * mount are left out, with a warning: nobody named them.
 */
#ifndef AGENTD_HOMEPLACES_H
#define AGENTD_HOMEPLACES_H

#include "agentd/homes.h"
#include "agentd/mounttab.h"
#include "agentd/nsroot.h"
#include "agentd/places.h"
#include "common/str.h"

struct homeplaces {
	struct nsroot ns;
	struct homes homes;
	struct remote_mounts *remote;
	struct places places;
	const char *const *relative, *const *next; /* GLOB, without a slash in front */
	bool in_home;
	char pattern[PATH_MAX];
	const char *patterns[2];
	/* Of the entry at hand. */
	int64_t uid;
	size_t which; /* of the list of patterns */
};

/* As `pid_with_namespace` of a table that has no such column. */
#define HOMEPLACES_NO_COLUMN ((unsigned)-1)

/* `uid`: the column that may be constrained. 0 or -ENOMEM; homeplaces_done is then not needed. */
int homeplaces_init(struct homeplaces *h, struct scan *s, const char *const *relative, unsigned uid,
	unsigned pid_with_namespace);
/* Accepts a zeroed struct. */
void homeplaces_done(struct homeplaces *h);
/* As pathwalk_next. */
int homeplaces_next(struct homeplaces *h, struct pathwalk_entry *ret);

#endif
