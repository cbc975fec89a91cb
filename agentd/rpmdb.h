/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rpm's database of installed packages: SQLite's (rpm 4.16 and later: RHEL 9, Fedora), or one of
 * the other formats (rpmold.h), in which every look-up reads all of it.
 */
#ifndef AGENTD_RPMDB_H
#define AGENTD_RPMDB_H

#include "agentd/rpmold.h"
#include "agentd/table.h"

#include <sqlite3.h>
#include <stddef.h>

/* Bytes of one package's header. */
#define RPMDB_HEADER_MAX (64 << 20)

struct root;

/* Which packages: `key` in the index, both NULL for all. */
enum rpmdb_index { RPMDB_ALL, RPMDB_BY_NAME, RPMDB_BY_BASENAME };

struct rpmdb {
	struct scan *s;
	int fd;
	sqlite3 *db; /* NULL: there is none, or it cannot be read */
	sqlite3_stmt *next;
	struct rpmold old;
	bool is_old;
	const char *name; /* the only package wanted, or NULL */
};

/*
 * Warns when what is there cannot be read. `key` must stay. 0 or -ENOMEM; rpmdb_close may be called
 * in any case, also on a zeroed struct.
 */
int rpmdb_open(struct rpmdb *d, struct scan *s, const struct root *root, enum rpmdb_index by,
	const char *key);
void rpmdb_close(struct rpmdb *d);
/* 1 with the header of the next package, valid until the next call; 0 at the end. */
int rpmdb_next(struct rpmdb *d, const void **ret_header, size_t *ret_n);

#endif
