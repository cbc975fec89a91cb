/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local accounts and their home directories, one by one, from /etc/passwd. */
#ifndef AGENTD_HOMES_H
#define AGENTD_HOMES_H

#include "agentd/table.h"
#include "agentd/textfile.h"

#include <limits.h>

struct root;

struct homes {
	struct scan *s;
	struct textfile file;
	bool open;
	bool by_uid; /* only accounts with this number */
	int64_t uid;
	/* Of the one at hand. */
	int64_t its_uid;
	char name[NAME_MAX + 1]; /* longer ones are cut */
	char dir[PATH_MAX];	 /* without slashes at its end: "" for "/" */
};

/* `uid`: the column that may be constrained. 0 or -ENOMEM; what is in the way becomes a warning. */
int homes_open(struct homes *h, struct scan *s, const struct root *root, unsigned uid);
/* Accepts a zeroed struct. */
void homes_close(struct homes *h);
/* 1 with the next one that has a home directory, 0 at the end. */
int homes_next(struct homes *h);

#endif
