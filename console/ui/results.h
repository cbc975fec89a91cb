/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Private to the results pane: panes/results.c are its commands and keys, asked.c the question and
 * its rows, rowview.c what is seen of them.
 */
#ifndef CONSOLE_UI_RESULTS_H
#define CONSOLE_UI_RESULTS_H

#include "console/questions.h"
#include "console/results.h"
#include "console/store_record.h"
#include "console/ui/grid.h"
#include "console/ui/ui.h"
#include "console/view.h"

/* Rows of a folded line that are looked at. */
#define UNFOLD_MAX 100000

/* Columns of the grid before those of the results. */
enum { COLUMN_HOST, COLUMNS_BEFORE };

struct results_pane {
	struct pane p;
	struct questions question; /* one */
	char *words;
	struct results *results;
	struct view *view;
	struct view_lines lines;
	struct grid grid;

	int64_t number; /* of the question that runs or waits, 0: none */
	bool asked_once, refreshing, paused, raw, background;
	size_t to_answer, failed, refused; /* hosts of the last run */
	struct record *record;		   /* of the question that runs, or NULL */
	uint64_t series;		   /* of the refreshes; 0: there was none yet */
	int64_t begun_ms;
	int64_t watch_ms, next_ms, refreshed_ms;

	char *filter, *last_filter;
	struct view_key keys[VIEW_KEYS];
	bool fold;
	bool *hidden; /* per column of the results */
	size_t n_hidden;
	size_t *shown; /* the columns that are not hidden */
	size_t n_shown;

	uint8_t *marks;		/* a bit per row */
	size_t n_marks, marked; /* bytes; rows */
	row_id last_marked;
};

static inline struct results_pane *results_of(struct pane *p)
{
	return (struct results_pane *)p;
}
static inline const struct host_config *results_hosts(const struct results_pane *v)
{
	return v->p.ui->app->hosts;
}

/* ---- asked.c ---- */

int results_open_pane(struct pane *p, struct err *err);
void results_close_pane(struct pane *p);
/* Puts the question, again if it was put before; nothing while it runs. */
void results_ask(struct results_pane *v, bool background);
/* Shows what the pane's filter, keys, fold and hidden columns say. */
int results_set_view(struct results_pane *v, size_t *ret_at, struct err *err);
void results_apply(struct results_pane *v);
/* Makes the list of the columns that are shown anew. */
void results_list_columns(struct results_pane *v);

/* ---- rowview.c ---- */

bool results_is_marked(const struct results_pane *v, row_id row);
void results_set_mark(struct results_pane *v, row_id row, bool on);
/* All rows of the line, when it is folded. */
void results_mark_line(struct results_pane *v, size_t line, bool on);

/* The results' column behind one of the grid, or VIEW_HOST, VIEW_COUNT, VIEW_NONE. */
int results_column_of(const struct results_pane *v, size_t column);
const char *results_name_of(const struct results_pane *v, size_t column);
/* True: it stands to the right. */
bool results_put_cell(
	const struct results_pane *v, row_id row, int column, bool raw, struct buf *out);
struct grid_source results_source(struct results_pane *v);
void results_draw(struct pane *p, struct area a, bool focus);
void results_title(const struct pane *p, struct buf *out);
bool results_tick(struct pane *p);

#endif
