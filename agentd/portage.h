/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tables about Gentoo's packages (portage) have in common. */
#ifndef AGENTD_PORTAGE_H
#define AGENTD_PORTAGE_H

#include "agentd/places.h"
#include "common/str.h"

#include <limits.h>

/* Installed packages are folders: CATEGORY/NAME-VERSION. */
#define PORTAGE_DB "/var/db/pkg"

/* ">=cat/name-1.2-r1": "cat/name" and ">=1.2-r1". A single "=" is left out. */
struct portage_atom {
	struct span package;
	struct span compare; /* "", ">=", "<", "~" … */
	struct span version; /* empty: any */
};
void portage_atom(struct span text, struct portage_atom *ret);

/* The folders of installed packages. */
struct portage_db {
	struct places places;
};
void portage_db_open(struct portage_db *db, struct scan *s);
void portage_db_close(struct portage_db *db);
/*
 * As pathwalk_next: PATHWALK_ENTRY with the folder in *ret and what its name says in *ret_atom,
 * which points into that.
 */
int portage_db_next(
	struct portage_db *db, struct pathwalk_entry *ret, struct portage_atom *ret_atom);

#endif
