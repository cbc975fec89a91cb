/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Favourites: saved queries in the order and with the notes of one's own. */
#ifndef CONSOLE_STORE_FAV_H
#define CONSOLE_STORE_FAV_H

#include "console/store.h"

#define FAV_NOTE_MAX 1000 /* bytes */

struct favourite {
	char *name, *note; /* note: "" for none */
};
struct favourites {
	struct favourite *of; /* in their order */
	size_t n;
};

/* All of them. No database: none. `ret` is to be given to favourites_done in any case. */
int favourites_load(struct favourites *ret, struct err *err);
void favourites_done(struct favourites *f);
/* Its place from 1 on, or 0. */
size_t favourites_find(const struct favourites *f, const char *name);
/*
 * Adds it, or changes it where it is one already. `place` from 1 on, 0: at the end, or where it is;
 * `note` NULL: as it was.
 */
int favourite_set(const char *name, size_t place, const char *note, struct err *err);
/* -ENOENT with `err` when it is none. */
int favourite_remove(const char *name, struct err *err);

#endif
