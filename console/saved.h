/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A saved query: a file of SQL that begins with comments such as `-- name: x`, tocsin(1). */
#ifndef CONSOLE_SAVED_H
#define CONSOLE_SAVED_H

#include <stdbool.h>
#include <stddef.h>

#define SAVED_FILE_MAX	 (256u << 10) /* bytes of one file */
#define SAVED_PARAMS_MAX 64	      /* of one query */
#define SAVED_NAME_MAX	 64	      /* bytes of the name of a query, parameter, pack or column */
#define SAVED_LIST_MAX	 64	      /* names of one list */

struct saved_param {
	char *name, *doc;
	char *value; /* default; NULL: one must be given */
};

struct saved_list {
	char **names;
	size_t n;
};

struct saved {
	char *name;
	char *pack; /* the folder's path below the directory, "" for none */
	char *path; /* of the file */
	char *title, *tags, *attack, *about; /* "" where the file does not say */
	char *sql;			     /* without the comments at its head */
	struct saved_param *params;
	size_t n_params;
	struct saved_list packs; /* those it belongs to beside its folder */
	/* Columns: which tell rows apart, and which say nothing when they differ. */
	struct saved_list key, diff_ignore;
	/* Why it cannot be run ("path:line: …"), or NULL. Name, pack and path are set even so. */
	char *problem;
};

/*
 * Reads a query from the text of a file. Always fills `ret` as far as it got, which is to be given
 * to saved_done; what is wrong with the text stands in `problem`. `path` gives the name where the
 * text has none. 0 or -ENOMEM.
 */
int saved_parse(const char *path, const char *pack, const char *text, size_t n, struct saved *ret);
void saved_done(struct saved *q);

/* Does it belong to this pack, to a folder within it, or say so? */
bool saved_in_pack(const struct saved *q, const char *pack);

#endif
