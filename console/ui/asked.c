/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results pane's question: put, put again, its rows taken in. */
#include "console/fold.h"
#include "console/ui/results.h"

#include "common/clock.h"
#include "console/rowkey.h"

#include <stdlib.h>
#include <string.h>

/* How long what is gone stays on the screen after a refresh, in milliseconds. */
#define GONE_MS 10000
/* When more rows are dead than alive, and as many, a copy without them is made. */
#define COMPACT_LEAST 50000

/* ---- The view ---- */

static void ready(void *ui)
{
	ui_dirty(ui);
}

static int new_view(struct results_pane *v, struct err *err)
{
	const struct view_of of = {
		v->results, results_hosts(v), v->p.ui->app->n_hosts, ui_who(v->p.ui, 0)};

	view_free(v->view);
	v->view = view_new(&of, ready, v->p.ui, err);
	v->lines = (struct view_lines){0};
	return v->view ? 0 : -err->code;
}

static bool shows_gone(const struct results_pane *v)
{
	return v->watch_ms || clock_mono_ms() < v->gone_until_ms;
}

int results_set_view(struct results_pane *v, size_t *ret_at, struct err *err)
{
	struct view_spec spec = {.filter = v->filter,
		.fold = v->fold,
		.skip = v->hidden,
		.n_skip = RESULTS_COLUMNS_MAX,
		.changes = v->diff && v->compare};

	/* Beside another run only that one's rows are gone. */
	spec.gone = v->gone = !v->diff && shows_gone(v);
	results_list_columns(v);
	memcpy(spec.keys, v->keys, sizeof(spec.keys));
	return view_set(v->view, &spec, ret_at, err);
}

void results_apply(struct results_pane *v)
{
	struct err err;

	if (results_set_view(v, NULL, &err) < 0)
		ui_say(v->p.ui, STYLE_BAD, "%s", err.text);
}

void results_let_go(struct results_pane *v)
{
	if (v->gone && !v->paused && !shows_gone(v))
		results_apply(v);
}

/* Folded, what differs by its nature from host to host, as a pid, would keep rows apart. */
static bool is_hidden(const struct results_pane *v, size_t column)
{
	const char *ignored = v->question.n ? v->question.of[0].diff_ignore : NULL;

	if (v->choices[column] != COLUMN_ANY)
		return v->choices[column] == COLUMN_HIDE;
	return v->fold && ignored &&
	       rowkey_listed(ignored, results_column_name(v->results, column));
}

/* Which columns are shown, in their order; hidden ones keep their place. */
void results_list_columns(struct results_pane *v)
{
	size_t n = results_columns_n(v->results);

	v->n_shown = v->not_shown = 0;
	for (size_t i = 0; i < n; i++) {
		v->hidden[i] = is_hidden(v, i);
		if (v->hidden[i])
			continue;
		if (v->n_shown < GRID_COLUMNS_MAX - COLUMNS_BEFORE)
			v->shown[v->n_shown++] = i;
		else
			v->not_shown++;
	}
}

static void take_columns(struct results_pane *v, const struct fleet_event *e)
{
	size_t before = results_columns_n(v->results);

	(void)results_columns(v->results, e->host, e->columns.cols, e->columns.n);
	/* Among the new ones may be some that do not count when folding. */
	if (results_columns_n(v->results) != before)
		results_apply(v);
}

/* ---- Asking ---- */

/* What a refresh brings is remembered in the place of what the one before brought. */
static void on_begun(void *arg)
{
	struct results_pane *v = arg;
	const struct app *app = v->p.ui->app;
	const struct question_text *q = &v->question.of[0];
	struct record_run run = {.command = q->name ? "run" : "query",
		.question = q,
		.target = v->target,
		.hosts = app->hosts,
		.n_hosts = app->n_hosts,
		.n_asked = v->n_only};

	if (v->background && !v->series)
		v->series = record_series();
	if (v->background)
		run.series = v->series;
	else
		v->asked_us = clock_real_us();
	memset(v->answers, COMPARE_NONE, app->n_hosts);
	v->begun_ms = clock_mono_ms();
	v->record = record_begin(v->p.ui->recorder, &run);
}

static void keep(void *arg, struct fleet_event *e)
{
	struct results_pane *v = arg;

	record_event(v->record, e);
}

/* What every host refused was not asked; a refresh that was cut short is no news. */
static void end_record(struct results_pane *v, bool cancelled)
{
	if (v->refused == v->n_only || (v->background && cancelled))
		record_drop(v->record);
	else
		record_end(v->record, clock_mono_ms() - v->begun_ms, cancelled);
	v->record = NULL;
}

static bool refuses(const struct fleet_end *end)
{
	return end->has_code && (end->code == WIRE_CODE_SQL || end->code == WIRE_CODE_USAGE);
}

static uint8_t answer_of(const struct fleet_end *end)
{
	if (end->state != HOST_ANSWERED)
		return COMPARE_NONE;
	return end->truncated ? COMPARE_CUT : COMPARE_WHOLE;
}

static void note_failure(void *arg, const char *line)
{
	ui_note(arg, STYLE_BAD, "%s", line);
}

static void note_warning(void *arg, const char *line)
{
	ui_note(arg, STYLE_WARN, "%s", line);
}

/* For the activity, where a refresh has only what is new to say: hosts that fail go on failing. */
static void tell_end(struct results_pane *v, const struct fleet_event *e)
{
	const struct fleet_end *end = e->end;
	const char *host = results_hosts(v)[e->host].name;
	uint8_t now = (uint8_t)(answer_of(end) + 1);
	char text[ERR_TEXT_MAX + 32];

	if (v->background && (v->told[e->host] == now || str_eq(end->error, "interrupted")))
		return;
	v->told[e->host] = now;
	for (size_t i = 0; i < end->n_warnings; i++)
		fold_add(v->warnings, host, end->warnings[i]);
	if (end->state == HOST_ANSWERED)
		return;
	if (end->has_code && end->code == WIRE_CODE_SQL && v->failed == 0) {
		ui_say(v->p.ui, STYLE_BAD, "%s: %s", host, end->error);
		return;
	}
	snprintf(text, sizeof(text), "%s: %s", host_state_name(end->state), end->error);
	fold_add(v->failures, host, text);
}

static void tell_all(struct results_pane *v)
{
	fold_say(v->failures);
	fold_say(v->warnings);
}

static void on_event(void *arg, const struct fleet_event *e)
{
	struct results_pane *v = arg;

	switch (e->type) {
	case FLEET_COLUMNS:
		take_columns(v, e);
		break;
	case FLEET_ROWS:
		(void)results_add(v->results, e->host, e->rows.cells, e->rows.n_rows);
		break;
	case FLEET_END:
		tell_end(v, e);
		v->to_answer -= v->to_answer > 0;
		v->failed += e->end->state != HOST_ANSWERED;
		v->refused += refuses(e->end);
		v->answers[e->host] = answer_of(e->end);
		if (v->refreshing)
			results_refreshed(v->results, e->host,
				e->end->state == HOST_ANSWERED && !e->end->truncated);
		if (e->end->state != HOST_ANSWERED && !v->failure)
			v->failure =
				str_printf("%s: %s", results_hosts(v)[e->host].name, e->end->error);
		if (e->end->has_code && e->end->code == WIRE_CODE_SQL && !v->refusal)
			v->refusal = strdup(e->end->error);
		break;
	default:
		break;
	}
	if (!v->paused)
		view_poke(v->view);
}

/* Rows that will not be shown again are left behind. */
static void compact(struct results_pane *v)
{
	size_t dead = results_dead(v->results);
	struct results *copy;
	struct err err;

	if (dead < COMPACT_LEAST || dead * 2 < results_rows(v->results) || v->marked)
		return;
	copy = results_compact(v->results);
	if (!copy)
		return;
	results_diff_forget(v);
	view_free(v->view);
	v->view = NULL;
	results_free(v->results);
	v->results = copy;
	if (new_view(v, &err) == 0)
		results_apply(v);
}

static void on_over(void *arg, bool begun, bool cancelled)
{
	struct results_pane *v = arg;

	end_record(v, cancelled);
	tell_all(v);
	v->number = 0;
	if (v->refreshing)
		v->gone_until_ms = clock_mono_ms() + GONE_MS;
	v->refreshing = false;
	if (v->watch_ms)
		v->next_ms = clock_mono_ms() + v->watch_ms;
	if (!begun && !cancelled)
		ui_say(v->p.ui, STYLE_BAD, "the question could not be put");
	compact(v);
	results_apply(v);
	results_diff_start(v);
}

void results_ask(struct results_pane *v, bool background)
{
	struct live_question q = {.background = background,
		.begun = on_begun,
		.event = on_event,
		.keep = keep,
		.over = on_over,
		.arg = v};

	if (v->number)
		return;
	v->refreshing = v->asked_once && results_refresh(v->results) == 0;
	v->asked_once = true;
	v->to_answer = v->n_only;
	v->failed = v->refused = 0;
	v->background = background;
	free(v->refusal);
	free(v->failure);
	v->refusal = v->failure = NULL;
	questions_fleet(&v->question.of[0], (int64_t)v->p.ui->app->o.max_rows, &q.fleet);
	q.fleet.only = v->only;
	v->number = live_ask(v->p.ui->live, &q);
	if (v->number < 0) {
		v->number = 0;
		ui_say(v->p.ui, STYLE_WARN, "too many questions wait");
	}
}

/* ---- Opening and closing ---- */

int results_open_pane(struct pane *p, struct err *err)
{
	struct results_pane *v = results_of(p);

	for (size_t i = 0; i < VIEW_KEYS; i++)
		v->keys[i].column = VIEW_NONE;
	v->grid.frozen = COLUMNS_BEFORE;
	v->last_marked = UINT32_MAX;
	v->results = results_new(p->ui->app->n_hosts);
	v->answers = calloc(p->ui->app->n_hosts + 1, sizeof(*v->answers));
	v->told = calloc(p->ui->app->n_hosts + 1, sizeof(*v->told));
	v->failures = fold_new_to(note_failure, p->ui, FOLD_ADDRESSES);
	v->warnings = fold_new_to(note_warning, p->ui, FOLD_NUMBERS);
	return v->results && v->answers && v->told ? new_view(v, err)
						   : err_sys(err, ENOMEM, "rows");
}

void results_close_pane(struct pane *p)
{
	struct results_pane *v = results_of(p);

	/* Nothing more may be told to a pane that is gone. */
	if (v->number)
		live_forget(p->ui->live, v->number);
	end_record(v, true);
	results_diff_forget(v);
	view_free(v->view);
	results_free(v->results);
	questions_done(&v->question);
	free(v->words);
	free(v->answers);
	free(v->told);
	fold_free(v->failures);
	fold_free(v->warnings);
	free(v->diff_run);
	free(v->refusal);
	free(v->failure);
	free(v->only);
	free(v->target);
	free(v->filter);
	free(v->last_filter);
	free(v->marks);
}

struct pane *results_open(
	struct ui *ui, const struct question_text *q, const char *words, enum ui_place place)
{
	struct results_pane *v = results_of(ui_open(ui, "results", place));
	struct err err;

	if (!v)
		return NULL;
	v->words = strdup(words);
	v->target = strdup(ui_target(ui));
	if (!v->target)
		err_sys(&err, ENOMEM, "target");
	if (!v->target || ui_targets(ui, &v->only, &v->n_only, &err) < 0 ||
		questions_add_copy(&v->question, q, &err) < 0) {
		ui_say(ui, STYLE_BAD, "%s", err.text);
		ui_close(ui, &v->p);
		return NULL;
	}
	results_apply(v);
	results_ask(v, false);
	return &v->p;
}
