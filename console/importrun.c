/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/importrun.h"

#include "common/log.h"
#include "console/command.h"
#include "console/import.h"
#include "console/interrupt.h"
#include "console/prepares.h"
#include "console/rows.h"
#include "console/shelf.h"

#include <errno.h>
#include <stdlib.h>

enum outcome { IMPORTED, PLANNED, EXISTS, SKIPPED, FAILED, OUTCOMES };
static const char *const outcome_names[] = {"imported", "planned", "exists", "skipped", "failed"};

struct importrun {
	struct app *app;
	const struct importrun_options *o;
	struct shelf shelf;
	struct rows rows;
	struct buf why; /* of prepares_check */
	bool can_check; /* the agent here tells what prepares */
	size_t counts[OUTCOMES], unprepared;
};

/* ---- One query ---- */

static void put_row(struct importrun *ir, const struct imported *q, const char *name,
	enum outcome outcome, const char *prepares, const char *detail)
{
	ir->counts[outcome]++;
	rows_add(&ir->rows,
		(struct cell[]){rows_text(name), rows_text(q->pack),
			rows_text(outcome_names[outcome]), rows_text(prepares), rows_text(detail)});
}

static const char *prepares(struct importrun *ir, const struct imported *q)
{
	buf_reset(&ir->why);
	if (!ir->can_check)
		return "unknown";
	switch (prepares_check(ir->app->agent, q->sql, &ir->why)) {
	case PREPARES_YES:
		return "yes";
	case PREPARES_NO:
		ir->unprepared++;
		return "no";
	default:
		return "unknown";
	}
}

/* What else the reader should know: why it does not prepare, or why it has another name. */
static const char *detail(
	struct importrun *ir, const struct imported *q, const struct shelf_place *place)
{
	if (ir->why.len == 0 && place->renamed)
		(void)buf_printf(&ir->why, "there is another query named %s", q->name);
	return buf_str(&ir->why);
}

static void place_query(struct importrun *ir, const struct imported *q)
{
	struct shelf_place place;
	struct err err;
	const char *does;
	int r = shelf_find(&ir->shelf, q->pack, q->name, &place);

	if (r < 0) {
		put_row(ir, q, q->name, FAILED, "",
			r == -EEXIST ? "the name is taken, and so is PACK-NAME" : "out of memory");
		return;
	}
	if (place.there && !ir->o->force) {
		put_row(ir, q, place.name, EXISTS, "", "left as it is; --force overwrites it");
		return;
	}
	does = prepares(ir, q);
	if (ir->app->o.dry_run)
		put_row(ir, q, place.name, PLANNED, does, detail(ir, q, &place));
	else if (shelf_put(&ir->shelf, q->pack, &place, q->text, ir->o->force, &err) < 0)
		put_row(ir, q, place.name, FAILED, does, err.text);
	else
		put_row(ir, q, place.name, IMPORTED, does, detail(ir, q, &place));
}

static void take_query(struct importrun *ir, const struct imported *q)
{
	if (q->skipped)
		put_row(ir, q, q->name, SKIPPED, "", q->skipped);
	else if (q->problem)
		put_row(ir, q, q->name, FAILED, "", q->problem);
	else
		place_query(ir, q);
}

/* ---- All of them ---- */

/* An agent of another version may not know how to check. */
static void look_for_agent(struct importrun *ir)
{
	ir->can_check = prepares_check(ir->app->agent, "select 1", &ir->why) == PREPARES_YES;
	if (!ir->can_check)
		log_note("there is no agent on this machine that could tell whether the queries "
			 "prepare (%s): they are not checked",
			buf_str(&ir->why));
}

static void sum_up(const struct importrun *ir)
{
	bool planned = ir->app->o.dry_run;

	log_note("%zu %s %s; %zu there already, %zu skipped, %zu failed%s",
		ir->counts[planned ? PLANNED : IMPORTED],
		planned ? "would be imported into" : "imported into", ir->shelf.directory,
		ir->counts[EXISTS], ir->counts[SKIPPED], ir->counts[FAILED],
		ir->can_check ? "" : "; not checked whether they prepare");
	if (ir->unprepared)
		log_note("%zu of them %s not prepare on this machine's agent", ir->unprepared,
			ir->unprepared == 1 ? "does" : "do");
	if (getenv("TOCSIN_QUERIES"))
		log_note("TOCSIN_QUERIES is set: what was imported is seen without it only");
}

static int take_all(struct importrun *ir, const struct imports *all)
{
	static const char *const columns[] = {"name", "pack", "status", "prepares", "detail"};
	int status;

	look_for_agent(ir);
	rows_begin(&ir->rows, ir->app->format, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < all->n && !interrupted(); i++)
		take_query(ir, &all->all[i]);
	status = rows_end(&ir->rows);
	sum_up(ir);
	if (interrupted())
		return EXIT_INTERRUPT;
	return status == EXIT_ALL_GOOD && ir->counts[FAILED] ? EXIT_INCOMPLETE : status;
}

static int with_library(struct importrun *ir, const struct imports *all)
{
	struct library *library = library_new();
	struct err err;
	int r = library ? library_load(library, &err) : err_sys(&err, ENOMEM, "saved queries");
	int status = EXIT_NOTHING;

	if (r == 0)
		r = shelf_init(&ir->shelf, library, &err);
	if (r == 0)
		status = take_all(ir, all);
	else
		log_error("%s", err.text);
	shelf_done(&ir->shelf);
	library_free(library);
	return status;
}

int importrun(struct app *app, const struct importrun_options *o, int n_files, char **files)
{
	struct importrun ir = {.app = app, .o = o};
	struct imports all = {0};
	int status = EXIT_ALL_GOOD;
	struct err err;

	/* Nothing is written unless all files could be read. */
	for (int i = 0; status == EXIT_ALL_GOOD && i < n_files; i++) {
		if (import_read(&all, files[i], o->pack, &err) < 0) {
			log_error("%s", err.text);
			status = EXIT_NOTHING;
		}
	}
	buf_init(&ir.why, PREPARES_WHY_MAX);
	if (status == EXIT_ALL_GOOD)
		status = with_library(&ir, &all);
	buf_done(&ir.why);
	imports_done(&all);
	return status;
}
