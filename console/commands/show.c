/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a run that is remembered. */
#include "common/log.h"
#include "common/str.h"
#include "console/answers.h"
#include "console/app.h"
#include "console/command.h"
#include "console/fold.h"
#include "console/gather.h"
#include "console/output.h"
#include "console/rows.h"
#include "console/store_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct show_values {
	struct gather gather;
};

static const struct opt show_opts[] = {
	GATHER_OPTS(struct show_values, gather),
	OPT_END,
};

struct show {
	struct run run;
	struct sink *sink;
	struct output *output;
	struct output_shape **shapes; /* per shape of the run; NULL also: that of the header */
	bool *shaped;
	const char **names; /* host, then WIRE_COLUMNS_MAX */
	struct cell *row;   /* likewise */
	bool header, differ;
	struct ask_kept *kept; /* or NULL */
	uint32_t kept_shape;   /* whose columns it has, from 1; 0: none yet */
};

static void name_columns(struct show *s, const struct run_shape *shape)
{
	s->names[0] = "host";
	for (size_t j = 0; j < shape->n; j++)
		s->names[1 + j] = shape->names[j];
}

/* A row of the block as it is shown. */
static void take_row(struct show *s, const struct block *b, size_t i)
{
	s->row[0] = rows_text(s->run.outcomes.of[b->hosts[i]].name);
	memcpy(s->row + 1, b->cells + i * b->n_cols, b->n_cols * sizeof(*s->row));
}

static void keep_shape(struct show *s, uint32_t i)
{
	if (s->kept_shape == i + 1)
		return;
	name_columns(s, &s->run.shapes[i]);
	ask_kept_header(s->kept, s->names, 1 + s->run.shapes[i].n);
	s->kept_shape = i + 1;
}

static void keep_block(struct show *s, const struct block *b)
{
	if (!s->kept)
		return;
	keep_shape(s, b->shape);
	for (size_t i = 0; i < b->n_rows; i++) {
		take_row(s, b, i);
		ask_kept_row(s->kept, s->row);
	}
}

static int begin_shape(struct show *s, uint32_t i)
{
	const struct run_shape *shape = &s->run.shapes[i];
	int r = 0;

	name_columns(s, shape);
	if (s->header)
		r = output_shape_new(s->output, s->names, 1 + shape->n, &s->shapes[i]);
	else
		r = output_header(s->output, s->names, 1 + shape->n);
	s->header = s->shaped[i] = true;
	s->differ |= s->shapes[i] != NULL;
	return r;
}

static int put_block(struct show *s, const struct block *b)
{
	int r = s->shaped[b->shape] ? 0 : begin_shape(s, b->shape);

	for (size_t i = 0; r == 0 && i < b->n_rows; i++) {
		take_row(s, b, i);
		r = output_row_shaped(s->output, s->shapes[b->shape], s->row);
	}
	return r;
}

/* *ret_write: what came of writing. 0 or -errno of reading, with `err`. */
static int put_rows(struct show *s, int *ret_write, struct err *err)
{
	struct block b;
	int r = 1;

	/* Without rows the columns are shown all the same. */
	if (s->run.n_shapes > 0)
		keep_shape(s, 0);
	if (s->run.info.rows == 0 && s->run.n_shapes > 0)
		*ret_write = begin_shape(s, 0);
	while (*ret_write == 0 && (r = run_next(&s->run, &b, err)) == 1) {
		keep_block(s, &b);
		*ret_write = put_block(s, &b);
	}
	if (*ret_write == 0 && r == 0)
		*ret_write = output_end(s->output);
	return r < 0 ? r : 0;
}

/* ---- What is made of them ---- */

static int gather_block(struct results *rows, const struct run *run, const struct block *b,
	struct wire_column *columns, bool *begun)
{
	const struct run_shape *shape = &run->shapes[b->shape];
	int r = 0;

	for (size_t i = 0; i < shape->n; i++)
		columns[i] = (struct wire_column){shape->names[i], ""};
	for (size_t i = 0, end; r == 0 && i < b->n_rows; i = end) {
		host_id host = b->hosts[i];

		for (end = i + 1; end < b->n_rows && b->hosts[end] == host;)
			end++;
		if (!begun[host])
			r = results_columns(rows, host, columns, shape->n);
		begun[host] = true;
		if (r == 0)
			r = results_add(rows, host, b->cells + i * b->n_cols, end - i);
	}
	return r;
}

static int gather_rows(struct show *s, bool keep, struct results *rows, struct err *err)
{
	struct run *run = &s->run;
	struct wire_column *columns = calloc(WIRE_COLUMNS_MAX, sizeof(*columns));
	bool *begun = calloc(run->outcomes.n + 1, sizeof(*begun));
	int r = columns && begun ? 0 : err_sys(err, ENOMEM, "show");
	struct block b;

	while (r == 0 && (r = run_next(run, &b, err)) == 1) {
		if (keep)
			keep_block(s, &b);
		r = gather_block(rows, run, &b, columns, begun);
		if (r < 0)
			err_sys(err, -r, "run %" PRId64, run->info.id);
	}
	free(columns);
	free(begun);
	return r;
}

static int put_gathered(struct show *s, const struct gather *g, int *ret_write, struct err *err)
{
	const char **hosts = calloc(s->run.outcomes.n + 1, sizeof(char *));
	struct results *rows = results_new(s->run.outcomes.n);
	const struct gathered of = {
		.rows = rows, .hosts = hosts, .ignore = s->run.diff_ignore, .kept = s->kept};
	size_t shown = 0;
	int r = hosts && rows ? 0 : err_sys(err, ENOMEM, "show");

	for (size_t i = 0; hosts && i < s->run.outcomes.n; i++)
		hosts[i] = s->run.outcomes.of[i].name;
	if (r == 0)
		r = gather_rows(s, !g->sql, rows, err);
	if (r == 0)
		r = gather_put(g, &of, s->output, &s->header, &shown, err);
	if (r == 0)
		r = output_end(s->output);
	results_free(rows);
	free(hosts);
	if (r < 0 && !err->code) {
		*ret_write = r;
		r = 0;
	}
	return r;
}

/* ---- Around the rows ---- */

static void say_states(const struct run *run)
{
	struct fold *f = fold_new(log_note, FOLD_ADDRESSES);
	char text[ERR_TEXT_MAX + 64];

	for (size_t i = 0; f && i < run->outcomes.n; i++) {
		const struct outcome *o = &run->outcomes.of[i];

		if (o->truncated)
			fold_add(f, o->name, "answer cut off");
		/* Pending: it was not asked. */
		if (o->state == HOST_ANSWERED || o->state == HOST_PENDING)
			continue;
		snprintf(text, sizeof(text), "%s%s%s", answers_state_words(o->state),
			o->error ? ": " : "", o->error ? o->error : "");
		fold_add(f, o->name, text);
	}
	fold_say(f);
	fold_free(f);
}

static void say_run(const struct run_info *i)
{
	char time[RUN_TIME_MAX];

	run_time_text(i->time_us, time);
	log_note("run %" PRId64 " of %s, %s, target %s, by %s%s: %" PRId64 " of %" PRId64
		 " hosts answered; %" PRId64 " rows",
		i->id, time, i->question, i->target, i->operator,
		i->interrupted ? ", interrupted" : "", i->answered, i->hosts, i->rows);
}

static int allocate(struct show *s, const struct format *format, struct err *err)
{
	s->shapes = calloc(s->run.n_shapes + 1, sizeof(struct output_shape *));
	s->shaped = calloc(s->run.n_shapes + 1, sizeof(*s->shaped));
	s->names = calloc(1 + WIRE_COLUMNS_MAX, sizeof(char *));
	s->row = calloc(1 + WIRE_COLUMNS_MAX, sizeof(*s->row));
	s->sink = sink_new(STDOUT_FILENO, true, err);
	s->output = s->sink ? output_new(format, s->sink, err) : NULL;
	if (!s->shapes || !s->shaped || !s->names || !s->row || !s->output)
		return err_sys(err, ENOMEM, "show");
	output_time(s->output, s->run.info.time_us);
	return 0;
}

static void show_done(struct show *s)
{
	for (size_t i = 0; s->shapes && i < s->run.n_shapes; i++)
		output_shape_free(s->shapes[i]);
	free(s->shapes);
	free(s->shaped);
	free(s->names);
	free(s->row);
	output_free(s->output);
	sink_free(s->sink);
	run_done(&s->run);
}

static int show(struct app *app, struct store *store, int64_t id, const struct gather *g)
{
	struct show s = {.kept = app->kept};
	struct err err = {0};
	int status = EXIT_ALL_GOOD, written = 0;
	int r = run_open(store, id, &s.run, &err);

	if (r == 0)
		r = allocate(&s, app->format, &err);
	if (r < 0)
		status = EXIT_NOTHING;
	if (r == 0)
		r = gather_wanted(g) ? put_gathered(&s, g, &written, &err)
				     : put_rows(&s, &written, &err);
	if (r < 0 && status == EXIT_ALL_GOOD)
		status = EXIT_INCOMPLETE;
	if (written < 0 && written != -EPIPE) {
		log_error("cannot write to %s: %s", sink_stdout_name(), strerror(-written));
		status = EXIT_INCOMPLETE;
	} else if (status != EXIT_ALL_GOOD) {
		log_error("%s", err.text);
	} else if (written == 0) {
		if (s.differ && !app->format->named)
			log_note("some hosts answered with other columns, shown under those of the "
				 "first");
		say_states(&s.run);
		say_run(&s.run.info);
	}
	show_done(&s);
	return status;
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct show_values *v = values;
	const struct run_filter last = {.target = app->o.targets};
	struct run_info i = {0};
	struct store *s = NULL;
	struct err err = {0};
	int status = EXIT_NOTHING, r = store_open(STORE_READ, &s, &err);

	if (r == 0)
		r = gather_check(&v->gather, &err);
	if (r == 0)
		r = argc > 0 ? runs_find(s, argv[0], last.target, &i, &err)
			     : runs_first(s, &last, &i, &err);
	if (r == -ENOENT && !err.code)
		err_set(&err, ENOENT, "nothing is remembered yet");
	if (r < 0)
		log_error("%s", err.text);
	else
		status = show(app, s, i.id, &v->gather);
	run_info_done(&i);
	store_close(s);
	return status;
}

const struct command command_show = {
	.name = "show",
	.args = "[RUN|NAME]",
	.summary = "show the rows of a run that is remembered",
	.help = "RUN is a number of `tocsin history`; a saved query's name stands for its last "
		"run\n"
		"(with -t at these targets), and nothing for the last run of all.\n\n"
		"  tocsin show 412 -o csv",
	.flags = COMMAND_REMEMBERED,
	.max_args = 1,
	.opts = show_opts,
	.values_size = sizeof(struct show_values),
	.run = run,
};
