/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Favourites: lists them, adds one. */
#include "common/log.h"
#include "common/str.h"
#include "console/app.h"
#include "console/command.h"
#include "console/library.h"
#include "console/rows.h"
#include "console/store_fav.h"

#include <string.h>

#define PLACE_MAX 10000

struct fav_values {
	uint64_t place;
	const char *note;
};

static const struct opt fav_opts[] = {
	{0, "place", "N", OPT_UINT, offsetof(struct fav_values, place), 1, PLACE_MAX,
		.doc = "put it in this place of the list (default: the last)"},
	{0, "note", "TEXT", OPT_STRING, offsetof(struct fav_values, note),
		.doc = "a note of your own, shown beside it"},
	OPT_END,
};

static int list(struct app *app, const struct library *l)
{
	static const char *const columns[] = {"place", "name", "title", "note"};
	struct favourites favs;
	struct rows rows;
	struct err err;
	int status = EXIT_NOTHING;

	if (favourites_load(&favs, &err) < 0) {
		log_error("%s", err.text);
	} else {
		rows_begin(&rows, app->format, columns, ARRAY_LEN(columns));
		for (size_t i = 0; i < favs.n; i++) {
			const struct saved *q = library_find(l, favs.of[i].name);

			rows_add(&rows,
				(struct cell[]){{.type = CELL_INT, .i = (int64_t)i + 1},
					rows_text(favs.of[i].name), rows_text(q ? q->title : NULL),
					rows_text(favs.of[i].note)});
		}
		status = rows_end(&rows);
	}
	favourites_done(&favs);
	return status;
}

static int add(const struct library *l, const struct fav_values *v, const char *name)
{
	const struct saved *q = library_find(l, name);
	const char *near = q ? NULL : library_nearest(l, name);
	struct err err;

	if (!q) {
		log_error("no saved query `%s`%s%s%s", name, near ? "; did you mean " : "",
			near ? near : "", near ? "?" : "");
		return EXIT_NOTHING;
	}
	if (v->note && strlen(v->note) > FAV_NOTE_MAX) {
		log_error("a note has at most %d bytes", FAV_NOTE_MAX);
		return EXIT_NOTHING;
	}
	if (favourite_set(name, (size_t)v->place, v->note, &err) == 0)
		return EXIT_ALL_GOOD;
	log_error("%s", err.text);
	return EXIT_NOTHING;
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct fav_values *v = values;
	struct library *l = library_new();
	struct err err;
	int r = l ? library_load(l, &err) : err_sys(&err, ENOMEM, "saved queries");
	int status = EXIT_NOTHING;

	if (r < 0)
		log_error("%s", err.text);
	else
		status = argc > 0 ? add(l, v, argv[0]) : list(app, l);
	library_free(l);
	return status;
}

const struct command command_fav = {
	.name = "fav",
	.args = "[NAME]",
	.summary = "make a saved query a favourite, or list the favourites",
	.help = "Favourites stand first where saved queries are listed on the screen, in the order "
		"given\n"
		"here. For one that is a favourite already, place and note are changed.\n\n"
		"  tocsin fav proc-exe-deleted --place 1 --note 'every morning'",
	.max_args = 1,
	.opts = fav_opts,
	.values_size = sizeof(struct fav_values),
	.run = run,
};
