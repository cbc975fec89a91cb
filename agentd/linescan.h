/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tables have in common whose rows are the lines of one file of the host. */
#ifndef AGENTD_LINESCAN_H
#define AGENTD_LINESCAN_H

#include "agentd/table.h"
#include "agentd/textfile.h"
#include "common/str.h"

struct linescan {
	struct textfile file;
	const char *path; /* the caller's */
	bool open;
	size_t bad; /* lines that the caller can make nothing of: it counts, close says so */
};

enum linescan_got {
	LINESCAN_END,
	LINESCAN_LINE,
	LINESCAN_AGAIN, /* end the step, then ask again */
};

/*
 * A file that is not there has no lines; what else is in the way becomes a warning. 0 or -ENOMEM:
 * in either case `l` may be given to linescan_close.
 */
int linescan_open(struct linescan *l, struct scan *s, const char *path);
/* As above for a descriptor, which it takes over; `path` is for warnings. 0 or -ENOMEM. */
int linescan_open_fd(struct linescan *l, int fd, const char *path);
/*
 * The next line, without its newline, with a NUL behind it and valid until the next call. Reading
 * that fails is a warning and the end.
 */
enum linescan_got linescan_next(struct linescan *l, struct scan *s, struct span *ret);
/* Says what was left out. Accepts one that is not open. */
void linescan_close(struct linescan *l, struct scan *s);

#endif
