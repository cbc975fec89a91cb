/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tocsin.db, the console's memory: an SQLite database that several tocsin processes use at once.
 * Here it is opened, made and brought up to date; store_record.h writes runs into it, store_run.h
 * reads them, store_fav.h keeps favourites.
 *
 * A struct store is for one thread at a time.
 */
#ifndef CONSOLE_STORE_H
#define CONSOLE_STORE_H

#include "common/err.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How long to wait for another process that writes. */
#define STORE_BUSY_MS 10000

struct store {
	sqlite3 *db;
};

enum store_mode {
	STORE_READ, /* -ENOENT when there is no database yet */
	STORE_WRITE,
};
/*
 * 0, or -errno with `err`: -ENOENT, -EUCLEAN (damaged), -EPROTONOSUPPORT (of a newer tocsin), …
 * Close it before anything forks.
 */
int store_open(enum store_mode mode, struct store **ret, struct err *err);
void store_close(struct store *s);
/* Renames the database to tocsin.db.TIME; *ret_to: its new path, heap. -ENOENT: there is none. */
int store_move_aside(char **ret_to, struct err *err);

/* ---- For the files that know the schema ---- */

/* As the error of what SQLite said last; `what` comes before it. Returns -err->code. */
int store_fail(struct store *s, const char *what, struct err *err);
int store_exec(struct store *s, const char *sql, struct err *err);
/* Prepares; each letter of `types` takes an argument: i int64_t, t const char * (NULL allowed). */
int store_prepare(struct store *s, sqlite3_stmt **ret, struct err *err, const char *sql,
	const char *types, ...);
/* Likewise; runs it for what it changes and finalizes. */
int store_do(struct store *s, struct err *err, const char *sql, const char *types, ...);
/* Finalizes after the last sqlite3_step returned `step`. */
int store_end(struct store *s, sqlite3_stmt *q, int step, struct err *err);
/* A column as a heap copy; "" and NULL are told apart. */
char *store_text(sqlite3_stmt *q, int column);

#endif
