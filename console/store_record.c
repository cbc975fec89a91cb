/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/store_record.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/str.h"
#include "console/store.h"
#include "console/store_block.h"
#include "console/store_keep.h"
#include "console/store_outcome.h"

#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Blocks that are filled at the same time: hosts of so many shapes may answer in turns. */
#define OPEN_BLOCKS  4
#define QUESTION_MAX (1u << 20)
#define SHAPES_BYTES (32u << 20)
#define NO_SHAPE     UINT32_MAX
/* Of events, handed to the thread together: waking it for each costs more than what it does. */
#define BATCH_BYTES (256u << 10)

/* What is too old or too much is looked for with the first run and after as many more. */
#define CLEAN_EVERY 256
/* Questions that are put again and again; what is more is remembered each time. */
#define SERIES_MAX 4096
struct series {
	uint64_t number;
	int64_t run; /* the last one, 0: none */
};

/* What is handed to the thread. */
enum job_type { JOB_EVENTS, JOB_END, JOB_DROP };
struct job {
	struct job *next;
	enum job_type type;
	struct record *rec;
	struct fleet_event *events; /* a list */
	size_t bytes;		    /* of them */
	int64_t ms;		    /* JOB_END */
	bool interrupted;
};

struct recorder {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool started, stop;
	struct job *first, **last;
	size_t bytes; /* of the events that wait */
	struct err problem;
	bool told;

	/* The thread's: */
	struct store *store;
	bool broken;	/* the database: nothing is written any more */
	uint64_t ended; /* runs */
	struct series *series;
	size_t n_series, cap_series;
};

struct shape {
	char **names;
	size_t n;
};

struct open_block {
	struct block_writer *writer;
	uint32_t shape;
};

struct record {
	struct recorder *r;

	/* The asking side's: */
	bool full; /* what comes is not queued any more */
	struct fleet_event *held, **held_last;
	size_t held_bytes;

	char *command, *name, *title, *question, *sql, *params, *key, *diff_ignore, *target;
	char operator[OPERATOR_MAX];
	const struct host_config *hosts;
	size_t n_hosts, n_asked;
	uint64_t series;
	int64_t time_us;

	/* The thread's: */
	bool failed;
	int64_t id; /* 0: not written yet */
	struct shape *shapes;
	size_t n_shapes, cap_shapes;
	uint32_t *shape_of; /* per host, NO_SHAPE */
	struct open_block blocks[OPEN_BLOCKS];
	struct buf packed;
	struct outcomes outcomes;
	int64_t rows, bytes;
};

/* ---- Problems ---- */

static void note_problem(struct recorder *r, const struct err *err)
{
	pthread_mutex_lock(&r->lock);
	if (!str_eq(r->problem.text, err->text)) {
		r->problem = *err;
		r->told = false;
	}
	pthread_mutex_unlock(&r->lock);
}

bool recorder_problem(struct recorder *r, struct err *ret)
{
	bool news;

	if (!r)
		return false;
	pthread_mutex_lock(&r->lock);
	news = r->problem.code && !r->told;
	if (news)
		*ret = r->problem;
	r->told = true;
	pthread_mutex_unlock(&r->lock);
	return news;
}

/* ---- A record ---- */

static void record_free(struct record *rec)
{
	char *texts[] = {rec->command, rec->name, rec->title, rec->question, rec->sql, rec->params,
		rec->key, rec->diff_ignore, rec->target};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < rec->n_shapes; i++) {
		for (size_t j = 0; j < rec->shapes[i].n; j++)
			free(rec->shapes[i].names[j]);
		free(rec->shapes[i].names);
	}
	free(rec->shapes);
	free(rec->shape_of);
	for (size_t i = 0; i < OPEN_BLOCKS; i++)
		block_writer_free(rec->blocks[i].writer);
	buf_done(&rec->packed);
	outcomes_done(&rec->outcomes);
	free(rec);
}

static int copy(const char *from, char **ret)
{
	*ret = from ? strdup(from) : NULL;
	return from && !*ret ? -ENOMEM : 0;
}

/* [["name", "value"], …] */
static int copy_params(const struct question_text *t, char **ret)
{
	struct buf b;
	int r;

	buf_init(&b, QUESTION_MAX);
	r = buf_putc(&b, '[');
	for (size_t i = 0; r == 0 && i < t->n_params; i++) {
		r = buf_puts(&b, i ? ",[" : "[");
		if (r == 0)
			r = json_put_bytes(&b, t->params[i].name, strlen(t->params[i].name));
		if (r == 0)
			r = buf_putc(&b, ',');
		if (r == 0)
			r = json_put_bytes(&b, t->params[i].value, strlen(t->params[i].value));
		if (r == 0)
			r = buf_putc(&b, ']');
	}
	if (r == 0)
		r = buf_putc(&b, ']');
	*ret = r == 0 ? buf_steal(&b) : NULL;
	buf_done(&b);
	return *ret ? 0 : -ENOMEM;
}

char *record_question(const struct question_text *t)
{
	struct buf b;
	char *text;
	int r;

	buf_init(&b, QUESTION_MAX);
	r = buf_puts(&b, t->name ? t->name : t->sql);
	for (size_t i = 0; r == 0 && i < t->n_params; i++)
		r = buf_printf(&b, " %s=%s", t->params[i].name, t->params[i].value);
	text = r == 0 ? buf_steal(&b) : NULL;
	buf_done(&b);
	return text;
}

void record_operator(char *ret, size_t size)
{
	struct passwd pw, *found = NULL;
	const char *sudo = getenv("SUDO_USER");
	char text[4096];

	if (getpwuid_r(getuid(), &pw, text, sizeof(text), &found) == 0 && found && sudo && *sudo)
		snprintf(ret, size, "%s (sudo: %s)", found->pw_name, sudo);
	else if (found)
		snprintf(ret, size, "%s", found->pw_name);
	else
		snprintf(ret, size, "%u", (unsigned)getuid());
}

static int fill_record(struct record *rec, const struct record_run *run)
{
	const struct question_text *t = run->question;
	int r = copy(run->command, &rec->command);

	if (r == 0)
		r = copy(t->name, &rec->name);
	if (r == 0)
		r = copy(t->title, &rec->title);
	if (r == 0)
		r = copy(t->sql, &rec->sql);
	if (r == 0)
		r = copy(t->key, &rec->key);
	if (r == 0)
		r = copy(t->diff_ignore, &rec->diff_ignore);
	if (r == 0)
		r = copy(run->target, &rec->target);
	if (r == 0)
		r = copy_params(t, &rec->params);
	if (r == 0)
		r = outcomes_init(&rec->outcomes, run->n_hosts);
	rec->question = record_question(t);
	rec->shape_of = malloc((run->n_hosts + 1) * sizeof(*rec->shape_of));
	if (!rec->question || !rec->shape_of)
		return -ENOMEM;
	for (size_t i = 0; i < run->n_hosts; i++)
		rec->shape_of[i] = NO_SHAPE;
	record_operator(rec->operator, sizeof(rec->operator));
	return r;
}

struct record *record_begin(struct recorder *r, const struct record_run *run)
{
	struct record *rec = r ? calloc(1, sizeof(*rec)) : NULL;

	if (!rec)
		return NULL;
	rec->r = r;
	rec->held_last = &rec->held;
	rec->hosts = run->hosts;
	rec->n_hosts = run->n_hosts;
	rec->n_asked = run->n_asked ? run->n_asked : run->n_hosts;
	rec->series = run->series;
	rec->time_us = clock_real_us();
	buf_init(&rec->packed, 2 * BLOCK_RAW_MAX);
	if (fill_record(rec, run) == 0)
		return rec;
	record_free(rec);
	return NULL;
}

/* ---- The queue ---- */

static void *serve(void *arg);

/* With the lock held. Signals are for the thread that asks. */
static int start(struct recorder *r)
{
	sigset_t all, before;
	int result;

	if (r->started)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&r->thread, NULL, serve, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	r->started = result == 0;
	return -result;
}

static int put_job(struct recorder *r, const struct job *job)
{
	struct job *j = malloc(sizeof(*j));
	int result = j ? 0 : -ENOMEM;

	pthread_mutex_lock(&r->lock);
	if (result == 0 && job->type == JOB_EVENTS && r->bytes + job->bytes > RECORD_QUEUE_MAX)
		result = -ENOBUFS;
	if (result == 0)
		result = start(r);
	if (result == 0) {
		*j = *job;
		j->next = NULL;
		*r->last = j;
		r->last = &j->next;
		r->bytes += job->bytes;
		pthread_cond_signal(&r->wake);
	}
	pthread_mutex_unlock(&r->lock);
	if (result < 0)
		free(j);
	return result;
}

static void free_events(struct fleet_event *list)
{
	for (struct fleet_event *next; list; list = next) {
		next = list->next;
		fleet_event_free(list);
	}
}

static void hand_over(struct record *rec)
{
	const struct job job = {
		.type = JOB_EVENTS, .rec = rec, .events = rec->held, .bytes = rec->held_bytes};
	struct err err;
	int r = rec->held ? put_job(rec->r, &job) : 0;

	rec->held = NULL;
	rec->held_last = &rec->held;
	rec->held_bytes = 0;
	if (r == 0)
		return;
	rec->full = true;
	free_events(job.events);
	if (r == -ENOBUFS)
		err_set(&err, -r, "this run is not remembered: it comes faster than it is written");
	else
		err_sys(&err, -r, "this run is not remembered");
	note_problem(rec->r, &err);
}

void record_event(struct record *rec, struct fleet_event *e)
{
	bool kept = rec && !rec->full &&
		    (e->type == FLEET_COLUMNS || e->type == FLEET_ROWS || e->type == FLEET_END);

	if (!kept) {
		fleet_event_free(e);
		return;
	}
	e->next = NULL;
	*rec->held_last = e;
	rec->held_last = &e->next;
	rec->held_bytes += e->size;
	if (rec->held_bytes >= BATCH_BYTES)
		hand_over(rec);
}

/* Without memory for the job the record is left to the end of the program. */
void record_drop(struct record *rec)
{
	if (!rec)
		return;
	free_events(rec->held);
	(void)put_job(rec->r, &(struct job){.type = JOB_DROP, .rec = rec});
}

void record_end(struct record *rec, int64_t ms, bool interrupted)
{
	if (!rec)
		return;
	hand_over(rec);
	if (rec->full)
		record_drop(rec);
	else
		(void)put_job(rec->r,
			&(struct job){
				.type = JOB_END, .rec = rec, .ms = ms, .interrupted = interrupted});
}

/* ---- The thread: writing ---- */

static int insert_run(struct store *s, struct record *rec, struct err *err)
{
	int r = store_do(s, err,
		"INSERT INTO runs (finished, time, name, question, target, operator, hosts) "
		"VALUES (0, ?, ?, ?, ?, ?, ?)",
		"itttti", rec->time_us, rec->name, rec->question, rec->target,
		rec->operator,(int64_t) rec->n_asked);

	if (r == 0)
		rec->id = sqlite3_last_insert_rowid(s->db);
	return r;
}

static int insert_block(struct store *s, struct record *rec, struct err *err)
{
	sqlite3_stmt *q;
	int r = rec->id ? 0 : insert_run(s, rec, err);

	if (r == 0)
		r = store_prepare(
			s, &q, err, "INSERT INTO blocks (run, data) VALUES (?, ?)", "i", rec->id);
	if (r < 0)
		return r;
	sqlite3_bind_blob64(q, 2, rec->packed.p, rec->packed.len, SQLITE_STATIC);
	rec->bytes += (int64_t)rec->packed.len;
	return store_end(s, q, sqlite3_step(q), err);
}

static int flush_block(
	struct recorder *r, struct record *rec, struct open_block *b, struct err *err)
{
	int result;

	if (!b->writer || block_rows(b->writer) == 0)
		return 0;
	buf_reset(&rec->packed);
	result = block_finish(b->writer, b->shape, &rec->packed);
	if (result < 0)
		return err_sys(err, -result, "rows");
	return insert_block(r->store, rec, err);
}

/* ---- The thread: what came ---- */

static bool has_shape(const struct shape *s, const struct fleet_event *e)
{
	if (s->n != e->columns.n)
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (!str_eq(s->names[i], e->columns.cols[i].name))
			return false;
	return true;
}

static int add_shape(struct record *rec, const struct fleet_event *e, struct err *err)
{
	struct shape *s;
	int r = array_grow(&rec->shapes, &rec->cap_shapes, rec->n_shapes + 1, sizeof(*rec->shapes),
		RECORD_SHAPES_MAX);

	if (r == -E2BIG)
		return err_set(err, E2BIG, "the hosts answer with more than %d sets of columns",
			RECORD_SHAPES_MAX);
	if (r < 0)
		return err_sys(err, ENOMEM, "columns");
	s = &rec->shapes[rec->n_shapes++];
	*s = (struct shape){.names = calloc(e->columns.n + 1, sizeof(char *))};
	for (; s->names && s->n < e->columns.n; s->n++) {
		s->names[s->n] = strdup(e->columns.cols[s->n].name);
		if (!s->names[s->n])
			return err_sys(err, ENOMEM, "columns");
	}
	return s->names ? 0 : err_sys(err, ENOMEM, "columns");
}

static int take_columns(struct record *rec, const struct fleet_event *e, struct err *err)
{
	uint32_t i = 0;
	int r = 0;

	while (i < rec->n_shapes && !has_shape(&rec->shapes[i], e))
		i++;
	if (i == rec->n_shapes)
		r = add_shape(rec, e, err);
	rec->shape_of[e->host] = i;
	return r;
}

static int take_rows(
	struct recorder *r, struct record *rec, const struct fleet_event *e, struct err *err)
{
	uint32_t shape = rec->shape_of[e->host];
	struct open_block *b = &rec->blocks[shape % OPEN_BLOCKS];
	int result = 0;

	if (shape == NO_SHAPE || e->rows.n_cols == 0 || rec->shapes[shape].n != e->rows.n_cols)
		return 0;
	if (!b->writer)
		b->writer = block_writer_new();
	if (!b->writer)
		return err_sys(err, ENOMEM, "rows");
	if (b->shape != shape)
		result = flush_block(r, rec, b, err);
	b->shape = shape;
	if (result == 0)
		result = block_add(
			b->writer, e->host, e->rows.cells, e->rows.n_rows, e->rows.n_cols);
	if (result < 0)
		return result == -ENOMEM ? err_sys(err, ENOMEM, "rows") : result;
	rec->rows += (int64_t)e->rows.n_rows;
	return block_full(b->writer) ? flush_block(r, rec, b, err) : 0;
}

static int take_event(
	struct recorder *r, struct record *rec, const struct fleet_event *e, struct err *err)
{
	if (e->host >= rec->n_hosts)
		return 0;
	if (e->type == FLEET_COLUMNS)
		return take_columns(rec, e, err);
	if (e->type == FLEET_ROWS)
		return take_rows(r, rec, e, err);
	return outcomes_take(&rec->outcomes, e->host, e->end);
}

/* ---- The thread: the end of a run ---- */

static int put_shapes(const struct record *rec, struct buf *out)
{
	struct buf b;
	int r;

	buf_init(&b, SHAPES_BYTES);
	r = buf_putc(&b, '[');
	for (size_t i = 0; r == 0 && i < rec->n_shapes; i++) {
		r = buf_puts(&b, i ? ",[" : "[");
		for (size_t j = 0; r == 0 && j < rec->shapes[i].n; j++) {
			const char *name = rec->shapes[i].names[j];

			r = j ? buf_putc(&b, ',') : 0;
			if (r == 0)
				r = json_put_bytes(&b, name, strlen(name));
		}
		if (r == 0)
			r = buf_putc(&b, ']');
	}
	if (r == 0)
		r = buf_putc(&b, ']');
	if (r == 0)
		r = block_pack(b.p, b.len, out);
	buf_done(&b);
	return r;
}

static int insert_details(struct store *s, struct record *rec, struct err *err)
{
	struct buf shapes, outcome;
	sqlite3_stmt *q;
	int r;

	buf_init(&shapes, 2 * SHAPES_BYTES);
	buf_init(&outcome, 2 * BLOCK_RAW_MAX);
	r = put_shapes(rec, &shapes);
	if (r == 0)
		r = outcomes_pack(&rec->outcomes, rec->hosts, &outcome);
	if (r < 0)
		r = err_sys(err, -r, "outcome");
	if (r == 0)
		r = store_prepare(s, &q, err,
			"INSERT INTO details (run, command, title, sql, params, key, diff_ignore, "
			"shapes, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			"itttttt", rec->id, rec->command, rec->title, rec->sql, rec->params,
			rec->key, rec->diff_ignore);
	if (r == 0) {
		sqlite3_bind_blob64(q, 8, buf_str(&shapes), shapes.len, SQLITE_STATIC);
		sqlite3_bind_blob64(q, 9, buf_str(&outcome), outcome.len, SQLITE_STATIC);
		rec->bytes += (int64_t)(shapes.len + outcome.len);
		r = store_end(s, q, sqlite3_step(q), err);
	}
	buf_done(&shapes);
	buf_done(&outcome);
	return r;
}

/* NULL: of none, or there are too many. */
static struct series *series_of(struct recorder *r, uint64_t number)
{
	if (!number)
		return NULL;
	for (size_t i = 0; i < r->n_series; i++)
		if (r->series[i].number == number)
			return &r->series[i];
	if (array_grow(&r->series, &r->cap_series, r->n_series + 1, sizeof(*r->series),
		    SERIES_MAX) < 0)
		return NULL;
	r->series[r->n_series] = (struct series){.number = number};
	return &r->series[r->n_series++];
}

static int finish(struct recorder *r, struct record *rec, const struct job *j, struct err *err)
{
	const struct series *series = series_of(r, rec->series);
	struct store *s = r->store;
	int result = rec->id ? 0 : insert_run(s, rec, err);

	for (size_t i = 0; result == 0 && i < OPEN_BLOCKS; i++)
		result = flush_block(r, rec, &rec->blocks[i], err);
	if (result == 0)
		result = insert_details(s, rec, err);
	if (result == 0)
		result = store_do(s, err,
			"UPDATE runs SET finished = ?, ms = ?, answered = ?, rows = ?, bytes = ? "
			"WHERE id = ?",
			"iiiiii", (int64_t)(j->interrupted ? 2 : 1), j->ms,
			(int64_t)outcomes_answered(&rec->outcomes), rec->rows, rec->bytes, rec->id);
	if (result == 0 && series && series->run)
		result = keep_forget(s, series->run, err);
	return result;
}

/* All that is left in one transaction, and that on disk before it counts. */
static int end_run(struct recorder *r, struct record *rec, const struct job *j, struct err *err)
{
	int result = store_exec(r->store, "PRAGMA synchronous = FULL; BEGIN IMMEDIATE", err);

	if (result == 0)
		result = finish(r, rec, j, err);
	if (result == 0)
		result = store_exec(r->store, "COMMIT", err);
	if (result < 0)
		(void)store_exec(r->store, "ROLLBACK", NULL);
	(void)store_exec(r->store, "PRAGMA synchronous = NORMAL", NULL);
	return result;
}

/* ---- The thread ---- */

static void fail(struct recorder *r, struct record *rec, struct err *err)
{
	if (!rec->failed) {
		err_prefix(err, "this run is not remembered");
		note_problem(r, err);
	}
	rec->failed = true;
}

static bool opened(struct recorder *r, struct err *err)
{
	if (!r->store && !r->broken)
		r->broken = store_open(STORE_WRITE, &r->store, err) < 0;
	return r->store;
}

static void end_record(struct recorder *r, struct record *rec, const struct job *j)
{
	struct err err = {0};
	struct series *series;

	if (!rec->failed && j->type == JOB_END && end_run(r, rec, j, &err) < 0)
		fail(r, rec, &err);
	if (rec->id && r->store && (rec->failed || j->type == JOB_DROP))
		(void)keep_forget(r->store, rec->id, NULL);
	else if (rec->id && j->type == JOB_END) {
		series = series_of(r, rec->series);
		if (series)
			series->run = rec->id;
		if (r->ended++ % CLEAN_EVERY == 0)
			(void)keep_clean(r->store, rec->id, NULL);
	}
	record_free(rec);
}

static void do_job(struct recorder *r, struct job *j)
{
	struct record *rec = j->rec;
	struct err err = {0};

	if (!rec->failed && !opened(r, &err)) {
		if (!err.code)
			rec->failed = true;
		else
			fail(r, rec, &err);
	}
	for (const struct fleet_event *e = j->events; e && !rec->failed; e = e->next)
		if (take_event(r, rec, e, &err) < 0)
			fail(r, rec, &err);
	if (j->type != JOB_EVENTS)
		end_record(r, rec, j);
}

/* All that waits, or NULL when there is nothing more to come. */
static struct job *take_jobs(struct recorder *r)
{
	struct job *jobs;

	pthread_mutex_lock(&r->lock);
	while (!r->first && !r->stop)
		pthread_cond_wait(&r->wake, &r->lock);
	jobs = r->first;
	r->first = NULL;
	r->last = &r->first;
	pthread_mutex_unlock(&r->lock);
	return jobs;
}

static void job_done(struct recorder *r, struct job *j)
{
	pthread_mutex_lock(&r->lock);
	r->bytes -= j->bytes;
	pthread_mutex_unlock(&r->lock);
	free_events(j->events);
	free(j);
}

static void *serve(void *arg)
{
	struct recorder *r = arg;

	for (struct job *jobs; (jobs = take_jobs(r));) {
		for (struct job *j = jobs, *next; j; j = next) {
			next = j->next;
			do_job(r, j);
			job_done(r, j);
		}
	}
	store_close(r->store);
	r->store = NULL;
	return NULL;
}

uint64_t record_series(void)
{
	static _Atomic uint64_t last;

	return ++last;
}

static bool switched_off;

void recorder_switch(bool on)
{
	switched_off = !on;
}

struct recorder *recorder_new(void)
{
	struct recorder *r = switched_off ? NULL : calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->wake, NULL);
	r->last = &r->first;
	return r;
}

void recorder_stop(struct recorder *r)
{
	if (!r || !r->started)
		return;
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	r->started = false;
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	recorder_stop(r);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->wake);
	free(r->series);
	free(r);
}
