/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Private to the results pane: panes/results.c are its commands and keys, rowsort.c those of its
 * order, asked.c the question and its rows, rowview.c what is seen of them, rowdiff.c what differs
 * from a run before.
 */
#ifndef CONSOLE_UI_RESULTS_H
#define CONSOLE_UI_RESULTS_H

#include "console/compare.h"
#include "console/questions.h"
#include "console/results.h"
#include "console/store_record.h"
#include "console/ui/grid.h"
#include "console/ui/ui.h"
#include "console/view.h"

/* Columns of the grid before those of the results. */
enum { COLUMN_HOST, COLUMNS_BEFORE };

/* Of one that nothing was said of, whether it is shown follows from the fold. */
enum column_choice { COLUMN_ANY, COLUMN_SHOW, COLUMN_HIDE };

struct results_pane {
	struct pane p;
	struct questions question; /* one */
	char *words;
	bool *only; /* per host: whether it is asked; NULL: all are */
	size_t n_only;
	char *target; /* which those are, as a person gave it */
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
	char *failure; /* what the first host that did not answer said, or NULL; likewise */
	char *refusal; /* why the first host refused the SQL, or NULL; hostile bytes possible */
	int64_t watch_ms, next_ms;
	int64_t gone_until_ms; /* what did not come with a refresh is shown */
	bool gone;	       /* likewise, now */

	bool diff;			  /* what differs from a run before is marked */
	char *diff_run;			  /* which; NULL: the one before this question was put */
	uint8_t *answers;		  /* per host, enum compare_answer */
	uint8_t *told;			  /* likewise, +1: as the activity has it; 0: not yet */
	struct fold *failures, *warnings; /* of the question that runs, for the activity */
	int64_t asked_us;		  /* when a person put it last, since 1970 */
	struct compare *comparing;	  /* still at work, or NULL */
	struct compare *ending;		  /* likewise, but not wanted any more */
	struct compare *compare; /* what is marked is of it, or NULL; `compared` is its result */
	struct compared compared;

	char *filter, *last_filter;
	uint64_t names_told; /* when it was set last */
	struct view_key keys[VIEW_KEYS];
	bool fold;
	/* Per column of the results: what a person said of it, and what follows. */
	uint8_t choices[RESULTS_COLUMNS_MAX]; /* enum column_choice */
	bool hidden[RESULTS_COLUMNS_MAX];
	size_t shown[GRID_COLUMNS_MAX]; /* the columns that are not hidden */
	size_t n_shown, not_shown;	/* the latter for want of room */

	uint8_t *marks;		/* a bit per row */
	size_t n_marks, marked; /* bytes; rows */
	row_id last_marked;
};

static inline struct results_pane *results_of(struct pane *p)
{
	return (struct results_pane *)p;
}
static inline const char *results_host_name(const struct results_pane *v, row_id row)
{
	return v->p.ui->app->hosts[results_host(v->results, row)].name;
}
static inline const struct host_config *results_hosts(const struct results_pane *v)
{
	return v->p.ui->app->hosts;
}

/* Lines of rows that are seen: below the names and what is said of a diff. */
static inline int results_height(const struct results_pane *v)
{
	return v->p.area.h - 1 - v->diff;
}

/* ---- asked.c ---- */

int results_open_pane(struct pane *p, struct err *err);
void results_close_pane(struct pane *p);
/* Puts the question, again if it was put before; nothing while it runs. */
void results_ask(struct results_pane *v, bool background);
/* Shows what the pane's filter, keys, fold and choice of columns say. */
int results_set_view(struct results_pane *v, size_t *ret_at, struct err *err);
void results_apply(struct results_pane *v);
/* Now and then: what is gone was shown long enough. */
void results_let_go(struct results_pane *v);
/* Makes the list of the columns that are shown anew. */
void results_list_columns(struct results_pane *v);

/* ---- rowdiff.c ---- */

/* The command. */
int results_run_diff(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err);
/* All have answered: compares anew, where that is wanted. */
void results_diff_start(struct results_pane *v);
void results_diff_take(struct results_pane *v);
/* Before the results go. */
void results_diff_forget(struct results_pane *v);
/* One line. */
void results_diff_draw(const struct results_pane *v, struct area a);
/* "added", "removed", "changed", or "". */
const char *results_change_name(const struct results_pane *v, row_id row);
/* What a changed cell held before; false: it is no such cell. */
bool results_was_cell(const struct results_pane *v, row_id row, size_t column, struct cell *ret);

/* ---- rowsort.c ---- */

/* A column by its name, "host" and "hosts" too. 0 or -ENOENT with `err`. */
int results_find_column(const struct results_pane *v, const char *word, int *ret, struct err *err);
int results_run_sort(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err);
int results_run_sort_by(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err);
int results_run_sort_then(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err);
int results_run_invert(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err);

/* ---- rowview.c ---- */

bool results_is_marked(const struct results_pane *v, row_id row);
void results_set_mark(struct results_pane *v, row_id row, bool on);
/* Of the n lines from `from` on; all rows of them, where they are folded. 0 or -ENOMEM. */
int results_mark_lines(struct results_pane *v, size_t from, size_t n, bool on);

/* The results' column behind one of the grid, or VIEW_HOST, VIEW_COUNT, VIEW_NONE. */
int results_column_of(const struct results_pane *v, size_t column);
const char *results_name_of(const struct results_pane *v, size_t column);
/* The column of the results that -, y and the like are about: the one sorted by, or the first. */
int results_acts_on(const struct results_pane *v);
/* True: it stands to the right. `most`: bytes of it that are looked at, 0: all. */
bool results_put_cell(const struct results_pane *v, row_id row, int column, bool raw, size_t most,
	struct buf *out);
struct grid_source results_source(struct results_pane *v);
void results_draw(struct pane *p, struct area a, bool focus);
void results_title(const struct pane *p, struct buf *out);
bool results_tick(struct pane *p);

#endif
