/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Putting saved queries into the user's own library, ~/.config/tocsin/queries. */
#ifndef CONSOLE_SHELF_H
#define CONSOLE_SHELF_H

#include "common/err.h"
#include "console/library.h"
#include "console/paths.h"
#include "console/saved.h"

#include <stdbool.h>

struct shelf {
	char directory[PATH_TEXT_MAX];
	const struct library *library; /* what names are taken */
	struct map *ours;	       /* names given out so far -> the pack that has them */
};

/* Makes nothing yet. `library` must outlive it. 0 or -errno with `err`. */
int shelf_init(struct shelf *s, const struct library *library, struct err *err);
void shelf_done(struct shelf *s);

/* A query's place: its file is PACK/NAME.sql. */
struct shelf_place {
	char name[SAVED_NAME_MAX + 1];
	bool renamed; /* it is PACK-NAME, since a query of another pack has the name */
	bool there;   /* the file is there already */
};
/*
 * Finds the place. A name belongs to one query of all directories: one that another pack or the
 * program itself has is not taken from it. 0 or -ENOMEM, -EEXIST when PACK-NAME is taken as well.
 */
int shelf_find(struct shelf *s, const char *pack, const char *name, struct shelf_place *ret);
/* Writes the file, whole or not at all. `force`: in the place of one that is there. */
int shelf_put(const struct shelf *s, const char *pack, const struct shelf_place *place,
	const char *text, bool force, struct err *err);

#endif
