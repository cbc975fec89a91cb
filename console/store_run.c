/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store_run.h"

#include "common/json.h"
#include "common/str.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SHAPES_JSON_MAX (64u << 20)
#define SHAPES_DEPTH	3

void run_time_text(int64_t us, char ret[RUN_TIME_MAX])
{
	time_t at = (time_t)(us / 1000000);
	struct tm tm;

	ret[0] = '\0';
	if (gmtime_r(&at, &tm))
		strftime(ret, RUN_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* ---- Which there are ---- */

void run_info_done(struct run_info *i)
{
	if (!i)
		return;
	free(i->name);
	free(i->question);
	free(i->target);
	free(i->operator);
	*i = (struct run_info){0};
}

enum {
	ID,
	TIME,
	MS,
	NAME,
	QUESTION,
	TARGET,
	OPERATOR,
	HOSTS,
	ANSWERED,
	ROWS,
	FINISHED,
	BASELINE,
};
#define COLUMNS                                                                                    \
	"SELECT id, time, ms, name, question, target, operator, hosts, answered, rows, finished, " \
	"baseline FROM runs WHERE finished "

/* -ENOMEM: what is there must still be freed. */
static int read_info(sqlite3_stmt *q, struct run_info *ret)
{
	*ret = (struct run_info){
		.id = sqlite3_column_int64(q, ID),
		.time_us = sqlite3_column_int64(q, TIME),
		.ms = sqlite3_column_int64(q, MS),
		.name = store_text(q, NAME),
		.question = store_text(q, QUESTION),
		.target = store_text(q, TARGET),
		.operator= store_text(q, OPERATOR),
		.hosts = sqlite3_column_int64(q, HOSTS),
		.answered = sqlite3_column_int64(q, ANSWERED),
		.rows = sqlite3_column_int64(q, ROWS),
		.interrupted = sqlite3_column_int64(q, FINISHED) == 2,
		.baseline = sqlite3_column_int64(q, BASELINE),
	};
	return ret->question && ret->target && ret->operator? 0 : - ENOMEM;
}

static int prepare_list(
	struct store *s, const struct run_filter *f, sqlite3_stmt **ret, struct err *err)
{
	int64_t before = f->before ? f->before : INT64_MAX;
	int64_t until = f->until_us ? f->until_us : INT64_MAX;
	int64_t limit = f->limit ? (int64_t)f->limit : -1;

	if (f->question)
		return store_prepare(s, ret, err,
			COLUMNS
			"AND (question = ?1 OR name = ?1) AND ifnull(target = ?2, 1) AND id "
			"< ?3 AND time <= ?4 AND baseline >= ?5 ORDER BY id DESC LIMIT ?6",
			"ttiiii", f->question, f->target, before, until, (int64_t)f->baseline,
			limit);
	return store_prepare(s, ret, err,
		COLUMNS "AND ifnull(target = ?1, 1) AND id < ?2 AND time <= ?3 AND baseline >= ?4 "
			"ORDER BY id DESC LIMIT ?5",
		"tiiii", f->target, before, until, (int64_t)f->baseline, limit);
}

int runs_list(
	struct store *s, const struct run_filter *f, run_info_fn *fn, void *arg, struct err *err)
{
	sqlite3_stmt *q;
	int step = SQLITE_DONE, result = 0, r = prepare_list(s, f, &q, err);

	if (r < 0)
		return r;
	while (result == 0 && (step = sqlite3_step(q)) == SQLITE_ROW) {
		struct run_info i;

		result = read_info(q, &i);
		if (result < 0)
			err_sys(err, ENOMEM, "history");
		else
			result = fn(arg, &i);
		run_info_done(&i);
	}
	r = store_end(s, q, step, err);
	return result ? result : r;
}

static int take_first(void *arg, const struct run_info *i)
{
	struct run_info *ret = arg;

	*ret = *i;
	ret->name = i->name ? strdup(i->name) : NULL;
	ret->question = strdup(i->question);
	ret->target = strdup(i->target);
	ret->operator= strdup(i->operator);
	return ret->question && ret->target && ret->operator? 1 : - ENOMEM;
}

int runs_first(struct store *s, const struct run_filter *f, struct run_info *ret, struct err *err)
{
	struct run_filter one = *f;
	int r;

	*ret = (struct run_info){0};
	one.limit = 1;
	r = runs_list(s, &one, take_first, ret, err);
	if (r == 1)
		return 0;
	run_info_done(ret);
	return r == 0 ? -ENOENT : r;
}

int runs_get(struct store *s, int64_t id, struct run_info *ret, struct err *err)
{
	const struct run_filter f = {.before = id + 1};
	int r = id > 0 && id < INT64_MAX ? runs_first(s, &f, ret, err) : -ENOENT;

	if (r == 0 && ret->id != id) {
		run_info_done(ret);
		r = -ENOENT;
	}
	if (r == -ENOENT)
		err_set(err, ENOENT, "no run %lld is remembered", (long long)id);
	return r;
}

int runs_find(struct store *s, const char *word, const char *target, struct run_info *ret,
	struct err *err)
{
	const struct run_filter f = {.question = word, .target = target};
	int64_t id;
	int r;

	if (parse_int(word, 1, INT64_MAX, &id) == 0)
		return runs_get(s, id, ret, err);
	r = runs_first(s, &f, ret, err);
	if (r == -ENOENT)
		err_set(err, ENOENT, "no run of `%s`%s%s is remembered", word,
			target ? " with target " : "", target ? target : "");
	return r;
}

/* ---- One run ---- */

bool run_shapes_have(const struct run_shape *shapes, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < shapes[i].n; j++)
			if (str_eq(shapes[i].names[j], name))
				return true;
	return false;
}

void run_done(struct run *r)
{
	if (!r)
		return;
	sqlite3_finalize(r->blocks);
	block_reader_free(r->reader);
	for (size_t i = 0; i < r->n_shapes; i++) {
		for (size_t j = 0; j < r->shapes[i].n; j++)
			free(r->shapes[i].names[j]);
		free(r->shapes[i].names);
	}
	free(r->shapes);
	outcomes_done(&r->outcomes);
	run_info_done(&r->info);
	free(r->title);
	free(r->key);
	free(r->diff_ignore);
	*r = (struct run){0};
}

static int read_shape(const json_t *names, struct run_shape *ret)
{
	size_t n = json_array_size(names);

	if (!json_is_array(names) || n == 0 || n > WIRE_COLUMNS_MAX)
		return -EBADMSG;
	ret->names = calloc(n, sizeof(char *));
	for (; ret->names && ret->n < n; ret->n++) {
		const json_t *name = json_array_get(names, ret->n);

		/* A name that is not UTF-8 is an object; it is shown as one that has none. */
		ret->names[ret->n] = strdup(json_is_string(name) ? json_string_value(name) : "?");
		if (!ret->names[ret->n])
			return -ENOMEM;
	}
	return ret->names ? 0 : -ENOMEM;
}

static int read_shapes(const void *p, size_t n, struct run *ret)
{
	json_t *tree = NULL;
	struct buf b;
	int r;

	buf_init(&b, SHAPES_JSON_MAX + 1);
	r = block_unpack(p, n, &b);
	if (r == 0)
		tree = json_read_any(buf_str(&b), b.len, SHAPES_DEPTH, NULL);
	buf_done(&b);
	if (r == 0 && json_is_array(tree) && json_array_size(tree) > 0) {
		ret->shapes = calloc(json_array_size(tree), sizeof(*ret->shapes));
		r = ret->shapes ? 0 : -ENOMEM;
	} else if (r == 0 && !json_is_array(tree)) {
		r = -EBADMSG;
	}
	for (; r == 0 && ret->n_shapes < json_array_size(tree); ret->n_shapes++)
		r = read_shape(json_array_get(tree, ret->n_shapes), &ret->shapes[ret->n_shapes]);
	json_decref(tree);
	return r;
}

static int read_details(struct run *ret, sqlite3_stmt *q)
{
	int r;

	ret->title = store_text(q, 0);
	ret->key = store_text(q, 1);
	ret->diff_ignore = store_text(q, 2);
	r = read_shapes(sqlite3_column_blob(q, 3), (size_t)sqlite3_column_bytes(q, 3), ret);
	if (r == 0)
		r = outcomes_unpack(sqlite3_column_blob(q, 4), (size_t)sqlite3_column_bytes(q, 4),
			&ret->outcomes);
	return r;
}

static int open_details(struct run *ret, struct err *err)
{
	sqlite3_stmt *q;
	int step, result = -EBADMSG;
	int r = store_prepare(ret->store, &q, err,
		"SELECT title, key, diff_ignore, shapes, outcome FROM details WHERE run = ?", "i",
		ret->info.id);

	if (r < 0)
		return r;
	step = sqlite3_step(q);
	if (step == SQLITE_ROW)
		result = read_details(ret, q);
	r = store_end(ret->store, q, step, err);
	if (r == 0 && result < 0)
		return err_sys(err, -result, "run %lld cannot be read", (long long)ret->info.id);
	return r;
}

int run_open(struct store *s, int64_t id, struct run *ret, struct err *err)
{
	int r;

	*ret = (struct run){.store = s};
	r = runs_get(s, id, &ret->info, err);
	if (r == 0)
		r = open_details(ret, err);
	if (r == 0)
		r = store_prepare(s, &ret->blocks, err,
			"SELECT data FROM blocks WHERE run = ? ORDER BY id", "i", id);
	if (r < 0)
		return r;
	ret->reader = block_reader_new();
	return ret->reader ? 0 : err_sys(err, ENOMEM, "run");
}

static bool is_of_run(const struct run *r, const struct block *b)
{
	if (b->shape >= r->n_shapes || r->shapes[b->shape].n != b->n_cols)
		return false;
	for (size_t i = 0; i < b->n_rows; i++)
		if (b->hosts[i] >= r->outcomes.n)
			return false;
	return true;
}

int run_next(struct run *r, struct block *ret, struct err *err)
{
	int result, step = sqlite3_step(r->blocks);

	if (step == SQLITE_DONE)
		return 0;
	if (step != SQLITE_ROW)
		return store_fail(r->store, "history", err);
	result = block_read(r->reader, sqlite3_column_blob(r->blocks, 0),
		(size_t)sqlite3_column_bytes(r->blocks, 0), ret);
	if (result == 0 && !is_of_run(r, ret))
		result = -EBADMSG;
	if (result < 0)
		return err_sys(err, -result, "run %lld cannot be read", (long long)r->info.id);
	return 1;
}

void run_rewind(struct run *r)
{
	sqlite3_reset(r->blocks);
}
