/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The entries that a path, a directory or a pattern stands for, one by one.
 *
 * A walk opens directories by descriptor, name by name, so that nothing renamed meanwhile leads it
 * elsewhere. It never follows a symbolic link below `%%`, never leaves the root, enters no file
 * system of /proc's kind twice, and where a wildcard merely came across a remote mount (see
 * mount_type_remote) it neither enters nor touches it. The same entry comes once. In one
 * directory, its entries come before anything below them.
 */
#ifndef AGENTD_PATHWALK_H
#define AGENTD_PATHWALK_H

#include "agentd/pathglob.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct buf;
struct root;

/* Levels of directories below the base; what is deeper is skipped. */
#define PATHWALK_DEPTH_MAX 1024
/* Bytes of a path; what is longer is skipped. */
#define PATHWALK_PATH_MAX (64u << 10)
/* Directories open at once: the base, those deepest down, and PATHGLOB_PARTS_MAX more by links. */
#define PATHWALK_FDS_MAX 32
/* Bytes of the names of directories that wait to be entered; what is more is skipped. */
#define PATHWALK_WAITING_MAX (32u << 20)

struct pathwalk_entry {
	const char *path; /* NUL-terminated, valid until the next call */
	size_t path_len;
	size_t dir_len;	  /* bytes of the path that are the directory; 0 for "/" itself */
	const char *name; /* the last component; a NUL behind it where dirfd is not -1 */
	size_t name_len;
	unsigned char type; /* DT_*, perhaps DT_UNKNOWN */
	bool named;	    /* asked for by its full name, not come across */
	bool remote;	    /* a remote mount point that was come across: not to be touched */
	bool ask;	    /* a remote mount point that was named: it may not answer */
	int dirfd;	    /* of the directory that holds the name, or -1: reach it by its path */
};

/* What the walk tells on its way; any may be NULL. */
struct pathwalk_hooks {
	/* A directory could not be read, or not to its end: positive errno. */
	void (*skipped)(void *arg, int err);
	/* A mount point was not entered: the type of what is mounted, or "again". */
	void (*left_out)(void *arg, const char *path, const char *type);
	void *arg;
	/* Where this path leads to does not answer: it was given up (mountguard.h). */
	void (*no_answer)(void *arg, const char *path);
};

struct pathwalk;

/* `mounts`: the table, as for remote_mounts_new. NULL when out of memory. */
struct pathwalk *pathwalk_new(
	const struct root *root, const char *mounts, const struct pathwalk_hooks *hooks);
void pathwalk_free(struct pathwalk *w);

/*
 * Where to walk: one of these, once, before pathwalk_next. What does not exist is no error. 0,
 * -EINVAL for a path that does not begin with a slash, -ENOMEM, or what pathglob_init gives.
 */
/* The one entry with this path; shown as written. */
int pathwalk_path(struct pathwalk *w, const char *path);
/* What is in this directory. */
int pathwalk_dir(struct pathwalk *w, const char *path);
/*
 * As pathglob_init; without a wildcard it is pathwalk_path or, with `below`, pathwalk_dir. After a
 * pattern with a slash at its end paths (with `below`: directories) are shown with one.
 */
int pathwalk_glob(
	struct pathwalk *w, enum pathglob_kind kind, const char *pattern, size_t len, bool below);

enum pathwalk_got {
	PATHWALK_END,
	PATHWALK_ENTRY,
	PATHWALK_AGAIN, /* much was looked at without an entry: look whether to go on */
};
/* enum pathwalk_got or -ENOMEM. */
int pathwalk_next(struct pathwalk *w, struct pathwalk_entry *ret);

/*
 * 0 or -errno; -EREMOTE where it would touch a remote mount that was not asked for, -EHOSTDOWN
 * where one that was asked for does not answer.
 */
/* The entry's attributes; `follow`: those of what a link leads to. */
int pathwalk_stat(
	struct pathwalk *w, const struct pathwalk_entry *e, bool follow, struct statx *ret);
/* Appends the target of a symbolic link. */
int pathwalk_readlink(struct pathwalk *w, const struct pathwalk_entry *e, struct buf *out);
/* A descriptor (O_PATH) of the entry, or of what a link leads to: nothing is acted upon. */
int pathwalk_open_path(struct pathwalk *w, const struct pathwalk_entry *e, bool follow);
/* Opens a regular file for reading, also behind a link. -EINVAL, -EISDIR for what is none. */
int pathwalk_open(struct pathwalk *w, const struct pathwalk_entry *e);

#endif
