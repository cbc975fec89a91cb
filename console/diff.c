/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/diff.h"

#include "common/hash.h"
#include "common/json.h"
#include "common/map.h"
#include "common/str.h"
#include "console/rowkey.h"

#include <stdlib.h>
#include <string.h>

/* Rows of one run that are compared. */
#define DIFF_ROWS_MAX RESULTS_ROWS_MAX
#define ROW_BYTES_MAX (64u << 20)
#define HOSTS_MAX     (2 * (size_t)OUTCOME_HOSTS_MAX)

/* Rows that are put into the results at once, of one host and one block. */
#define BATCH_ROWS  512
#define BATCH_BYTES (1u << 20) /* of `was`, then no more rows are added */

enum mark { MARK_SAME, MARK_ALONE, MARK_CHANGED };

/* A text of the block at hand that is kept: one block has it at one place only. */
struct kept_text {
	const char *p;
	size_t n, at; /* in work.texts */
	uint64_t block;
};
#define KEPT_TEXTS 4096

struct side {
	const struct diff_side *from;
	uint32_t *host;		 /* per host of the run: its number in the diff */
	size_t **keys, **values; /* per shape: places of the columns */
	size_t **all;
	/* `row` is their number in the order of the run. Collisions of 64 keyed bits are not to be
	 * met. */
	struct rowprint *prints;
	size_t n_prints, cap;
	uint8_t *marks; /* enum mark per row of the run that was compared */
	uint32_t *pair; /* of a changed row: the number of the change */
	size_t n_rows;
};

struct work {
	struct diff *diff;
	struct rowkey key, value, all; /* columns */
	bool keyed;
	uint64_t seed;
	struct side old, new;
	struct buf scratch;
	/* Per change: the old row's cells, all->n of them, in `texts` by offset. */
	struct cell *before;
	struct buf texts;
	struct kept_text *kept; /* KEPT_TEXTS */
	uint64_t block;		/* number of the one at hand */
	struct cell *batch;	/* rows: change, all, was */
	size_t n_batch;
	uint32_t batch_host;
	struct wire_column *columns;
	bool *counts; /* per column of `all`: is it compared by its value? */
	bool *begun;  /* per host of the diff */
	uint32_t n_changes;
	size_t cap_from;
	const atomic_bool *stop;
};

/* ---- Hosts ---- */

static int add_host(struct work *w, struct map *by_name, struct side *s, size_t i)
{
	const char *name = s->from->outcomes->of[i].name;
	uintptr_t at = (uintptr_t)map_get(by_name, name);
	int r = 0;

	if (at == 0) {
		w->diff->hosts[w->diff->n_hosts++] = (struct diff_host){name, DIFF_NEITHER};
		at = w->diff->n_hosts;
		r = map_put(by_name, name, (void *)at, NULL);
	}
	s->host[i] = (uint32_t)at - 1;
	return r < 0 ? -ENOMEM : 0;
}

static void judge_hosts(struct work *w)
{
	for (int side = 0; side < 2; side++) {
		const struct side *s = side ? &w->new : &w->old;

		for (size_t i = 0; i < s->from->outcomes->n; i++) {
			struct diff_host *h = &w->diff->hosts[s->host[i]];

			if (s->from->outcomes->of[i].state != HOST_ANSWERED)
				continue;
			if (s->from->outcomes->of[i].truncated || h->apart == DIFF_CUT)
				h->apart = DIFF_CUT;
			else if (side == 0)
				h->apart = DIFF_ONLY_OLD;
			else
				h->apart =
					h->apart == DIFF_ONLY_OLD ? DIFF_COMPARED : DIFF_ONLY_NEW;
		}
	}
}

static int find_hosts(struct work *w)
{
	size_t n_old = w->old.from->outcomes->n, n_new = w->new.from->outcomes->n;
	struct map *by_name = map_new(HOSTS_MAX);
	int r = 0;

	w->diff->hosts = calloc(n_old + n_new + 1, sizeof(*w->diff->hosts));
	w->old.host = calloc(n_old + 1, sizeof(*w->old.host));
	w->new.host = calloc(n_new + 1, sizeof(*w->new.host));
	if (!by_name || !w->diff->hosts || !w->old.host || !w->new.host)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < n_new; i++)
		r = add_host(w, by_name, &w->new, i);
	for (size_t i = 0; r == 0 && i < n_old; i++)
		r = add_host(w, by_name, &w->old, i);
	map_free(by_name, NULL);
	if (r == 0)
		judge_hosts(w);
	return r;
}

/* ---- Columns ---- */

static int add_columns(struct rowkey *k, const struct diff_side *run)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < run->n_shapes; i++)
		for (size_t j = 0; r == 0 && j < run->shapes[i].n; j++)
			r = rowkey_add(k, run->shapes[i].names[j]);
	return r;
}

static bool both_have(const struct work *w, const char *name)
{
	const struct diff_side *old = w->old.from, *new = w->new.from;

	return run_shapes_have(old->shapes, old->n_shapes, name) &&
	       run_shapes_have(new->shapes, new->n_shapes, name);
}

static const char *find_name(const struct work *w, struct span name)
{
	for (size_t i = 0; i < w->all.n; i++)
		if (span_eq(name, w->all.names[i]))
			return w->all.names[i];
	return NULL;
}

static int check_key(const struct work *w, const char *key, struct err *err)
{
	for (const char *p = key + strspn(key, " ,"); *p; p += strspn(p, " ,")) {
		size_t n = strcspn(p, " ,");
		const char *name = find_name(w, (struct span){p, n});

		if (!name)
			return err_set(err, EINVAL, "there is no column %.*s", (int)n, p);
		if (!both_have(w, name))
			return err_set(err, EINVAL,
				"the column %s, a key, is in one of the runs only", name);
		p += n;
	}
	return 0;
}

/* Columns that only one of the runs has are shown, but say nothing. */
static int choose_columns(struct work *w, const struct diff_options *o, bool both, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->all.n; i++) {
		const char *name = w->all.names[i];

		if (both && !both_have(w, name))
			continue;
		if (w->keyed && rowkey_listed(o->key, name))
			r = rowkey_add(&w->key, name);
		else if (!rowkey_listed(o->ignore, name))
			r = rowkey_add(&w->value, name);
	}
	if (r < 0)
		return err_sys(err, ENOMEM, "diff");
	if (both && w->key.n + w->value.n == 0)
		return err_set(
			err, EINVAL, "the runs have no column in common that could be compared");
	return 0;
}

static int find_columns(struct work *w, const struct diff_options *o, struct err *err)
{
	bool both = w->old.from->n_shapes > 0 && w->new.from->n_shapes > 0;
	int r = add_columns(&w->all, w->new.from);

	if (r == 0)
		r = add_columns(&w->all, w->old.from);
	if (r < 0)
		return err_sys(err, ENOMEM, "diff");
	w->keyed = o->key && o->key[strspn(o->key, " ,")];
	r = w->keyed && both ? check_key(w, o->key, err) : 0;
	return r < 0 ? r : choose_columns(w, o, both, err);
}

static int find_places(struct work *w, struct side *s)
{
	size_t n = s->from->n_shapes;

	s->keys = calloc(n + 1, sizeof(size_t *));
	s->values = calloc(n + 1, sizeof(size_t *));
	s->all = calloc(n + 1, sizeof(size_t *));
	if (!s->keys || !s->values || !s->all)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct run_shape *shape = &s->from->shapes[i];

		s->keys[i] = rowkey_places(&w->key, shape->names, shape->n);
		s->values[i] = rowkey_places(&w->value, shape->names, shape->n);
		s->all[i] = rowkey_places(&w->all, shape->names, shape->n);
		if (!s->keys[i] || !s->values[i] || !s->all[i])
			return -ENOMEM;
	}
	return 0;
}

static void side_done(struct side *s)
{
	for (size_t i = 0; i < s->from->n_shapes; i++) {
		free(s->keys ? s->keys[i] : NULL);
		free(s->values ? s->values[i] : NULL);
		free(s->all ? s->all[i] : NULL);
	}
	free(s->keys);
	free(s->values);
	free(s->all);
	free(s->host);
	free(s->prints);
	free(s->marks);
	free(s->pair);
}

/* ---- First reading: prints ---- */

static bool is_compared(const struct work *w, const struct side *s, host_id host)
{
	return w->diff->hosts[s->host[host]].apart == DIFF_COMPARED;
}

static int add_print(struct work *w, struct side *s, const struct block *b, size_t i)
{
	const struct cell *cells = b->cells + i * b->n_cols;
	uint64_t seed = w->seed + s->host[b->hosts[i]];
	struct rowprint p = {.row = (uint32_t)s->n_prints};
	int r = array_grow(&s->prints, &s->cap, s->n_prints + 1, sizeof(*s->prints), DIFF_ROWS_MAX);

	if (r < 0)
		return r;
	p.value = rowkey_hash(seed, cells, s->values[b->shape], w->value.n);
	p.key = w->keyed ? rowkey_hash(seed, cells, s->keys[b->shape], w->key.n) : p.value;
	s->prints[s->n_prints++] = p;
	return 0;
}

/* As run_next. */
static int next_block(const struct work *w, struct side *s, struct block *b, struct err *err)
{
	if (w->stop && *w->stop)
		return err_set(err, ECANCELED, "diff: stopped");
	return s->from->next(s->from->arg, b, err);
}

static int read_prints(struct work *w, struct side *s, struct err *err)
{
	struct block b;
	int r;

	s->from->rewind(s->from->arg);
	while ((r = next_block(w, s, &b, err)) == 1) {
		int failed = 0;

		for (size_t i = 0; failed == 0 && i < b.n_rows; i++)
			if (is_compared(w, s, b.hosts[i]))
				failed = add_print(w, s, &b, i);
		if (failed < 0)
			return err_sys(err, -failed, "diff");
	}
	if (r < 0)
		return r;
	s->marks = calloc(s->n_prints + 1, sizeof(*s->marks));
	s->pair = w->keyed ? calloc(s->n_prints + 1, sizeof(*s->pair)) : NULL;
	if (!s->marks || (w->keyed && !s->pair))
		return err_sys(err, ENOMEM, "diff");
	r = rowprints_sort(s->prints, s->n_prints);
	return r < 0 ? err_sys(err, -r, "diff") : 0;
}

/* ---- Matching ---- */

static size_t group_end(const struct side *s, size_t i)
{
	size_t end = i + 1;

	while (end < s->n_prints && s->prints[end].key == s->prints[i].key)
		end++;
	return end;
}

/* Rows of one key: equal ones go, those left are moved to the front. */
static void drop_equal(
	struct side *a, size_t *a_end, size_t i, struct side *b, size_t *b_end, size_t j)
{
	size_t a_left = i, b_left = j;

	while (i < *a_end && j < *b_end) {
		uint64_t x = a->prints[i].value, y = b->prints[j].value;

		if (x == y) {
			i++;
			j++;
		} else if (x < y) {
			a->prints[a_left++] = a->prints[i++];
		} else {
			b->prints[b_left++] = b->prints[j++];
		}
	}
	while (i < *a_end)
		a->prints[a_left++] = a->prints[i++];
	while (j < *b_end)
		b->prints[b_left++] = b->prints[j++];
	*a_end = a_left;
	*b_end = b_left;
}

static void match_group(struct work *w, size_t i, size_t i_end, size_t j, size_t j_end)
{
	drop_equal(&w->old, &i_end, i, &w->new, &j_end, j);
	for (; w->keyed && i < i_end && j < j_end; i++, j++) {
		uint32_t a = w->old.prints[i].row, b = w->new.prints[j].row;

		w->old.marks[a] = w->new.marks[b] = MARK_CHANGED;
		w->old.pair[a] = w->new.pair[b] = w->n_changes++;
	}
	for (; i < i_end; i++)
		w->old.marks[w->old.prints[i].row] = MARK_ALONE;
	for (; j < j_end; j++)
		w->new.marks[w->new.prints[j].row] = MARK_ALONE;
}

static void match(struct work *w)
{
	size_t i = 0, j = 0;

	while (i < w->old.n_prints || j < w->new.n_prints) {
		bool a = i < w->old.n_prints, b = j < w->new.n_prints;
		uint64_t x = a ? w->old.prints[i].key : 0, y = b ? w->new.prints[j].key : 0;
		size_t i_end = a && (!b || x <= y) ? group_end(&w->old, i) : i;
		size_t j_end = b && (!a || y <= x) ? group_end(&w->new, j) : j;

		match_group(w, i, i_end, j, j_end);
		i = i_end;
		j = j_end;
	}
}

/* ---- Second reading: the rows themselves ---- */

static int keep_text(struct work *w, const char *p, size_t n, int64_t *ret)
{
	uintptr_t place = (uintptr_t)p;
	struct kept_text *k = &w->kept[(place ^ place >> 12) % KEPT_TEXTS];
	int r = 0;

	if (k->p != p || k->n != n || k->block != w->block) {
		*k = (struct kept_text){p, n, w->texts.len, w->block};
		r = buf_add(&w->texts, p, n);
	}
	*ret = (int64_t)k->at;
	return r;
}

static int keep_before(struct work *w, uint32_t change, const struct cell *cells, const size_t *at)
{
	struct cell *to = w->before + (size_t)change * w->all.n;
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->all.n; i++) {
		if (at[i] == ROWKEY_NONE)
			continue;
		to[i] = cells[at[i]];
		/* An offset: the buffer moves. */
		if (cell_has_bytes(&to[i]) && to[i].n)
			r = keep_text(w, cells[at[i]].p, to[i].n, &to[i].i);
	}
	return r;
}

static struct cell before_cell(const struct work *w, uint32_t change, size_t i)
{
	struct cell c = w->before[(size_t)change * w->all.n + i];

	if (cell_has_bytes(&c))
		c.p = c.n ? w->texts.p + c.i : "";
	return c;
}

/* The words of `was` lie in the scratch buffer, by offset until it does not move any more. */
static int flush_rows(struct work *w)
{
	size_t n = w->n_batch, width = 1 + w->all.n + w->keyed;
	int r;

	for (size_t i = 0; w->keyed && i < n; i++) {
		struct cell *was = &w->batch[(i + 1) * width - 1];

		if (was->type == CELL_TEXT)
			was->p = buf_str(&w->scratch) + was->i;
	}
	w->n_batch = 0;
	r = n ? results_add(w->diff->rows, w->batch_host, w->batch, n) : 0;
	buf_reset(&w->scratch);
	return r;
}

static int note_from(struct work *w, size_t from)
{
	size_t row = results_rows(w->diff->rows) + w->n_batch;
	int r = array_grow(
		&w->diff->from, &w->cap_from, row + 1, sizeof(*w->diff->from), RESULTS_ROWS_MAX);

	if (r == 0)
		w->diff->from[row] = from;
	return r;
}

/*
 * Room for one more row of this host: its `all` follow behind the first cell. `from`: its number in
 * the new run.
 */
static int begin_row(
	struct work *w, uint32_t host, const char *change, size_t from, struct cell **ret)
{
	size_t n = 1 + w->all.n + w->keyed;
	int r = 0;

	if (w->n_batch == BATCH_ROWS || w->batch_host != host)
		r = flush_rows(w);
	if (r == 0 && !w->begun[host])
		r = results_columns(w->diff->rows, host, w->columns, n);
	if (r == 0)
		r = note_from(w, from);
	if (r < 0)
		return r;
	w->begun[host] = true;
	w->batch_host = host;
	*ret = w->batch + w->n_batch * n;
	**ret = (struct cell){.type = CELL_TEXT, .n = (uint32_t)strlen(change), .p = change};
	if (w->keyed)
		(*ret)[n - 1] = (struct cell){.type = CELL_NULL};
	w->n_batch++;
	return 0;
}

/* {"column": what it was, …} of those that differ. */
static int put_was(struct work *w, uint32_t change, const struct cell *is)
{
	struct buf *b = &w->scratch;
	const char *between = "{";
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->all.n; i++) {
		struct cell was = before_cell(w, change, i);

		if (!w->counts[i] || (was.type == is[i].type && cell_compare(&was, &is[i]) == 0))
			continue;
		r = buf_puts(b, between);
		if (r == 0)
			r = json_put_bytes(b, w->all.names[i], strlen(w->all.names[i]));
		if (r == 0)
			r = buf_putc(b, ':');
		if (r == 0)
			r = json_put_cell(b, &was);
		between = ",";
	}
	return r < 0 ? r : buf_puts(b, *between == '{' ? "{}" : "}");
}

/* The last row of the batch is one that changed. */
static int end_changed(struct work *w, uint32_t change, struct cell *row)
{
	size_t at = w->scratch.len;
	int r = put_was(w, change, row + 1);

	row[1 + w->all.n] = (struct cell){
		.type = CELL_TEXT, .n = (uint32_t)(w->scratch.len - at), .i = (int64_t)at};
	return r == 0 && w->scratch.len >= BATCH_BYTES ? flush_rows(w) : r;
}

/* `row`: among those compared; `from`: among all. */
static int take_row(
	struct work *w, struct side *s, const struct block *b, size_t i, size_t row, size_t from)
{
	static const char *const changes[][3] = {
		{[MARK_ALONE] = "removed"}, {[MARK_ALONE] = "added", [MARK_CHANGED] = "changed"}};
	const struct cell *cells = b->cells + i * b->n_cols;
	const size_t *at = s->all[b->shape];
	bool is_new = s == &w->new;
	enum mark mark = s->marks[row];
	struct cell *to;
	int r;

	if (mark == MARK_SAME)
		return 0;
	if (mark == MARK_CHANGED && !is_new)
		return keep_before(w, s->pair[row], cells, at);
	r = begin_row(
		w, s->host[b->hosts[i]], changes[is_new][mark], is_new ? from : DIFF_NO_ROW, &to);
	if (r < 0)
		return r;
	for (size_t c = 0; c < w->all.n; c++)
		to[1 + c] = at[c] == ROWKEY_NONE ? (struct cell){.type = CELL_NULL} : cells[at[c]];
	*(mark == MARK_CHANGED ? &w->diff->changed
		: is_new       ? &w->diff->added
			       : &w->diff->removed) += 1;
	return mark == MARK_CHANGED ? end_changed(w, s->pair[row], to) : 0;
}

static int read_rows(struct work *w, struct side *s, struct err *err)
{
	size_t row = 0, all = 0;
	struct block b;
	int r;

	s->from->rewind(s->from->arg);
	while ((r = next_block(w, s, &b, err)) == 1) {
		int failed = 0;

		w->block++;
		for (size_t i = 0; failed == 0 && i < b.n_rows; i++)
			if (is_compared(w, s, b.hosts[i]) && row < s->n_prints)
				failed = take_row(w, s, &b, i, row++, all + i);
		all += b.n_rows;
		/* Their texts are the block's. */
		if (failed == 0)
			failed = flush_rows(w);
		if (failed < 0)
			return err_sys(err, -failed, "diff");
	}
	return r;
}

/* ---- All of it ---- */

static int prepare(struct work *w)
{
	size_t n = w->all.n;

	w->diff->rows = results_new(w->diff->n_hosts);
	w->before = calloc((size_t)w->n_changes * n + 1, sizeof(*w->before));
	w->kept = calloc(KEPT_TEXTS, sizeof(*w->kept));
	w->batch = calloc(BATCH_ROWS * (n + 2), sizeof(*w->batch));
	w->columns = calloc(n + 2, sizeof(*w->columns));
	w->counts = calloc(n + 1, sizeof(*w->counts));
	w->begun = calloc(w->diff->n_hosts + 1, sizeof(*w->begun));
	if (!w->diff->rows || !w->before || !w->kept || !w->batch || !w->columns || !w->counts ||
		!w->begun)
		return -ENOMEM;
	w->columns[0] = (struct wire_column){"change", ""};
	for (size_t i = 0; i < n; i++)
		w->columns[1 + i] = (struct wire_column){w->all.names[i], ""};
	for (size_t i = 0; i < n; i++)
		w->counts[i] = rowkey_has(&w->value, w->all.names[i]);
	w->columns[1 + n] = (struct wire_column){"was", ""};
	/* So that the columns are known where nothing differs. */
	if (w->diff->n_hosts == 0)
		return 0;
	w->begun[0] = true;
	return results_columns(w->diff->rows, 0, w->columns, 1 + n + w->keyed);
}

static void count_same(struct work *w)
{
	size_t compared = 0;

	memset(w->begun, 0, w->diff->n_hosts * sizeof(*w->begun));
	for (size_t i = 0; i < results_rows(w->diff->rows); i++)
		w->begun[results_host(w->diff->rows, (row_id)i)] = true;
	for (size_t i = 0; i < w->diff->n_hosts; i++)
		compared += w->diff->hosts[i].apart == DIFF_COMPARED && !w->begun[i];
	w->diff->same = compared;
}

static int compare(struct work *w, const struct diff_options *o, struct err *err)
{
	int r = find_hosts(w);

	if (r < 0)
		return err_sys(err, -r, "diff");
	r = find_columns(w, o, err);
	if (r < 0)
		return r;
	r = find_places(w, &w->old);
	if (r == 0)
		r = find_places(w, &w->new);
	if (r < 0)
		return err_sys(err, -r, "diff");
	r = read_prints(w, &w->old, err);
	if (r == 0)
		r = read_prints(w, &w->new, err);
	if (r < 0)
		return r;
	match(w);
	free(w->old.prints);
	free(w->new.prints);
	w->old.prints = w->new.prints = NULL;
	r = prepare(w);
	if (r < 0)
		return err_sys(err, -r, "diff");
	r = read_rows(w, &w->old, err);
	if (r == 0)
		r = read_rows(w, &w->new, err);
	if (r == 0)
		count_same(w);
	return r;
}

int diff_sides(const struct diff_side *old, const struct diff_side *new,
	const struct diff_options *o, struct diff *ret, struct err *err)
{
	struct work w = {.diff = ret,
		.seed = hash_seed(),
		.old = {.from = old},
		.new = {.from = new},
		.stop = o->stop};
	int r;

	*ret = (struct diff){0};
	buf_init(&w.scratch, ROW_BYTES_MAX);
	buf_init(&w.texts, RESULTS_BYTES_MAX);
	r = compare(&w, o, err);
	rowkey_done(&w.key);
	rowkey_done(&w.value);
	rowkey_done(&w.all);
	side_done(&w.old);
	side_done(&w.new);
	buf_done(&w.scratch);
	buf_done(&w.texts);
	free(w.before);
	free(w.kept);
	free(w.batch);
	free(w.columns);
	free(w.counts);
	free(w.begun);
	return r;
}

static int next_of_run(void *arg, struct block *ret, struct err *err)
{
	return run_next(arg, ret, err);
}

static void rewind_run(void *arg)
{
	run_rewind(arg);
}

struct diff_side diff_side_run(struct run *run)
{
	return (struct diff_side){.shapes = run->shapes,
		.n_shapes = run->n_shapes,
		.outcomes = &run->outcomes,
		.next = next_of_run,
		.rewind = rewind_run,
		.arg = run};
}

int diff_runs(struct run *old, struct run *new, const struct diff_options *o, struct diff *ret,
	struct err *err)
{
	const struct diff_side a = diff_side_run(old), b = diff_side_run(new);

	return diff_sides(&a, &b, o, ret, err);
}

void diff_done(struct diff *d)
{
	results_free(d->rows);
	free(d->from);
	free(d->hosts);
	*d = (struct diff){0};
}
