/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tables with the columns `path` and `directory` have in common: from constraints to a walk.
 */
#ifndef AGENTD_PATHSCAN_H
#define AGENTD_PATHSCAN_H

#include "agentd/nsroot.h"
#include "agentd/pathwalk.h"
#include "agentd/table.h"
#include "common/buf.h"

#define PATHSCAN_PATH_COLUMN                                                                       \
	{                                                                                          \
		"path", COL_TEXT, COL_INDEX | COL_REQUIRED | COL_LIKE,                             \
			"Absolute path; % matches within one directory, %% also all below"         \
	}
#define PATHSCAN_COLUMNS                                                                           \
	PATHSCAN_PATH_COLUMN,                                                                      \
	{                                                                                          \
		"directory", COL_TEXT, COL_REQUIRED | COL_LIKE, "The directory it is in"           \
	}

struct pathscan_columns {
	unsigned path, directory, pid_with_namespace, mount_namespace_id;
};

struct pathscan {
	struct scan *s;
	struct pathscan_columns cols;
	struct nsroot ns;
	struct pathwalk *walk; /* NULL: no rows */
	const char *directory; /* of `directory = …`, as written; or NULL */
	struct buf left_out;   /* mount points for the warning */
	bool more_left_out;    /* than there is room for */
};

/* 0 or -errno with scan_error said; pathscan_close is then not needed. */
int pathscan_open(struct pathscan *p, struct scan *s, const struct pathscan_columns *cols);
/* Says what was left out. */
void pathscan_close(struct pathscan *p);
/* As pathwalk_next. */
int pathscan_next(struct pathscan *p, struct pathwalk_entry *ret);
/* Sets the four columns. */
void pathscan_row(struct pathscan *p, const struct pathwalk_entry *e);

#endif
