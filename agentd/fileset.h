/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of a fixed list that a table is made from: of the system, or the same ones in the home
 * directory of each account. Nothing behind a remote mount is touched, since nobody named it: a
 * warning tells how many were left out.
 */
#ifndef AGENTD_FILESET_H
#define AGENTD_FILESET_H

#include "agentd/homes.h"
#include "agentd/nsroot.h"
#include "common/buf.h"
#include "common/str.h"

#include <dirent.h>

/* In place of a column that the table has not. */
#define FILESET_NO_COLUMN ((unsigned)-1)

struct fileset_spec {
	/*
	 * "/etc/hosts": the system's. ".ssh/config": of each home, these before the system's. The
	 * last component may hold one `*`: the regular files in that directory, links to such too.
	 * NULL behind the last one.
	 */
	const char *const *names;
	unsigned uid, pid_with_namespace; /* columns */
	bool loose; /* what is no regular file, or too long for fileset_read, is not worth a warning
		     */
};

struct fileset {
	struct scan *s;
	const struct fileset_spec *spec;
	struct nsroot ns;
	struct homes homes;
	struct remote_mounts *remote, *own_remote;
	bool started, at_homes, at_system;
	const char *const *name; /* the next one; NULL: on to the next home */
	DIR *dir;
	char dir_path[PATH_MAX];
	struct span before, after; /* the `*` */
	struct textfile file;
	bool open;
	bool fresh; /* none of its lines was given out */
	struct buf resolved;
	/* The file at hand. */
	int64_t uid;		  /* whose home it is in; 0 for the system's */
	const char *user;	  /* likewise; NULL for the system's */
	const char *const *which; /* of the list of names */
	char path[PATH_MAX];
};

/* 0 or -ENOMEM; fileset_close is then not needed. */
int fileset_open(struct fileset *f, struct scan *s, const struct fileset_spec *spec);
/* Accepts a zeroed struct. */
void fileset_close(struct fileset *f);

/* What is not FILESET_ONE is what a table's step may return. */
enum fileset_got {
	FILESET_END,
	FILESET_AGAIN, /* a piece of work was done: end the step */
	FILESET_ONE,
};
/* The next path, whether or not there is such a file (a `*` gives only what is). Or -ENOMEM. */
int fileset_next(struct fileset *f);
/* The directory of a path that a `*` gave. */
const char *fileset_dir(const struct fileset *f);
/* Appends what is in that file, up to out->max: 0; else -errno, which was told where it matters. */
int fileset_read(struct fileset *f, struct buf *out);

/*
 * Instead of the two above: all lines of all files, without blanks at both ends. FILESET_ONE: path
 * and uid tell where it stands. *ret_first (may be NULL): it is the first one of its file.
 */
int fileset_line(struct fileset *f, struct span *ret, bool *ret_first);

#endif
