/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Queries that other programs' files hold, made into saved queries. To add a format: write
 * console/import/NAME.c that ends in `const struct import_format import_format_NAME`.
 */
#ifndef CONSOLE_IMPORT_H
#define CONSOLE_IMPORT_H

#include "common/err.h"
#include "common/map.h"
#include "common/str.h"
#include "console/saved.h"

#include <stdbool.h>
#include <stddef.h>

#define IMPORT_FILE_MAX	   (16u << 20) /* bytes of one file */
#define IMPORT_QUERIES_MAX 5000	       /* of all files together */

/* What a file tells of one query, as it stands there; p NULL: nothing. */
struct import_text {
	struct span pack, name, title, about, tags, sql;
	struct span platform; /* names of systems, with commas, blanks or bars between them */
	/* With either sql is not looked at: */
	const char *elsewhere; /* where the query is, if not in this file */
	const char *problem;   /* why there is no query to be had */
};

struct imported {
	char *pack, *name; /* fit for file names: letters, digits, '_', '-' and '.' */
	char *text;	   /* of the saved query's file; "" with `skipped` or `problem` */
	char *sql;	   /* in it, without the head */
	char *skipped;	   /* why it is not for us: for other systems, in another file; or NULL */
	char *problem;	   /* why it is none at all, or NULL */
};

/* Zeroed: none. */
struct imports {
	struct imported *all;
	size_t n, cap;
	struct map *names; /* PACK/NAME of all */
};

/* A file being read. */
struct import_source {
	const char *path;
	const char *stem; /* its name without folders and suffix */
	const char *pack; /* that the user wants its queries in, or NULL */
};

struct import_format {
	const char *name;
	const char *const *suffixes; /* of its files' names, NULL-ended */
	/* Does a file with another suffix look like one? */
	bool (*looks)(struct span text);
	/* Calls imports_add for each query. 0 or -errno with `err`, which names the file. */
	int (*read)(struct imports *to, const struct import_source *from, struct span text,
		struct err *err);
};

/* All formats, sorted by name, NULL at the end (generated). */
extern const struct import_format *const import_formats_all[];

/*
 * Adds the queries of a file, in the format that its name or else its content speaks for. `pack`
 * (may be NULL) is for those that the file puts into none. 0 or -errno with `err`.
 */
int import_read(struct imports *to, const char *path, const char *pack, struct err *err);
void imports_done(struct imports *i);

/* ---- For the formats ---- */

/*
 * Adds one: names are made safe, what describes it goes to the head of its text. 0, -ENOMEM, or
 * -E2BIG with `err`.
 */
int imports_add(struct imports *to, const struct import_text *t, struct err *err);
/* The value of `-- key: value` in the comments at the head of the SQL; p NULL: there is none. */
struct span import_head_value(struct span sql, const char *key);

#endif
