/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/baseline.h"

#include "common/hash.h"
#include "common/map.h"
#include "common/str.h"
#include "console/rowkey.h"
#include "console/store_record.h"

#include <stdlib.h>
#include <string.h>

/* ---- Pinning ---- */

int baseline_pin(struct store *s, const struct run_info *i, struct err *err)
{
	int r = store_exec(s, "BEGIN IMMEDIATE", err);

	if (r == 0)
		r = store_do(s, err, "UPDATE runs SET baseline = (id = ?) WHERE question = ?", "it",
			i->id, i->question);
	if (r == 0)
		r = store_exec(s, "COMMIT", err);
	if (r < 0)
		(void)store_exec(s, "ROLLBACK", NULL);
	return r;
}

int baseline_remove(struct store *s, const char *question, struct err *err)
{
	int r = store_do(s, err,
		"UPDATE runs SET baseline = 0 WHERE baseline AND (question = ?1 OR name = ?1)", "t",
		question);

	if (r == 0 && sqlite3_changes(s->db) == 0)
		r = err_set(err, ENOENT, "`%s` has no baseline", question);
	return r;
}

static int find(
	struct store *s, const struct question_text *t, struct run_info *ret, struct err *err)
{
	char *question = record_question(t);
	const struct run_filter f = {.question = question, .baseline = true};
	int r = question ? runs_first(s, &f, ret, err) : err_sys(err, ENOMEM, "baseline");

	if (r == -ENOENT)
		err_set(err, ENOENT, "%s has no baseline: `tocsin baseline` pins one of its runs",
			question);
	free(question);
	return r;
}

int baseline_check(const struct questions *q, struct err *err)
{
	struct run_info i;
	struct store *s = NULL;
	int r = store_open(STORE_READ, &s, err);

	for (size_t n = 0; r == 0 && n < q->n; n++) {
		r = find(s, &q->of[n], &i, err);
		if (r == 0)
			run_info_done(&i);
	}
	store_close(s);
	return r;
}

/* ---- Comparing ---- */

/* Prints of rows, sorted once all are there. */
struct prints {
	uint64_t *of;
	size_t n, cap;
};

struct work {
	const struct results *rows;
	const char *const *hosts;
	struct run run;
	struct rowkey columns;
	uint64_t seed;
	struct map *known;	    /* hosts of the baseline */
	struct prints of_host, any; /* rows with their host, and without */
};

static int add_print(struct prints *p, uint64_t print)
{
	int r = array_grow(&p->of, &p->cap, p->n + 1, sizeof(*p->of), RESULTS_ROWS_MAX);

	if (r == 0)
		p->of[p->n++] = print;
	return r;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool has_print(const struct prints *p, uint64_t print)
{
	return p->n > 0 && bsearch(&print, p->of, p->n, sizeof(*p->of), by_number);
}

static uint64_t with_host(const struct work *w, uint64_t print, const char *host)
{
	return print ^ hash_bytes(w->seed + 1, host, strlen(host));
}

/* Of a baseline without any columns all count. */
static int find_columns(struct work *w, const char *ignore)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < results_columns_n(w->rows); i++) {
		const char *name = results_column_name(w->rows, i);

		if (!rowkey_listed(ignore, name) &&
			(w->run.n_shapes == 0 ||
				run_shapes_have(w->run.shapes, w->run.n_shapes, name)))
			r = rowkey_add(&w->columns, name);
	}
	return r;
}

static int find_hosts(struct work *w)
{
	int r = 0;

	w->known = map_new(OUTCOME_HOSTS_MAX);
	if (!w->known)
		return -ENOMEM;
	for (size_t i = 0; r >= 0 && i < w->run.outcomes.n; i++)
		if (w->run.outcomes.of[i].state == HOST_ANSWERED)
			r = map_put(w->known, w->run.outcomes.of[i].name, (void *)1, NULL);
	return r < 0 ? r : 0;
}

static int read_block(struct work *w, const struct block *b)
{
	const struct run_shape *shape = &w->run.shapes[b->shape];
	size_t *places = rowkey_places(&w->columns, shape->names, shape->n);
	int r = places ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < b->n_rows; i++) {
		const char *host = w->run.outcomes.of[b->hosts[i]].name;
		uint64_t print =
			rowkey_hash(w->seed, b->cells + i * b->n_cols, places, w->columns.n);

		r = add_print(&w->any, print);
		if (r == 0)
			r = add_print(&w->of_host, with_host(w, print, host));
	}
	free(places);
	return r;
}

static int read_baseline(struct work *w, struct err *err)
{
	struct block b;
	int r, failed = 0;

	while (failed == 0 && (r = run_next(&w->run, &b, err)) == 1)
		failed = read_block(w, &b);
	if (failed < 0)
		return err_sys(err, -failed, "baseline");
	if (r < 0)
		return r;
	if (w->any.n > 0) {
		qsort(w->any.of, w->any.n, sizeof(*w->any.of), by_number);
		qsort(w->of_host.of, w->of_host.n, sizeof(*w->of_host.of), by_number);
	}
	return 0;
}

/* Does it deviate? */
static bool judge_row(struct work *w, row_id row, struct cell *cells, const size_t *places)
{
	const char *host = w->hosts[results_host(w->rows, row)];
	uint64_t print;

	for (size_t i = 0; i < results_columns_n(w->rows); i++)
		cells[i] = results_unpack(w->rows, results_cell(w->rows, row, i));
	print = rowkey_hash(w->seed, cells, places, w->columns.n);
	return map_get(w->known, host) ? !has_print(&w->of_host, with_host(w, print, host))
				       : !has_print(&w->any, print);
}

static int judge(struct work *w, bool **ret)
{
	size_t n = results_rows(w->rows), n_cols = results_columns_n(w->rows);
	bool *wanted = calloc(n + 1, sizeof(*wanted));
	struct cell *cells = calloc(n_cols + 1, sizeof(*cells));
	char **names = calloc(n_cols + 1, sizeof(char *));
	size_t *places = NULL;
	int r = wanted && cells && names ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < n_cols; i++)
		names[i] = (char *)results_column_name(w->rows, i);
	if (r == 0)
		places = rowkey_places(&w->columns, names, n_cols);
	if (!places)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < n; i++)
		wanted[i] = judge_row(w, (row_id)i, cells, places);
	free(cells);
	free(names);
	free(places);
	if (r == 0)
		*ret = wanted;
	else
		free(wanted);
	return r;
}

static int compare(struct work *w, const char *ignore, bool **ret, struct err *err)
{
	int r = find_columns(w, ignore);

	if (r == 0)
		r = find_hosts(w);
	if (r < 0)
		return err_sys(err, -r, "baseline");
	r = read_baseline(w, err);
	if (r < 0)
		return r;
	r = judge(w, ret);
	return r < 0 ? err_sys(err, -r, "baseline") : 0;
}

int baseline_compare(const struct question_text *t, const struct results *rows,
	const char *const *hosts, bool **ret, int64_t *ret_run, struct err *err)
{
	struct work w = {.rows = rows, .hosts = hosts, .seed = hash_seed()};
	struct run_info i = {0};
	struct store *s = NULL;
	int r = store_open(STORE_READ, &s, err);

	if (r == 0)
		r = find(s, t, &i, err);
	if (r == 0)
		r = run_open(s, i.id, &w.run, err);
	if (r == 0)
		r = compare(&w, t->diff_ignore, ret, err);
	if (r == 0)
		*ret_run = i.id;
	run_done(&w.run);
	run_info_done(&i);
	store_close(s);
	map_free(w.known, NULL);
	rowkey_done(&w.columns);
	free(w.of_host.of);
	free(w.any.of);
	return r;
}
