/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Path patterns as osquery has them, cut into components.
 *
 * LIKE: `%` is any run of characters within one component, `%%` as a whole component is one or
 * more components, and behind the last one ("/tmp/x%%") whatever lies below as well; `_` is one
 * character; everything else stands for itself. GLOB: `*`, `?`, `[…]` and `**` likewise.
 *
 * SQLite checks the statement's own LIKE or GLOB again on every row, so what is found here may be
 * more than what was asked, not less: a component with a wildcard is compared as SQLite compares
 * (for LIKE without regard to case). A component without one names exactly that file. Unlike in a
 * shell, a wildcard also matches names that begin with a dot.
 */
#ifndef AGENTD_PATHGLOB_H
#define AGENTD_PATHGLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Components from the first one with a wildcard on; a set of them is one word. */
#define PATHGLOB_PARTS_MAX 64
/* Bytes of a pattern. */
#define PATHGLOB_LEN_MAX 4096

enum pathglob_kind {
	PATHGLOB_LIKE,
	PATHGLOB_GLOB,
};

enum pathglob_part_kind {
	PART_LITERAL,
	PART_WILD,
	PART_DEEP, /* any name, and it stays in force below that */
};

struct pathglob_part {
	const char *text; /* NUL-terminated */
	enum pathglob_part_kind kind;
	bool name_too; /* its only wildcards are `_`: perhaps it was meant as a name */
	bool skips;    /* the PART_DEEP behind it may also match nothing */
};

struct pathglob {
	enum pathglob_kind kind;
	char *text; /* heap; what the others point into */
	const char
		*base; /* the directory before the first wildcard, as written, without its slash */
	struct pathglob_part parts[PATHGLOB_PARTS_MAX];
	size_t n;   /* 0: there is no wildcard, nothing else is set */
	bool slash; /* written with a slash at its end: directories only */
};

/*
 * `below`: as if "/%" stood behind the pattern (for what is in the directories it matches).
 * -EINVAL: does not begin with a slash, or has "." or ".." behind a wildcard; -E2BIG: too long, too
 * many components; -ENOMEM.
 */
int pathglob_init(
	struct pathglob *g, enum pathglob_kind kind, const char *text, size_t len, bool below);
/* Accepts a zeroed struct. */
void pathglob_done(struct pathglob *g);

/*
 * One step down: `at` is the set of parts (bit i for parts[i]) that names in this directory are to
 * be compared with; in the base it is 1.
 */
struct pathglob_next {
	uint64_t below; /* the set for the directory `name` */
	uint64_t links; /* the part of it that also holds behind a symbolic link */
	uint64_t named; /* the part of it that comes from a component naming `name` in full */
	bool hit;	/* `name` is what the pattern is after */
	bool hit_named; /* and a component names it in full */
};
struct pathglob_next pathglob_next(const struct pathglob *g, uint64_t at, const char *name);

#endif
