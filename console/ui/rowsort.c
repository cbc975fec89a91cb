/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which column a results pane is sorted by, and which one among those that are equal by it. */
#include "common/str.h"
#include "console/ui/results.h"

#include <errno.h>
#include <string.h>

int results_find_column(const struct results_pane *v, const char *word, int *ret, struct err *err)
{
	size_t at = results_column_named(v->results, word);

	if (str_eq(word, "host")) {
		*ret = VIEW_HOST;
		return 0;
	}
	if (str_eq(word, "hosts")) {
		*ret = VIEW_COUNT;
		return 0;
	}
	if (at == RESULTS_NO_COLUMN)
		return err_set(err, ENOENT, "no column `%s`", word);
	*ret = (int)at;
	return 0;
}

/* The column of the grid that is sorted by; `n`: there is none. */
static size_t grid_column(const struct results_pane *v, const struct view_key *key, size_t n)
{
	size_t at = 0;

	while (at < n && (key->column == VIEW_NONE || results_column_of(v, at) != key->column))
		at++;
	return at;
}

/* In sight. */
static void show_sorted(struct results_pane *v, size_t key)
{
	struct grid_source s = results_source(v);
	size_t at = grid_column(v, &v->keys[key], s.columns);

	if (at < s.columns)
		grid_show(&v->grid, &s, v->p.area.w, at);
}

/* sort COLUMN [desc] [then COLUMN] */
int results_run_sort(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	struct view_key keys[VIEW_KEYS] = {{VIEW_NONE, false}, {VIEW_NONE, false}};
	size_t k = 0;
	int r = 0;

	(void)ui;
	for (int i = 0; r == 0 && i < argc; i++) {
		if (str_eq(argv[i], "desc"))
			keys[k].descending = true;
		else if (str_eq(argv[i], "then"))
			r = ++k < VIEW_KEYS ? 0 : err_set(err, E2BIG, "two columns at most");
		else if (str_eq(argv[i], "none"))
			keys[k].column = VIEW_NONE;
		else
			r = results_find_column(v, argv[i], &keys[k].column, err);
	}
	if (r < 0)
		return r;
	memcpy(v->keys, keys, sizeof(keys));
	show_sorted(v, 0);
	results_apply(v);
	return 0;
}

/* Sorts by the column beside the one sorted by. */
static void sort_beside(struct results_pane *v, size_t key, bool next)
{
	size_t n = COLUMNS_BEFORE + v->n_shown, at = grid_column(v, &v->keys[key], n);

	/* The second begins beside the first. */
	if (at == n && key > 0)
		at = grid_column(v, &v->keys[0], n);
	if (at == n)
		at = next ? 0 : n - 1;
	else
		at = (at + (next ? 1 : n - 1)) % n;
	if (key > 0 && results_column_of(v, at) == v->keys[0].column)
		at = (at + (next ? 1 : n - 1)) % n;
	v->keys[key] = (struct view_key){results_column_of(v, at), false};
	/* What was second among equals cannot be first as well. */
	if (key == 0 && v->keys[1].column == v->keys[0].column)
		v->keys[1].column = VIEW_NONE;
	show_sorted(v, key);
	results_apply(v);
}

int results_run_sort_by(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	(void)ui;
	(void)argc;
	(void)err;
	sort_beside(results_of(p), 0, str_eq(argv[0], "next"));
	return 0;
}

int results_run_sort_then(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);

	(void)ui;
	(void)argc;
	if (v->keys[0].column == VIEW_NONE)
		return err_set(err, ENOENT, "nothing is sorted yet; < and > choose the column");
	sort_beside(v, 1, str_eq(argv[0], "next"));
	return 0;
}

int results_run_invert(struct ui *ui, struct pane *p, int argc, char **argv, struct err *err)
{
	struct results_pane *v = results_of(p);
	struct view_key *key = &v->keys[argc > 0];

	(void)ui;
	if (argc && !str_eq(argv[0], "second"))
		return err_set(err, EINVAL, "second, or nothing");
	if (key->column == VIEW_NONE)
		return err_set(err, ENOENT,
			argc ? "nothing is sorted by a second column; , and . choose it"
			     : "nothing is sorted yet; < and > choose the column");
	key->descending = !key->descending;
	results_apply(v);
	return 0;
}
