/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/compare.h"

#include "common/str.h"
#include "console/store_record.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Cells that are unpacked at once. */
#define BATCH_CELLS 65536

/* The rows that are shown, as the diff reads a run. */
struct shown {
	const struct results *rows;
	row_id *ids; /* the answers among them, found once: marks change meanwhile */
	size_t n, at;
	struct run_shape shape;
	struct outcomes outcomes; /* names are those of the hosts */
	struct cell *cells;
	host_id *hosts;
	size_t batch; /* rows */
};

struct compare {
	const struct results *rows;
	const struct host_config *hosts;
	size_t n_hosts;
	void (*ready)(void *arg);
	void *arg;
	char *question, *target, *run, *key, *ignore;
	int64_t until_us;
	uint8_t *answers;

	pthread_t thread;
	bool running;
	atomic_bool stop, over;

	/* The thread's until `over`: */
	struct err err;
	int result;
	int64_t old_run, old_us;
	struct diff diff;
	row_id *of;	  /* per row of the diff */
	size_t first_new; /* rows of the diff from here on are shown ones, their ids ascend */

	row_id was_row; /* whose `was` is */
	json_t *was;
};

/* ---- The rows that are shown ---- */

static int next_shown(void *arg, struct block *ret, struct err *err)
{
	struct shown *s = arg;
	size_t n = s->n - s->at < s->batch ? s->n - s->at : s->batch;

	(void)err;
	for (size_t i = 0; i < n; i++) {
		row_id row = s->ids[s->at + i];

		s->hosts[i] = results_host(s->rows, row);
		for (size_t c = 0; c < s->shape.n; c++)
			s->cells[i * s->shape.n + c] =
				results_unpack(s->rows, results_cell(s->rows, row, c));
	}
	s->at += n;
	*ret = (struct block){
		.n_rows = n, .n_cols = s->shape.n, .hosts = s->hosts, .cells = s->cells};
	return n > 0;
}

static void rewind_shown(void *arg)
{
	((struct shown *)arg)->at = 0;
}

static int find_rows(const struct compare *c, struct shown *s)
{
	size_t n = results_rows(c->rows);

	s->ids = malloc((n + 1) * sizeof(*s->ids));
	if (!s->ids)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		enum row_mark mark = results_mark(c->rows, (row_id)i);

		if (mark == ROW_PLAIN || mark == ROW_NEW)
			s->ids[s->n++] = (row_id)i;
	}
	return 0;
}

static int find_outcomes(const struct compare *c, struct outcomes *o)
{
	o->of = calloc(c->n_hosts + 1, sizeof(*o->of));
	if (!o->of)
		return -ENOMEM;
	o->n = c->n_hosts;
	for (size_t i = 0; i < c->n_hosts; i++) {
		o->of[i].name = (char *)c->hosts[i].name;
		o->of[i].state = c->answers[i] == COMPARE_NONE ? HOST_FAILED : HOST_ANSWERED;
		o->of[i].truncated = c->answers[i] == COMPARE_CUT;
	}
	return 0;
}

static int shown_init(const struct compare *c, struct shown *s)
{
	size_t n = results_columns_n(c->rows);

	*s = (struct shown){.rows = c->rows, .batch = BATCH_CELLS / (n + 1) + 1};
	s->shape.names = calloc(n + 1, sizeof(char *));
	s->cells = calloc(s->batch * (n + 1), sizeof(*s->cells));
	s->hosts = calloc(s->batch, sizeof(*s->hosts));
	if (!s->shape.names || !s->cells || !s->hosts)
		return -ENOMEM;
	for (; s->shape.n < n; s->shape.n++)
		s->shape.names[s->shape.n] = (char *)results_column_name(c->rows, s->shape.n);
	return find_rows(c, s) < 0 || find_outcomes(c, &s->outcomes) < 0 ? -ENOMEM : 0;
}

static void shown_done(struct shown *s)
{
	free(s->ids);
	free(s->shape.names);
	free(s->outcomes.of);
	free(s->cells);
	free(s->hosts);
}

/* ---- The thread ---- */

static int find_run(struct compare *c, struct store *s, struct run_info *ret, struct err *err)
{
	const struct run_filter before = {
		.question = c->question, .target = c->target, .until_us = c->until_us};
	int r;

	if (c->run)
		return runs_find(s, c->run, NULL, ret, err);
	r = runs_first(s, &before, ret, err);
	if (r == -ENOENT)
		err_set(err, ENOENT, "no run before this one is remembered");
	return r;
}

/* From the numbers of the diff to those of the results. */
static int find_ids(struct compare *c, const struct shown *s)
{
	size_t n = results_rows(c->diff.rows);

	c->of = malloc((n + 1) * sizeof(*c->of));
	if (!c->of)
		return -ENOMEM;
	while (c->first_new < n && c->diff.from[c->first_new] == DIFF_NO_ROW)
		c->of[c->first_new++] = COMPARE_REMOVED;
	for (size_t i = c->first_new; i < n; i++)
		c->of[i] = s->ids[c->diff.from[i]];
	return 0;
}

static int compare_rows(struct compare *c, struct run *old, struct err *err)
{
	const struct diff_options options = {.key = c->key, .ignore = c->ignore, .stop = &c->stop};
	const struct diff_side before = diff_side_run(old);
	struct diff_side now;
	struct shown s;
	int r = shown_init(c, &s);

	if (r < 0)
		r = err_sys(err, -r, "diff");
	now = (struct diff_side){.shapes = &s.shape,
		.n_shapes = s.shape.n > 0,
		.outcomes = &s.outcomes,
		.next = next_shown,
		.rewind = rewind_shown,
		.arg = &s};
	if (r == 0)
		r = diff_sides(&before, &now, &options, &c->diff, err);
	if (r == 0 && find_ids(c, &s) < 0)
		r = err_sys(err, ENOMEM, "diff");
	shown_done(&s);
	return r;
}

static int compare_all(struct compare *c, struct err *err)
{
	struct run_info info = {0};
	struct store *s = NULL;
	struct run old = {0};
	int r = store_open(STORE_READ, &s, err);

	if (r == -ENOENT)
		return err_set(err, ENOENT, "no run before this one is remembered");
	if (r == 0)
		r = find_run(c, s, &info, err);
	if (r == 0)
		r = run_open(s, info.id, &old, err);
	c->old_run = info.id;
	c->old_us = info.time_us;
	if (r == 0)
		r = compare_rows(c, &old, err);
	run_done(&old);
	run_info_done(&info);
	store_close(s);
	return r;
}

static void *work(void *arg)
{
	struct compare *c = arg;

	c->result = compare_all(c, &c->err);
	c->over = true;
	c->ready(c->arg);
	return NULL;
}

/* ---- The caller's side ---- */

static int copy(const char *from, char **ret)
{
	*ret = from ? strdup(from) : NULL;
	return from && !*ret ? -ENOMEM : 0;
}

static int take_spec(struct compare *c, const struct compare_spec *spec)
{
	c->question = record_question(spec->question);
	c->answers = malloc(spec->n_hosts + 1);
	if (!c->question || !c->answers || copy(spec->target, &c->target) < 0 ||
		copy(spec->run, &c->run) < 0 || copy(spec->question->key, &c->key) < 0 ||
		copy(spec->question->diff_ignore, &c->ignore) < 0)
		return -ENOMEM;
	memcpy(c->answers, spec->answers, spec->n_hosts);
	return 0;
}

struct compare *compare_new(
	const struct compare_spec *spec, void (*ready)(void *arg), void *arg, struct err *err)
{
	struct compare *c = calloc(1, sizeof(*c));
	int r;

	if (!c) {
		err_sys(err, ENOMEM, "diff");
		return NULL;
	}
	*c = (struct compare){.rows = spec->rows,
		.hosts = spec->hosts,
		.n_hosts = spec->n_hosts,
		.until_us = spec->until_us,
		.ready = ready,
		.arg = arg,
		.was_row = COMPARE_REMOVED};
	r = take_spec(c, spec);
	if (r == 0)
		r = -pthread_create(&c->thread, NULL, work, c);
	c->running = r == 0;
	if (r == 0)
		return c;
	err_sys(err, -r, "diff");
	compare_free(c);
	return NULL;
}

void compare_stop(struct compare *c)
{
	if (c)
		c->stop = true;
}

bool compare_over(const struct compare *c)
{
	return c->over;
}

void compare_free(struct compare *c)
{
	if (!c)
		return;
	compare_stop(c);
	if (c->running)
		pthread_join(c->thread, NULL);
	diff_done(&c->diff);
	json_decref(c->was);
	free(c->of);
	free(c->question);
	free(c->target);
	free(c->run);
	free(c->key);
	free(c->ignore);
	free(c->answers);
	free(c);
}

int compare_result(const struct compare *c, struct compared *ret, struct err *err)
{
	if (!c->over)
		return 0;
	if (c->result < 0) {
		*err = c->err;
		return c->result;
	}
	*ret = (struct compared){c->old_run, c->old_us, &c->diff, c->of};
	return 1;
}

/* ---- What a cell held ---- */

static int by_row(const void *key, const void *element)
{
	const row_id *a = key, *b = element;

	return (*a > *b) - (*a < *b);
}

/* The last column of the diff's row is a JSON object of what changed cells held. */
static void find_was(struct compare *c, row_id row)
{
	size_t n = results_rows(c->diff.rows), last = results_columns_n(c->diff.rows) - 1;
	const row_id *of =
		bsearch(&row, c->of + c->first_new, n - c->first_new, sizeof(*of), by_row);
	struct cell was;

	json_decref(c->was);
	c->was = NULL;
	c->was_row = row;
	if (!of)
		return;
	was = results_unpack(c->diff.rows, results_cell(c->diff.rows, (row_id)(of - c->of), last));
	if (cell_has_bytes(&was))
		c->was = json_loadb(was.p, was.n, 0, NULL);
}

bool compare_was(struct compare *c, row_id row, const char *column, struct cell *ret)
{
	const json_t *was;

	if (row != c->was_row)
		find_was(c, row);
	was = json_object_get(c->was, column);
	if (!was)
		return false;
	*ret = (struct cell){.type = CELL_NULL};
	if (json_is_integer(was))
		*ret = (struct cell){.type = CELL_INT, .i = json_integer_value(was)};
	else if (json_is_real(was))
		*ret = (struct cell){.type = CELL_REAL, .r = json_real_value(was)};
	else if (json_is_string(was))
		*ret = (struct cell){.type = CELL_TEXT,
			.n = (uint32_t)json_string_length(was),
			.p = json_string_value(was)};
	else if (json_is_object(was)) /* bytes, in base64 */
		*ret = (struct cell){.type = CELL_TEXT,
			.n = (uint32_t)json_string_length(json_object_get(was, "b64")),
			.p = json_string_value(json_object_get(was, "b64"))};
	return true;
}
