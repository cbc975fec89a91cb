/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The saved queries of all directories, and the runbooks among them. A folder of queries is a pack;
 * a query may name more packs that it belongs to. Of two with one name that of the later directory
 * counts.
 */
#ifndef CONSOLE_LIBRARY_H
#define CONSOLE_LIBRARY_H

#include "common/err.h"
#include "console/saved.h"

#include <stddef.h>

#define LIBRARY_FILES_MAX 10000 /* of one directory, folders included */
#define LIBRARY_DEPTH_MAX 4	/* folders within each other */

struct library;

/* Empty; NULL when out of memory. */
struct library *library_new(void);
void library_free(struct library *l);
/*
 * Reads the directories of $TOCSIN_QUERIES (colon-separated) alone where it is set, else the
 * program's, the system's and the user's. One that is not there is skipped, except when named by
 * the variable. 0 or -errno with `err`.
 */
int library_load(struct library *l, struct err *err);
/* Reads one more directory; -ENOENT when it is not there. */
int library_add(struct library *l, const char *directory, struct err *err);

/* Sorted by pack and name once something was read. */
size_t library_len(const struct library *l);
const struct saved *library_at(const struct library *l, size_t i);
/* By its name; NULL: there is none. */
const struct saved *library_find(const struct library *l, const char *name);
/* The name of a query or pack nearest to `name`, or NULL. */
const char *library_nearest(const struct library *l, const char *name);

/* A file NAME.runbook. */
struct library_book {
	char *name, *path;
};
/* Sorted by name once something was read. */
size_t library_books_len(const struct library *l);
const struct library_book *library_book_at(const struct library *l, size_t i);
const struct library_book *library_book_find(const struct library *l, const char *name);
const char *library_book_nearest(const struct library *l, const char *name);

#endif
