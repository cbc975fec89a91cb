/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists and searches the saved queries; takes over those of other programs. */
#include "common/log.h"
#include "common/str.h"
#include "console/app.h"
#include "console/command.h"
#include "console/importrun.h"
#include "console/library.h"
#include "console/listing.h"
#include "console/querytext.h"
#include "console/rows.h"

#include <stdlib.h>
#include <string.h>

struct queries_values {
	const char *show;
	struct importrun_options import;
};

static const struct opt queries_opts[] = {
	{0, "show", "NAME", OPT_STRING, offsetof(struct queries_values, show),
		.doc = "print what this query is about and its SQL"},
	{0, "pack", "NAME", OPT_STRING, offsetof(struct queries_values, import.pack),
		.doc = "import into this pack what belongs to none"},
	{0, "force", NULL, OPT_FLAG, offsetof(struct queries_values, import.force),
		.doc = "import over queries that are there already"},
	OPT_END,
};

/* ---- Searching ---- */

static bool any_has(const struct saved_list *names, const char *word)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcasestr(names->names[i], word))
			return true;
	return false;
}

static bool has_word(const struct saved *q, const char *word)
{
	const char *const texts[] = {q->name, q->pack, q->title, q->tags, q->attack, q->about};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (strcasestr(texts[i], word))
			return true;
	return any_has(&q->packs, word);
}

static bool matches(const struct saved *q, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!has_word(q, argv[i]))
			return false;
	return true;
}

/* The queries in which every word occurs; what cannot be run is told. Free the array. */
static const struct saved **found(const struct library *l, int argc, char **argv, size_t *ret_n)
{
	const struct saved **all = calloc(library_len(l) + 1, sizeof(struct saved *));
	size_t n = 0;

	for (size_t i = 0; all && i < library_len(l); i++) {
		const struct saved *q = library_at(l, i);

		if (q->problem)
			log_note("%s", q->problem);
		else if (matches(q, argc, argv))
			all[n++] = q;
	}
	*ret_n = n;
	return all;
}

/* ---- Listing, for programs ---- */

/* "min_age=0 sha256=" */
static int put_params(struct buf *b, const struct saved *q)
{
	int r = 0;

	buf_reset(b);
	for (size_t i = 0; r == 0 && i < q->n_params; i++)
		r = buf_printf(b, "%s%s=%s", i ? " " : "", q->params[i].name,
			q->params[i].value ? q->params[i].value : "");
	return r;
}

static int put_names(struct buf *b, const struct saved_list *names, const char *between)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < names->n; i++)
		r = buf_printf(b, "%s%s", i ? between : "", names->names[i]);
	return r;
}

static int list_rows(struct app *app, const struct saved *const *all, size_t n)
{
	static const char *const columns[] = {
		"name", "pack", "packs", "title", "tags", "attack", "params"};
	struct buf params, packs;
	struct rows rows;

	buf_init(&params, SAVED_FILE_MAX);
	buf_init(&packs, SAVED_FILE_MAX);
	rows_begin(&rows, app->format, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < n; i++) {
		const struct saved *q = all[i];

		buf_reset(&packs);
		if (put_params(&params, q) < 0 || put_names(&packs, &q->packs, " ") < 0)
			continue;
		rows_add(&rows,
			(struct cell[]){rows_text(q->name), rows_text(q->pack),
				rows_text(buf_str(&packs)), rows_text(q->title), rows_text(q->tags),
				rows_text(q->attack), rows_text(buf_str(&params))});
	}
	buf_done(&params);
	buf_done(&packs);
	return rows_end(&rows);
}

/* ---- One of them ---- */

static int show(const struct library *l, const char *name)
{
	const struct saved *q = library_find(l, name);
	const char *near = q ? NULL : library_nearest(l, name);

	if (!q || q->problem) {
		if (q)
			log_error("%s", q->problem);
		else
			log_error("no saved query `%s`%s%s%s", name, near ? "; did you mean " : "",
				near ? near : "", near ? "?" : "");
		return EXIT_NOTHING;
	}
	return querytext_print(q);
}

/* For people a listing of its own, for programs rows. */
static int list(struct app *app, const struct library *l, int argc, char **argv)
{
	size_t n;
	const struct saved **all = found(l, argc, argv, &n);
	int status;

	if (!all) {
		log_error("out of memory");
		return EXIT_NOTHING;
	}
	if (str_eq(app->format->name, "table"))
		status = listing_print(all, n);
	else
		status = list_rows(app, all, n);
	free(all);
	return status;
}

static int from_library(struct app *app, const struct queries_values *v, int argc, char **argv)
{
	struct library *l = library_new();
	struct err err;
	int r = l ? library_load(l, &err) : err_sys(&err, ENOMEM, "saved queries"), status;

	if (r < 0) {
		log_error("%s", err.text);
		status = EXIT_NOTHING;
	} else {
		status = v->show ? show(l, v->show) : list(app, l, argc, argv);
	}
	library_free(l);
	return status;
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct queries_values *v = values;

	/* Alone it is a word to search for. */
	if (argc > 1 && str_eq(argv[0], "import"))
		return importrun(app, &v->import, argc - 1, argv + 1);
	return from_library(app, v, argc, argv);
}

const struct command command_queries = {
	.name = "queries",
	.args = "[WORD … | import FILE …]",
	.summary = "list and search the saved queries, or import other programs'",
	.help = "Lists them by pack: all, or those in whose name, packs, title, tags, ATT&CK "
		"technique\n"
		"or description every word occurs. Saved queries are looked for in the program's "
		"data, in\n"
		"/usr/share/tocsin/queries and in ~/.config/tocsin/queries; of two with one name "
		"the\n"
		"last counts.\n\n"
		"import takes osquery's packs and configurations, Fleet's YAML and plain SQL into "
		"the\n"
		"last of these, and says which queries do not prepare and why.\n\n"
		"  tocsin queries ssh\n"
		"  tocsin queries --dry-run import incident-response.conf",
	.max_args = -1,
	.opts = queries_opts,
	.values_size = sizeof(struct queries_values),
	.run = run,
};
