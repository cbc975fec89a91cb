/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results pane's rows beside those of a run before: what differs is marked. */
#include "console/ui/results.h"

#include "common/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Removed rows that are listed: they are put among the others between two keys. */
#define REMOVED_MAX 20000
#define LINE_MAX    4096

/* ---- Finding ---- */

static void ready(void *ui)
{
	ui_dirty(ui);
}

static void unmark(struct results_pane *v)
{
	compare_free(v->compare);
	v->compare = NULL;
	v->compared = (struct compared){0};
}

/* Without waiting for it, unless there is one already that does not end. */
static void let_go(struct results_pane *v)
{
	if (!v->comparing)
		return;
	compare_stop(v->comparing);
	compare_free(v->ending);
	v->ending = v->comparing;
	v->comparing = NULL;
}

static void reap(struct results_pane *v)
{
	if (!v->ending || !compare_over(v->ending))
		return;
	compare_free(v->ending);
	v->ending = NULL;
}

void results_diff_forget(struct results_pane *v)
{
	let_go(v);
	compare_free(v->ending);
	v->ending = NULL;
	unmark(v);
}

static void stop(struct results_pane *v)
{
	if (!v->diff)
		return;
	v->diff = false;
	let_go(v);
	unmark(v);
	results_unchange(v->results);
	grid_reset(&v->grid);
	results_apply(v);
}

void results_diff_start(struct results_pane *v)
{
	const struct compare_spec spec = {.question = &v->question.of[0],
		.target = v->target,
		.run = v->diff_run,
		.until_us = v->asked_us - 1,
		.answers = v->answers,
		.rows = v->results,
		.hosts = results_hosts(v),
		.n_hosts = v->p.ui->app->n_hosts};
	struct err err;

	/* What the hosts still say belongs to it. */
	if (!v->diff || v->number)
		return;
	let_go(v);
	v->comparing = compare_new(&spec, ready, v->p.ui, &err);
	if (v->comparing)
		return;
	ui_say(v->p.ui, STYLE_BAD, "%s", err.text);
	stop(v);
}

/* ---- Marking ---- */

struct matched {
	size_t of[WIRE_COLUMNS_MAX]; /* of the results */
	size_t at[WIRE_COLUMNS_MAX]; /* of the diff */
	size_t n;
};

/* Those of the diff that are shown: the first is the change itself. */
static void match_columns(
	const struct results *shown, const struct results *diff, struct matched *c)
{
	c->n = 0;
	for (size_t i = 1; i < results_columns_n(diff) && c->n < WIRE_COLUMNS_MAX; i++) {
		size_t at = results_column_named(shown, results_column_name(diff, i));

		if (at == RESULTS_NO_COLUMN)
			continue;
		c->of[c->n] = at;
		c->at[c->n++] = i;
	}
}

static void list_removed(struct results_pane *v, const struct matched *c, row_id row)
{
	const struct results *diff = v->compared.diff->rows;
	struct cell cells[WIRE_COLUMNS_MAX];

	for (size_t i = 0; i < c->n; i++)
		cells[i] = results_unpack(diff, results_cell(diff, row, c->at[i]));
	(void)results_was(v->results, results_host(diff, row), c->of, c->n, cells, 1);
}

static bool is_added(const struct results *diff, row_id row)
{
	struct cell c = results_unpack(diff, results_cell(diff, row, 0));

	return c.n && c.p[0] == 'a';
}

static void mark_all(struct results_pane *v)
{
	const struct compared *c = &v->compared;
	size_t n = results_rows(c->diff->rows), removed = 0;
	struct matched columns;

	results_unchange(v->results);
	match_columns(v->results, c->diff->rows, &columns);
	for (size_t i = 0; i < n; i++) {
		if (c->rows[i] != COMPARE_REMOVED)
			results_set_change(v->results, c->rows[i],
				is_added(c->diff->rows, (row_id)i) ? ROW_ADDED : ROW_CHANGED);
		else if (removed++ < REMOVED_MAX)
			list_removed(v, &columns, (row_id)i);
	}
	results_apply(v);
}

/* What was found is put on the screen; not while rows come in, which start it anew. */
void results_diff_take(struct results_pane *v)
{
	struct compared found;
	struct err err;
	int r = v->comparing && !v->number ? compare_result(v->comparing, &found, &err) : 0;

	reap(v);
	if (r == 0)
		return;
	if (r < 0) {
		ui_say(v->p.ui, r == -ENOENT ? STYLE_WARN : STYLE_BAD, "%s", err.text);
		stop(v);
		return;
	}
	compare_free(v->compare);
	v->compare = v->comparing;
	v->comparing = NULL;
	v->compared = found;
	mark_all(v);
}

/* ---- Saying ---- */

/* "; WORDS web1, web2" of the hosts that were not compared for that reason. */
static void put_apart(
	const struct diff *d, enum diff_apart apart, const char *words, struct buf *out)
{
	bool first = true;

	for (size_t i = 0; i < d->n_hosts; i++) {
		if (d->hosts[i].apart != apart)
			continue;
		(void)buf_printf(
			out, "%s%s%s", first ? "; " : ", ", first ? words : "", d->hosts[i].name);
		first = false;
	}
}

/* A line under the title. */
void results_diff_draw(const struct results_pane *v, struct area a)
{
	const struct diff *d = v->compared.diff;
	char when[RUN_TIME_MAX];
	struct buf line;

	buf_init(&line, LINE_MAX);
	if (d) {
		run_time_text(v->compared.time_us, when);
		(void)buf_printf(&line,
			" compared with run %" PRId64 " of %s: %zu added, %zu removed, %zu changed",
			v->compared.run, when, d->added, d->removed, d->changed);
		if (d->removed > REMOVED_MAX)
			(void)buf_printf(&line, ", %d of the removed listed", REMOVED_MAX);
		put_apart(d, DIFF_ONLY_OLD, "answered only then: ", &line);
		put_apart(d, DIFF_ONLY_NEW, "answered only now: ", &line);
		put_apart(d, DIFF_CUT, "cut off: ", &line);
	} else {
		(void)buf_puts(&line, v->number ? " compared when all have answered"
						: " comparing with the run before…");
	}
	screen_text(a.y, a.x, a.w, STYLE_HINT, true, buf_str(&line), line.len);
	buf_done(&line);
}

const char *results_change_name(const struct results_pane *v, row_id row)
{
	if (results_mark(v->results, row) == ROW_WAS)
		return "removed";
	switch (results_change(v->results, row)) {
	case ROW_ADDED:
		return "added";
	case ROW_CHANGED:
		return "changed";
	default:
		return "";
	}
}

bool results_was_cell(const struct results_pane *v, row_id row, size_t column, struct cell *ret)
{
	return v->diff && v->compare && results_change(v->results, row) == ROW_CHANGED &&
	       compare_was(v->compare, row, results_column_name(v->results, column), ret);
}

/* diff [RUN|off] */
int results_run_diff(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	char *run;

	(void)ui;
	if (argc ? str_eq(argv[0], "off") : v->diff) {
		stop(v);
		return 0;
	}
	run = argc ? strdup(argv[0]) : NULL;
	if (argc && !run)
		return err_sys(err, ENOMEM, "diff");
	free(v->diff_run);
	v->diff_run = run;
	v->diff = true;
	results_diff_start(v);
	return 0;
}
