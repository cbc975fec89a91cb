/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store_fav.h"

#include "common/str.h"

#include <stdlib.h>
#include <string.h>

#define FAVOURITES_MAX 10000

void favourites_done(struct favourites *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->of[i].name);
		free(f->of[i].note);
	}
	free(f->of);
	*f = (struct favourites){0};
}

size_t favourites_find(const struct favourites *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->of[i].name, name))
			return i + 1;
	return 0;
}

static int load(struct store *s, struct favourites *ret, struct err *err)
{
	sqlite3_stmt *q;
	size_t cap = 0;
	int step = SQLITE_DONE, r, result = 0;

	r = store_prepare(s, &q, err, "SELECT name, note FROM favourites ORDER BY place, name", "");
	if (r < 0)
		return r;
	while (result == 0 && (step = sqlite3_step(q)) == SQLITE_ROW) {
		struct favourite *f;

		result = array_grow(&ret->of, &cap, ret->n + 1, sizeof(*ret->of), FAVOURITES_MAX);
		if (result < 0)
			break;
		f = &ret->of[ret->n++];
		*f = (struct favourite){store_text(q, 0), store_text(q, 1)};
		if (!f->name || !f->note)
			result = -ENOMEM;
	}
	r = store_end(s, q, step, err);
	return result < 0 ? err_sys(err, -result, "favourites") : r;
}

int favourites_load(struct favourites *ret, struct err *err)
{
	struct store *s;
	int r;

	*ret = (struct favourites){0};
	r = store_open(STORE_READ, &s, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = load(s, ret, err);
	store_close(s);
	return r;
}

/*
 * Places are numbers with gaps of one, made anew each time: twice the place, so that what comes to
 * a place is put before what is there.
 */
static int set(struct store *s, const char *name, size_t place, const char *note, struct err *err)
{
	int r = store_do(s, err,
		"INSERT INTO favourites (name, place, note) VALUES (?1, (SELECT "
		"ifnull(max(place), 0) + 2 FROM favourites), ifnull(?2, '')) ON CONFLICT (name) DO "
		"UPDATE SET note = ifnull(?2, note)",
		"tt", name, note);

	if (r == 0 && place > 0)
		r = store_do(s, err,
			"UPDATE favourites SET place = 2 * ?2 - iif(place < 2 * ?2, -1, 1) WHERE "
			"name = ?1",
			"ti", name, (int64_t)place);
	if (r == 0)
		r = store_exec(s,
			"UPDATE favourites SET place = new.place FROM (SELECT name, 2 * "
			"row_number() OVER (ORDER BY place, name) AS place FROM favourites) AS new "
			"WHERE new.name = favourites.name",
			err);
	return r;
}

static int in_transaction(struct store *s,
	int (*fn)(struct store *s, const void *arg, struct err *err), const void *arg,
	struct err *err)
{
	int r = store_exec(s, "BEGIN IMMEDIATE", err);

	if (r < 0)
		return r;
	r = fn(s, arg, err);
	if (r == 0)
		r = store_exec(s, "COMMIT", err);
	if (r < 0)
		(void)store_exec(s, "ROLLBACK", NULL);
	return r;
}

struct wanted {
	const char *name, *note;
	size_t place;
};

static int set_wanted(struct store *s, const void *arg, struct err *err)
{
	const struct wanted *w = arg;

	return set(s, w->name, w->place, w->note, err);
}

static int remove_wanted(struct store *s, const void *arg, struct err *err)
{
	int r = store_do(s, err, "DELETE FROM favourites WHERE name = ?", "t", (const char *)arg);

	if (r == 0 && sqlite3_changes(s->db) == 0)
		r = err_set(err, ENOENT, "`%s` is no favourite", (const char *)arg);
	return r;
}

int favourite_set(const char *name, size_t place, const char *note, struct err *err)
{
	const struct wanted w = {name, note, place};
	struct store *s;
	int r = store_open(STORE_WRITE, &s, err);

	if (r < 0)
		return r;
	r = in_transaction(s, set_wanted, &w, err);
	store_close(s);
	return r;
}

int favourite_remove(const char *name, struct err *err)
{
	struct store *s;
	int r = store_open(STORE_WRITE, &s, err);

	if (r < 0)
		return r;
	r = in_transaction(s, remove_wanted, name, err);
	store_close(s);
	return r;
}
