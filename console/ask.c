/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/ask.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "console/answers.h"
#include "console/ask_kept.h"
#include "console/baseline.h"
#include "console/fold.h"
#include "console/gather.h"
#include "console/interrupt.h"
#include "console/output.h"
#include "console/passphrase.h"
#include "console/progress.h"
#include "console/questions.h"
#include "console/report.h"
#include "console/results.h"
#include "console/rows.h"
#include "console/store_record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long to wait for events before looking at the clock and at Ctrl-C. */
#define TICK_MS 100
/* Cells put before a host's own: host, query. */
#define PREFIX_MAX 2
/* Bytes of a password. */
#define ANSWER_MAX 1024

/* A host within the running question. */
struct asked {
	size_t n_columns; /* 0: none told yet */
	struct output_shape *shape;
};

struct ask {
	struct app *app;
	struct ask_options options;
	struct fleet *fleet;
	struct sink *sink;
	struct output *output;
	struct report *report;
	struct progress *progress;
	struct recorder *recorder; /* NULL: nothing is remembered */
	struct record *record;	   /* of the running question */
	struct answers answers;
	struct asked *asked;	  /* per host */
	struct cell *row;	  /* PREFIX_MAX + WIRE_COLUMNS_MAX */
	struct results *gathered; /* of the running question, where something is made of its rows */
	int64_t baseline;	  /* the run that its rows were compared with; 0: none */
	size_t n_gathered, n_fresh; /* then: its rows, and those that deviate */
	int64_t since_ms, started_us;

	const struct ask_question *question; /* the running one */
	size_t n_prefix;
	bool header;	 /* of the running question's output was given */
	size_t refusals; /* hosts whose agent refused the running question */
	char *refusal;	 /* what the first one said */
	struct fold *failures, *warnings, *differing;

	bool incomplete;
	bool unasked; /* a question that the fleet did not take */
	bool cancelled;
	bool reader_gone; /* EPIPE */
	bool broken;	  /* stdout failed in another way */
};

/* ---- Output ---- */

/* Takes the result of a function of the output's and says once what is wrong. */
static void check_output(struct ask *a, int r)
{
	if (r >= 0 || a->reader_gone || a->broken)
		return;
	if (r == -EPIPE) {
		a->reader_gone = true;
		return;
	}
	a->broken = true;
	log_error("cannot write to %s: %s", sink_stdout_name(), strerror(-r));
}

static bool writable(const struct ask *a)
{
	return a->output && !a->reader_gone && !a->broken;
}

static void flush(struct ask *a)
{
	if (writable(a))
		check_output(a, output_flush(a->output));
}

static void end_output(struct ask *a)
{
	if (writable(a))
		check_output(a, output_end(a->output));
	output_free(a->output);
	a->output = NULL;
}

/* ---- What is made of all rows ---- */

static int compare_gathered(
	struct ask *a, struct gathered *of, const char *const *hosts, bool **ret, struct err *err)
{
	int r = 0;

	if (a->options.gather->fresh && a->question->text)
		r = baseline_compare(a->question->text, a->gathered, hosts, ret, &a->baseline, err);
	of->wanted = *ret;
	a->n_gathered = results_rows(a->gathered);
	a->n_fresh = 0;
	for (size_t i = 0; *ret && i < a->n_gathered; i++)
		a->n_fresh += (*ret)[i];
	return r;
}

/* Those that are wanted, as the rows of their hosts. Without memory fewer are kept. */
static void keep_gathered(struct ask *a, const bool *wanted)
{
	const struct results *from = a->gathered;
	size_t n = results_columns_n(from);
	struct wire_column *columns = calloc(n + 1, sizeof(*columns));
	struct cell *cells = calloc(n + 1, sizeof(*cells));

	for (size_t c = 0; columns && c < n; c++)
		columns[c] = (struct wire_column){results_column_name(from, c), ""};
	for (size_t h = 0; columns && n > 0 && h < a->app->n_hosts; h++)
		(void)results_columns(a->app->kept->rows, (host_id)h, columns, n);
	for (size_t i = 0; columns && cells && i < results_rows(from); i++) {
		if (wanted && !wanted[i])
			continue;
		for (size_t c = 0; c < n; c++)
			cells[c] = results_unpack(from, results_cell(from, (row_id)i, c));
		(void)results_add(a->app->kept->rows, results_host(from, (row_id)i), cells, 1);
	}
	free(columns);
	free(cells);
}

static void put_gathered(struct ask *a)
{
	const char **hosts = calloc(a->app->n_hosts + 1, sizeof(char *));
	struct gathered of = {.rows = a->gathered,
		.hosts = hosts,
		.query = a->n_prefix > 1 ? a->question->name : NULL,
		.kept = a->app->kept,
		.ignore = a->question->text ? a->question->text->diff_ignore : NULL};
	struct err err = {0};
	bool *wanted = NULL;
	size_t rows = 0;
	int r = hosts ? 0 : err_sys(&err, ENOMEM, "rows");

	for (size_t i = 0; hosts && i < a->app->n_hosts; i++)
		hosts[i] = a->app->hosts[i].name;
	if (results_lost(a->gathered) > 0) {
		log_error("%zu rows are too many", results_lost(a->gathered));
		a->incomplete = true;
	}
	if (r == 0)
		r = compare_gathered(a, &of, hosts, &wanted, &err);
	if (r == 0 && a->app->kept && !a->options.gather->sql)
		keep_gathered(a, wanted);
	if (r == 0)
		r = gather_put(a->options.gather, &of, a->output, &a->header, &rows, &err);
	if (r < 0 && err.code) {
		log_error("%s", err.text);
		a->incomplete = true;
	} else {
		check_output(a, r);
	}
	free(wanted);
	free(hosts);
	results_free(a->gathered);
	a->gathered = NULL;
}

/* The rows stand before what is said about them. Only JSON goes on in one piece. */
static void finish_question(struct ask *a)
{
	if (a->gathered && (writable(a) || a->app->kept))
		put_gathered(a);
	if (a->app->format->named || a->options.whole)
		flush(a);
	else
		end_output(a);
}

/* With titles, or with a header of its own per question. */
static int begin_output(struct ask *a)
{
	const struct format *format = a->app->format;
	bool titled = format->title && (a->options.several || a->app->titled);
	bool follows = format->title && a->app->titled && a->app->shown;
	struct err err;

	if (a->output)
		return 0;
	if (a->answers.asked > 0 || follows)
		check_output(a, sink_puts(a->sink, "\n"));
	a->app->shown = true;
	a->header = false;
	a->output = output_new(format, a->sink, &err);
	if (!a->output)
		return -ENOMEM;
	if (titled && a->question->name)
		check_output(a, output_title(a->output, a->question->name, a->question->title));
	return 0;
}

static int put_header(struct ask *a, const char *const *columns, size_t n)
{
	a->header = true;
	return writable(a) ? output_header(a->output, columns, n) : 0;
}

int ask_header(struct ask *a, const char *const *columns, size_t n)
{
	ask_kept_header(a->app->kept, columns, n);
	return put_header(a, columns, n);
}

int ask_row(struct ask *a, const struct cell *cells)
{
	a->answers.rows++;
	ask_kept_row(a->app->kept, cells);
	return writable(a) ? output_row(a->output, cells) : 0;
}

struct cell ask_host_cell(const struct ask *a, host_id host)
{
	return rows_text(a->app->hosts[host].name);
}

/* ---- What the hosts say ---- */

static int show_columns(struct ask *a, host_id host, const char *const *names, size_t n)
{
	struct asked *h = &a->asked[host];
	int r;

	if (!a->header)
		return put_header(a, names, n);
	r = output_shape_new(a->output, names, n, &h->shape);
	if (r == 0 && h->shape && !a->app->format->named)
		fold_add(a->differing, a->app->hosts[host].name,
			"answers with other columns, shown under those of the first host");
	return r;
}

static int take_columns(struct ask *a, const struct fleet_event *e)
{
	const char *names[PREFIX_MAX + WIRE_COLUMNS_MAX];
	struct asked *h = &a->asked[e->host];
	size_t n = 0;

	if (e->columns.n > WIRE_COLUMNS_MAX || h->n_columns > 0)
		return 0;
	h->n_columns = e->columns.n;
	if (a->question->into) {
		(void)results_columns(a->question->into, e->host, e->columns.cols, e->columns.n);
		return 0;
	}
	if (a->app->kept && !a->gathered)
		(void)results_columns(a->app->kept->rows, e->host, e->columns.cols, e->columns.n);
	if (a->gathered)
		return results_columns(a->gathered, e->host, e->columns.cols, e->columns.n);
	names[n++] = "host";
	if (a->n_prefix > 1)
		names[n++] = "query";
	for (size_t i = 0; i < e->columns.n; i++)
		names[n++] = e->columns.cols[i].name;
	return writable(a) ? show_columns(a, e->host, names, n) : 0;
}

static int take_rows(struct ask *a, const struct fleet_event *e)
{
	const struct ask_question *q = a->question;
	struct asked *h = &a->asked[e->host];
	size_t n = e->rows.n_cols;
	int r = 0;

	/* The fleet sees to it that this never happens. */
	if (n == 0 || n != h->n_columns)
		return 0;
	if (q->into) {
		(void)results_add(q->into, e->host, e->rows.cells, e->rows.n_rows);
		return 0;
	}
	if (a->app->kept && !a->gathered)
		(void)results_add(a->app->kept->rows, e->host, e->rows.cells, e->rows.n_rows);
	if (a->gathered) {
		a->answers.rows += (int64_t)e->rows.n_rows;
		/* What does not fit is counted, and told of at the end. */
		(void)results_add(a->gathered, e->host, e->rows.cells, e->rows.n_rows);
		return 0;
	}
	a->row[0] = ask_host_cell(a, e->host);
	if (a->n_prefix > 1)
		a->row[1] = rows_text(q->name);
	for (size_t i = 0; r == 0 && i < e->rows.n_rows; i++) {
		const struct cell *cells = e->rows.cells + i * n;

		if (q->wanted && !q->wanted(cells, n, q->wanted_arg))
			continue;
		a->answers.rows++;
		if (!writable(a))
			continue;
		memcpy(a->row + a->n_prefix, cells, n * sizeof(*cells));
		r = output_row_shaped(a->output, h->shape, a->row);
	}
	return r;
}

static void note_refusal(struct ask *a, const struct fleet_end *end)
{
	if (!end->has_code || (end->code != WIRE_CODE_SQL && end->code != WIRE_CODE_USAGE))
		return;
	a->refusals++;
	if (!a->refusal)
		a->refusal = strdup(end->error);
}

static void take_failure(struct ask *a, const char *host, const struct fleet_end *end)
{
	char text[ERR_TEXT_MAX + 128];

	if (end->state == HOST_ANSWERED || (a->cancelled && !end->has_code))
		return;
	snprintf(text, sizeof(text), "%s%s%s%s%s",
		a->options.several && end->has_code ? a->question->name : "",
		a->options.several && end->has_code ? ": " : "", answers_state_words(end->state),
		end->error[0] ? ": " : "", end->error);
	fold_add(a->failures, host, text);
}

static void take_end(struct ask *a, const struct fleet_event *e)
{
	const struct fleet_end *end = e->end;
	const char *host = a->app->hosts[e->host].name;
	char text[128];

	output_shape_free(a->asked[e->host].shape);
	a->asked[e->host] = (struct asked){0};
	note_refusal(a, end);
	if (answers_take(&a->answers, e->host, end, a->options.several ? a->question->name : NULL))
		take_failure(a, host, end);
	for (size_t i = 0; i < end->n_warnings; i++)
		fold_add(a->warnings, host, end->warnings[i]);
	if (end->truncated) {
		snprintf(text, sizeof(text), "answer cut off after %" PRId64 " rows", end->rows);
		fold_add(a->warnings, host, text);
	}
}

/* A jump host wants a password. */
static void answer(struct ask *a, const struct fleet_event *e)
{
	char text[ANSWER_MAX] = "";
	int r;

	progress_hook(0, a->progress);
	r = passphrase_answer(e->ask.prompt, e->ask.echo, text, sizeof(text));
	progress_hook(1, a->progress);
	(void)fleet_answer(a->fleet, e, r == 0 ? text : NULL);
	explicit_bzero(text, sizeof(text));
}

static void take_event(struct ask *a, const struct fleet_event *e, ask_event_fn *fn, void *arg)
{
	int r = 0;

	if (e->type == FLEET_ASK) {
		answer(a, e);
		return;
	}
	if (e->host >= a->app->n_hosts)
		return;
	if (e->type == FLEET_COLUMNS)
		r = take_columns(a, e);
	else if (e->type == FLEET_ROWS)
		r = take_rows(a, e);
	else if (fn)
		r = fn(a, e, arg);
	check_output(a, r);
	if (e->type == FLEET_END)
		take_end(a, e);
}

/* ---- Driving ---- */

/* Nobody wants more: Ctrl-C, or nobody reads. A full disk does not stop the asking. */
static void cancel_if_wanted(struct ask *a)
{
	if (a->cancelled || !(interrupted() || a->reader_gone))
		return;
	a->cancelled = true;
	fleet_cancel(a->fleet);
}

static void draw_progress(struct ask *a)
{
	struct fleet_progress now;

	if (!a->progress)
		return;
	fleet_progress(a->fleet, &now);
	progress_draw(a->progress, &now, a->answers.rows, a->since_ms);
}

static void drive(struct ask *a, ask_event_fn *fn, void *arg)
{
	bool over = false;

	for (;;) {
		struct fleet_event *e = fleet_wait(a->fleet, 0, &over);

		if (!e && !over) {
			flush(a);
			draw_progress(a);
			e = fleet_wait(a->fleet, TICK_MS, &over);
		}
		if (!e && over)
			return;
		for (struct fleet_event *next; e; e = next) {
			next = e->next;
			take_event(a, e, fn, arg);
			record_event(a->record, e);
		}
		cancel_if_wanted(a);
	}
}

static void say_deviating(struct ask *a)
{
	if (a->baseline)
		log_note("%s: %zu of %zu rows deviate from run %" PRId64, a->question->name,
			a->n_fresh, a->n_gathered, a->baseline);
	a->baseline = 0;
}

/* Where every host refuses the question it is wrong, and that is said once. */
static void say_failures(struct ask *a)
{
	bool several = a->options.several;

	if (a->refusals == a->app->n_hosts) {
		a->answers.refused++;
		log_error("%s%s%s", several ? a->question->name : "", several ? ": " : "",
			a->refusal ? a->refusal : "refused");
		fold_free(a->failures);
		a->failures = fold_new(log_error, FOLD_ADDRESSES);
	}
	fold_say(a->differing);
	fold_say(a->warnings);
	fold_say(a->failures);
}

static void begin_record(struct ask *a, const struct ask_question *q)
{
	const struct record_run run = {
		.command = a->options.command,
		.question = q->text,
		.target = a->app->o.targets ? a->app->o.targets : "all",
		.hosts = a->app->hosts,
		.n_hosts = a->app->n_hosts,
	};

	if (q->text && !a->recorder)
		a->recorder = recorder_new();
	a->record = q->text ? record_begin(a->recorder, &run) : NULL;
}

/* Once for all the lines of a runbook. */
static void say_problem(struct ask *a)
{
	struct err *told = &a->app->unremembered;
	struct err err;

	if (!recorder_problem(a->recorder, &err) || (told->code && str_eq(told->text, err.text)))
		return;
	*told = err;
	log_note("%s", err.text);
}

/* What every host refused was not asked. */
static void end_record(struct ask *a, int64_t ms)
{
	if (a->refusals == a->app->n_hosts)
		record_drop(a->record);
	else
		record_end(a->record, ms, a->cancelled);
	a->record = NULL;
	say_problem(a);
}

bool ask_drive(struct ask *a, const struct ask_question *q, ask_event_fn *on_event, void *arg)
{
	int64_t since_ms = clock_mono_ms();
	struct err err;
	int r;

	a->question = q;
	a->n_prefix = a->options.several && !a->app->format->title ? 2 : 1;
	a->refusals = 0;
	r = begin_output(a);
	if (r == 0 && a->options.gather) {
		a->gathered = results_new(a->app->n_hosts);
		r = a->gathered ? 0 : -ENOMEM;
	}
	if (r < 0) {
		check_output(a, r);
		return false;
	}
	r = fleet_ask(a->fleet, &q->fleet, &err);
	if (r < 0) {
		log_error("%s", err.text);
		a->unasked = true;
		return false;
	}
	a->answers.asked++;
	begin_record(a, q);
	drive(a, on_event, arg);
	end_record(a, clock_mono_ms() - since_ms);
	finish_question(a);
	say_deviating(a);
	say_failures(a);
	free(a->refusal);
	a->refusal = NULL;
	return !a->cancelled;
}

bool ask_put(struct ask *a, const struct ask_question *q)
{
	return ask_drive(a, q, NULL, NULL);
}

/* ---- Begin and end ---- */

static void ask_free(struct ask *a)
{
	log_around(NULL, NULL);
	recorder_free(a->recorder);
	fleet_free(a->fleet);
	results_free(a->gathered);
	for (size_t i = 0; a->asked && i < a->app->n_hosts; i++)
		output_shape_free(a->asked[i].shape);
	output_free(a->output);
	sink_free(a->sink);
	progress_free(a->progress);
	report_free(a->report);
	fold_free(a->failures);
	fold_free(a->warnings);
	fold_free(a->differing);
	answers_done(&a->answers);
	free(a->refusal);
	free(a->asked);
	free(a->row);
	free(a);
}

static int allocate(struct ask *a, struct err *err)
{
	a->asked = calloc(a->app->n_hosts + 1, sizeof(*a->asked));
	a->row = calloc(PREFIX_MAX + WIRE_COLUMNS_MAX, sizeof(*a->row));
	a->failures = fold_new(log_error, FOLD_ADDRESSES);
	a->warnings = fold_new(log_note, FOLD_NUMBERS);
	a->differing = fold_new(log_note, FOLD_EXACT);
	a->sink = sink_new(STDOUT_FILENO, true, err);
	if (!a->asked || !a->row || !a->failures || !a->warnings || !a->differing || !a->sink ||
		answers_init(&a->answers, a->app->n_hosts) < 0)
		return err_sys(err, ENOMEM, "cannot ask %zu hosts", a->app->n_hosts);
	return 0;
}

static void begin_progress(struct ask *a)
{
	if (!a->app->o.quiet)
		a->progress = progress_new();
	if (!a->progress)
		return;
	log_around(progress_hook, a->progress);
	sink_around(a->sink, progress_hook, a->progress);
}

static int begin(struct ask *a, struct err *err)
{
	struct fleet_options options;
	int r = app_targets(a->app, err);

	if (r == 0)
		r = allocate(a, err);
	if (r == 0 && a->app->o.report)
		r = report_new(a->app->o.report, &a->report, err);
	if (r < 0)
		return r;
	app_fleet_options(a->app, &options);
	a->fleet = fleet_new(&options, a->app->hosts, a->app->n_hosts, err);
	if (!a->fleet)
		return -err->code;
	begin_progress(a);
	a->since_ms = clock_mono_ms();
	a->started_us = clock_real_us();
	return 0;
}

enum exit_status ask_begin(struct app *app, const struct ask_options *options, struct ask **ret)
{
	struct ask *a = calloc(1, sizeof(*a));
	const char *const *notices;
	struct err err;
	size_t n;

	if (!a) {
		log_error("out of memory");
		return EXIT_NOTHING;
	}
	a->app = app;
	a->options = *options;
	if (begin(a, &err) < 0) {
		log_error("%s", err.text);
		ask_free(a);
		return EXIT_NOTHING;
	}
	notices = fleet_notices(a->fleet, &n);
	for (size_t i = 0; i < n; i++)
		log_note("%s", notices[i]);
	*ret = a;
	return EXIT_ALL_GOOD;
}

static void write_report(struct ask *a, int64_t took_ms)
{
	const struct report_run run = {
		.command = a->options.command,
		.question = a->options.question,
		.target = a->app->o.targets ? a->app->o.targets : "all",
		.started_us = a->started_us,
		.ms = took_ms,
		.interrupted = a->cancelled,
	};
	struct err err;

	if (!a->report || a->answers.asked == 0)
		return;
	if (report_write(a->report, &run, &a->answers, a->app->hosts, &err) == 0)
		return;
	log_error("%s", err.text);
	a->broken = true;
}

void ask_incomplete(struct ask *a)
{
	a->incomplete = true;
}

int64_t ask_rows(const struct ask *a)
{
	return a->answers.rows;
}

enum exit_status ask_end(struct ask *a)
{
	int64_t took_ms = clock_mono_ms() - a->since_ms;
	enum exit_status status = answers_status(&a->answers);
	char summary[SUMMARY_MAX];

	end_output(a);
	if (a->app->kept)
		ask_kept_outcome(a->app->kept, &a->answers, a->app->hosts);
	/* Before the connections are left to a process of their own. */
	recorder_stop(a->recorder);
	say_problem(a);
	write_report(a, took_ms);
	progress_free(a->progress);
	a->progress = NULL;
	log_around(NULL, NULL);
	sink_around(a->sink, NULL, NULL);
	/* A reader that went away has what it wanted. */
	if (a->answers.asked > 0 && !a->reader_gone) {
		answers_summary(&a->answers, took_ms, summary, sizeof(summary));
		log_note("%s", summary);
	}
	if (status == EXIT_ALL_GOOD && (a->broken || a->unasked || a->incomplete))
		status = EXIT_INCOMPLETE;
	if (interrupted())
		status = EXIT_INTERRUPT;
	fleet_leave(a->fleet);
	a->fleet = NULL;
	ask_free(a);
	return status;
}

enum exit_status ask_all(struct app *app, const char *command, const struct questions *questions)
{
	const struct gather *gather = &questions->gather;
	const struct ask_options options = {.command = command,
		.question = questions->words ? questions->words : "",
		.several = questions->n > 1,
		.gather = gather_wanted(gather) ? gather : NULL};
	enum exit_status status;
	struct err err;
	struct ask *a;
	bool go_on;

	if (gather_check(gather, &err) < 0 ||
		(gather->fresh && baseline_check(questions, &err) < 0)) {
		log_error("%s", err.text);
		return EXIT_NOTHING;
	}
	status = ask_begin(app, &options, &a);
	go_on = status == EXIT_ALL_GOOD;

	for (size_t i = 0; go_on && i < questions->n; i++) {
		const struct question_text *t = &questions->of[i];
		struct ask_question q = {.name = t->name, .title = t->title, .text = t};

		questions_fleet(t, (int64_t)app->o.max_rows, &q.fleet);
		go_on = ask_put(a, &q);
	}
	return status == EXIT_ALL_GOOD ? ask_end(a) : status;
}
