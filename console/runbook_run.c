/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook_run.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "common/text.h"
#include "console/act.h"
#include "console/fleet/inventory.h"
#include "console/interrupt.h"
#include "console/output.h"
#include "console/passphrase.h"
#include "console/plan.h"
#include "console/questions.h"
#include "console/rowtargets.h"
#include "console/runbook_result.h"
#include "console/runbook_words.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORDS_MAX (RUNBOOK_WORDS_MAX + RUNBOOK_VARS_MAX)
#define VALUE_MAX (256u << 10) /* bytes of one word with its values */
#define REPLY_MAX 64
#define TICK_MS	  100
#define LINE_OPTS 8

struct runner {
	struct app *app;
	const struct runbook *book;
	struct runbook_log *log;
	struct runbook_result *last;
	struct runbook_rows row; /* where the innermost foreach is; n 0: none */
	struct buf cell;	 /* of the row, while a word is made */
	char *target;		 /* what app->o.targets points to */
	enum exit_status status;
	bool checking;	 /* rows are not there yet */
	bool rehearsing; /* --check: nobody need be there to ask */
	bool goes_on;	 /* on-error continue */
	bool stopped;
	bool ended; /* stopped, and no retry goes on */
};

/* A line with its values. */
struct made {
	char *words[WORDS_MAX + 1];
	int n;
};

/* ---- Values ---- */

static const char *value_of(const char *name, void *arg)
{
	struct runner *r = arg;

	if (!str_starts(name, "row."))
		return runbook_value(r->book, name);
	if (r->checking)
		return "1";
	buf_reset(&r->cell);
	if (r->row.n == 0 || runbook_rows_text(&r->row, 0, name + 4, &r->cell) < 0)
		return NULL;
	return buf_str(&r->cell);
}

static int make_word(struct runner *r, const struct runbook_word *w, char **ret, struct err *err)
{
	struct buf b;
	int res;

	buf_init(&b, VALUE_MAX);
	res = runbook_word_expand(w, value_of, r, &b, err);
	*ret = res == 0 ? buf_steal(&b) : NULL;
	buf_done(&b);
	return res == 0 && !*ret ? err_sys(err, ENOMEM, "line") : res;
}

static void made_done(struct made *m)
{
	for (int i = 0; i < m->n; i++)
		free(m->words[i]);
	m->n = 0;
}

/* A value must not turn into an option. */
static int check_lead(const struct runbook_word *w, const char *word, struct err *err)
{
	if (word[0] != '-' || !runbook_word_leads(w))
		return 0;
	return err_set(err, EINVAL,
		"the value of ${%s} begins with - and would be an option: write "
		"-- before it, or --name=${…}",
		w->parts[0].text);
}

/* The words from `first` on. */
static int make(struct runner *r, const struct runbook_line *l, size_t first, struct made *ret,
	struct err *err)
{
	bool ended = false;
	int res = 0;

	for (size_t i = first; res == 0 && i < l->n; i++) {
		res = make_word(r, &l->words[i], &ret->words[ret->n], err);
		if (res < 0)
			return runbook_at(l, l->words[i].column, err);
		ret->n++;
		if (l->command && !ended)
			res = check_lead(&l->words[i], ret->words[ret->n - 1], err);
		if (res < 0)
			return runbook_at(l, l->words[i].column, err);
		ended |= runbook_word_is(&l->words[i], "--");
	}
	return res;
}

/* The :names of a question are bound to the runbook's variables. */
static void bind(struct runner *r, struct made *m, const char *sql)
{
	struct span rest = span_str(sql), name;
	char *word;

	while (runbook_sql_name(&rest, &name)) {
		char *copy = span_dup(name);
		const char *value = copy ? runbook_value(r->book, copy) : NULL;
		bool there = false;

		word = value ? str_printf("--param=%s=%s", copy, value) : NULL;
		free(copy);
		for (int i = 0; word && i < m->n; i++)
			there |= str_eq(m->words[i], word);
		if (!word || there || m->n == WORDS_MAX) {
			free(word);
			continue;
		}
		memmove(m->words + 1, m->words, (size_t)m->n * sizeof(char *));
		m->words[0] = word;
		m->n++;
	}
}

/* ---- A command's line ---- */

struct prepared {
	struct made made;
	char *argv[WORDS_MAX + 1];
	struct app_options options;
	void *values;
	int argc;
};

/* Of the options of all commands, those that one line may give. */
static const struct opt *line_opts(void)
{
	static const char *const names[] = {"output", "reason", "timeout", "max-rows"};
	static struct opt opts[LINE_OPTS];
	size_t n = 0;

	for (const struct opt *o = app_opts; o->letter || o->name; o++)
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			if (str_eq(o->name, names[i]))
				opts[n++] = *o;
	return opts;
}

static void prepared_done(struct prepared *p)
{
	made_done(&p->made);
	free(p->values);
}

static int parse_options(
	struct runner *r, const struct runbook_line *l, struct prepared *p, struct err *err)
{
	const struct command *c = l->command;
	const struct opt_set sets[] = {
		{line_opts(), &p->options}, {c->opts, p->values}, {NULL, NULL}};
	int res;

	for (int i = 0; i < p->made.n; i++)
		p->argv[i] = p->made.words[i];
	p->options = r->app->o;
	res = opts_parse(sets, p->made.n, p->argv, false, &p->argc, err);
	if (res == 0 && l->rows && p->argc > 0)
		res = err_set(err, EINVAL, "with --rows the targets are those of the rows");
	else if (res == 0 && !l->rows &&
		 (p->argc < c->min_args || (c->max_args >= 0 && p->argc > c->max_args)))
		res = err_set(err, EINVAL, "%s %s: usage: %s %s", c->name,
			p->argc < c->min_args ? "needs more arguments" : "takes fewer arguments",
			c->name, c->args);
	if (res == 0 && !format_find(p->options.format))
		res = err_set(err, EINVAL, "no output format `%s`", p->options.format);
	return res;
}

static int prepare(
	struct runner *r, const struct runbook_line *l, struct prepared *p, struct err *err)
{
	int res;

	*p = (struct prepared){.values = calloc(1, l->command->values_size + 1)};
	if (!p->values)
		return err_sys(err, ENOMEM, "line");
	res = make(r, l, 1, &p->made, err);
	if (res < 0)
		return res;
	if (str_eq(l->command->name, "query") && p->made.n > 0)
		bind(r, &p->made, p->made.words[p->made.n - 1]);
	res = parse_options(r, l, p, err);
	return res < 0 ? runbook_at(l, l->words[0].column, err) : 0;
}

/* ---- Targets ---- */

static int retarget(struct runner *r, const char *pattern, struct err *err)
{
	char *copy = strdup(pattern);
	int res;

	if (!copy)
		return err_sys(err, ENOMEM, "target");
	app_retarget(r->app, copy);
	free(r->target);
	r->target = copy;
	res = app_targets(r->app, err);
	return res;
}

/* That host and no other. */
static int retarget_host(struct runner *r, const char *host, struct err *err)
{
	int res = retarget(r, host, err);

	if (res == 0 && (r->app->n_hosts != 1 || !str_eq(r->app->hosts[0].name, host)))
		res = err_set(err, EINVAL, "the host `%s` cannot be named as a target", host);
	return res;
}

static char *targets_now(const struct runner *r)
{
	return strdup(r->app->o.targets ? r->app->o.targets : "all");
}

/* ---- Actions on rows ---- */

/* What --rows and conditions are about: the last result; the row, as long as that is it. */
static struct runbook_rows rows_now(const struct runner *r)
{
	if (!r->last || (r->row.n && r->row.of == r->last))
		return r->row;
	return (struct runbook_rows){.of = r->last, .n = results_rows(r->last->kept.rows)};
}

static int fill(const struct act *act, struct plan *plan, struct err *err)
{
	const struct runbook_rows *rows = act->arg;
	row_id *ids = calloc(rows->n + 1, sizeof(*ids));
	size_t without = 0;
	int r;

	if (!ids)
		return err_sys(err, ENOMEM, "plan");
	for (size_t i = 0; i < rows->n; i++)
		ids[i] = rows->first + (row_id)i;
	r = rowtargets_add(rows->of->kept.rows, ids, rows->n, act, plan, &without, err);
	free(ids);
	if (r == 0 && without)
		log_note("%zu rows name nothing to %s", without, act->action);
	return r;
}

static int act_on_rows(struct runner *r, const struct command *c, struct prepared *p)
{
	struct runbook_rows rows = rows_now(r);
	char *before = targets_now(r);
	struct err err = {0};
	struct act act;
	int status = EXIT_NOTHING;

	c->act(p->values, 0, p->argv, &act);
	act.fill = fill;
	act.arg = &rows;
	/* The rows' hosts are numbered as they were when they were asked. */
	if (!before || retarget(r, rows.of->pattern, &err) < 0)
		log_error("%s", before ? err.text : "out of memory");
	else
		status = act_run(r->app, &act);
	if (before && retarget(r, before, &err) < 0)
		log_error("%s", err.text);
	free(before);
	return status;
}

/* ---- Steps ---- */

/* 130 is worse than 3, that than 1. Of a runbook at work nothing is "nothing was asked". */
static void merge(struct runner *r, enum exit_status status)
{
	if (status == EXIT_NOTHING)
		status = EXIT_INCOMPLETE;
	if (status > r->status)
		r->status = status;
}

static char *line_text(const struct runbook_line *l, const struct made *m)
{
	struct buf b;
	char *text;
	int r;

	buf_init(&b, VALUE_MAX * 4);
	r = buf_puts(&b, runbook_word_head(&l->words[0]));
	for (int i = 0; r == 0 && i < m->n; i++) {
		r = buf_putc(&b, ' ');
		if (r == 0)
			r = buf_puts(&b, m->words[i]);
	}
	if (r == 0 && l->rows)
		r = buf_puts(&b, " --rows");
	text = r == 0 ? buf_steal(&b) : strdup(l->text);
	buf_done(&b);
	return text;
}

static void tell(struct runner *r, struct runbook_step *step, const struct made *m)
{
	char *did = line_text(step->line, m);

	step->did = did ? did : step->line->text;
	step->target = r->app->o.targets ? r->app->o.targets : "all";
	if (r->log)
		runbook_log_step(r->log, step);
	else if (step->message)
		log_error("%s", step->message);
	else if (step->line->kind == RUNBOOK_SAY)
		log_note("%s", step->did);
	free(did);
}

/* What stops a runbook: all but hosts that did not answer while others did. */
static void finish(struct runner *r, const struct runbook_step *step, bool failed)
{
	merge(r, step->status);
	if (step->status == EXIT_INTERRUPT || (failed && !r->goes_on))
		r->stopped = true;
}

static void fail_step(
	struct runner *r, const struct runbook_line *l, const struct made *m, const struct err *err)
{
	struct runbook_step step = {.line = l, .message = err->text, .status = EXIT_INCOMPLETE};
	const struct made none = {.n = 0};

	tell(r, &step, m ? m : &none);
	finish(r, &step, true);
}

static int run_prepared(struct runner *r, const struct runbook_line *l, struct prepared *p,
	struct runbook_result *result)
{
	struct app_options before = r->app->o;
	struct err err;
	int status = EXIT_NOTHING;

	p->options.targets = before.targets;
	r->app->o = p->options;
	r->app->kept = &result->kept;
	if (app_settle(r->app, &err) < 0)
		log_error("%s", err.text);
	else if (l->rows)
		status = act_on_rows(r, l->command, p);
	else
		status = command_run_it(l->command, r->app, p->values, p->argc, p->argv);
	r->app->kept = NULL;
	before.targets = r->app->o.targets;
	r->app->o = before;
	return app_settle(r->app, &err) < 0 ? EXIT_NOTHING : status;
}

static void run_command(struct runner *r, const struct runbook_line *l)
{
	struct runbook_step step = {.line = l};
	struct runbook_result *result = NULL;
	int64_t since_ms = clock_mono_ms();
	struct prepared p;
	struct err err = {0};
	int res = prepare(r, l, &p, &err);

	/* Commands that ask nobody need no targets; the others say themselves what is wrong. */
	if (res == 0)
		(void)app_targets(r->app, NULL);
	if (res == 0) {
		result = runbook_result_new(r->app, &err);
		res = result ? 0 : -ENOMEM;
	}
	if (res < 0) {
		fail_step(r, l, &p.made, &err);
	} else if (l->rows && rows_now(r).n == 0) {
		step.message = "there are no rows";
		tell(r, &step, &p.made);
	} else {
		bool failed;

		step.status = (enum exit_status)run_prepared(r, l, &p, result);
		step.ms = clock_mono_ms() - since_ms;
		step.kept = result->kept.hosts ? &result->kept : NULL;
		step.hosts = result->hosts;
		failed = step.status != EXIT_ALL_GOOD &&
			 !(step.status == EXIT_INCOMPLETE && l->command->ask &&
				 result->kept.answered);
		tell(r, &step, &p.made);
		if (l->command->ask) {
			runbook_result_unref(r->last);
			r->last = runbook_result_ref(result);
		}
		finish(r, &step, failed);
	}
	runbook_result_unref(result);
	prepared_done(&p);
}

/* ---- Lines that are no commands ---- */

static void run_block(struct runner *r, const struct runbook_block *b);

/* 1 or 0; -errno with `err`. `found` then holds what there was. */
static int test(struct runner *r, const struct runbook_line *l, const struct made *m,
	struct buf *found, struct err *err)
{
	const struct runbook_condition *c = &l->condition;
	struct runbook_rows rows = rows_now(r);

	return runbook_rows_test(&rows, c, c->column ? m->words[c->column - 1] : NULL,
		m->words[c->value - 1], found, err);
}

/* "not as expected: 3; page the duty analyst" */
static char *expectation(
	const struct runbook_line *l, const struct made *m, const struct buf *found)
{
	struct buf b;
	char *text;

	buf_init(&b, VALUE_MAX);
	(void)buf_puts(&b, "found ");
	(void)text_escape(&b, buf_str(found), found->len);
	for (size_t i = l->condition.message; i && i < l->n; i++) {
		(void)buf_puts(&b, i == l->condition.message ? "; " : " ");
		(void)buf_puts(&b, m->words[i - 1]);
	}
	text = buf_steal(&b);
	buf_done(&b);
	return text;
}

static void run_expect(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	struct runbook_step step = {.line = l};
	char *message = NULL;
	struct buf found;
	struct err err;
	int yes;

	buf_init(&found, RESULTS_CELL_MAX * 2);
	yes = test(r, l, m, &found, &err);
	if (yes < 0) {
		fail_step(r, l, m, &err);
	} else {
		step.status = yes ? EXIT_ALL_GOOD : EXIT_EXPECT;
		message = yes ? NULL : expectation(l, m, &found);
		step.message = message;
		tell(r, &step, m);
		finish(r, &step, !yes);
	}
	free(message);
	buf_done(&found);
}

static void run_when(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	struct buf found;
	struct err err;
	int yes;

	buf_init(&found, RESULTS_CELL_MAX * 2);
	yes = test(r, l, m, &found, &err);
	buf_done(&found);
	if (yes < 0)
		fail_step(r, l, m, &err);
	else
		run_block(r, yes ? &l->body : &l->otherwise);
}

static void run_foreach(struct runner *r, const struct runbook_line *l)
{
	struct runbook_rows all = rows_now(r), outer = r->row;
	struct runbook_result *of = runbook_result_ref(all.of);
	char *before = targets_now(r);
	struct err err = {0};
	int res = before ? 0 : err_sys(&err, ENOMEM, "foreach");

	if (res == 0 && all.n > RUNBOOK_FOREACH_MAX)
		res = err_set(&err, E2BIG, "more than %d rows", RUNBOOK_FOREACH_MAX);
	for (size_t i = 0; res == 0 && !r->stopped && i < all.n; i++) {
		r->row = (struct runbook_rows){.of = of, .first = all.first + (row_id)i, .n = 1};
		runbook_result_unref(r->last);
		r->last = runbook_result_ref(of);
		res = retarget_host(r, runbook_rows_host(&r->row, 0), &err);
		if (res == 0)
			run_block(r, &l->body);
	}
	r->row = outer;
	runbook_result_unref(r->last);
	r->last = of;
	if (before && retarget(r, before, res < 0 ? NULL : &err) < 0 && res == 0)
		res = -EINVAL;
	if (res < 0)
		fail_step(r, l, NULL, &err);
	free(before);
}

static void wait_seconds(double seconds)
{
	int64_t until = clock_mono_ms() + (int64_t)(seconds * 1000);
	const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};

	while (!interrupted() && clock_mono_ms() < until)
		nanosleep(&tick, NULL);
}

/* Until all of it is good: what went wrong before does not count. */
static void run_retry(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	enum exit_status before = r->status;
	bool goes_on = r->goes_on;
	double seconds = 0;
	uint64_t times = 1;

	(void)parse_uint(m->words[0], 1, RUNBOOK_RETRY_MAX, &times);
	if (m->n > 1)
		(void)parse_real(m->words[1], 0, RUNBOOK_SECONDS_MAX, &seconds);
	r->goes_on = false;
	for (uint64_t i = 0; i < times && !r->ended && !interrupted(); i++) {
		if (i > 0)
			wait_seconds(seconds);
		r->status = EXIT_ALL_GOOD;
		r->stopped = false;
		run_block(r, &l->body);
		if (r->status == EXIT_ALL_GOOD)
			break;
	}
	r->goes_on = goes_on;
	r->stopped = r->ended || (r->stopped && !goes_on) || interrupted();
	merge(r, before);
}

static char *message_of(const struct made *m)
{
	struct buf b;
	char *text;

	buf_init(&b, VALUE_MAX);
	for (int i = 0; i < m->n; i++) {
		(void)(i ? buf_putc(&b, ' ') : 0);
		(void)buf_puts(&b, m->words[i]);
	}
	text = buf_steal(&b);
	buf_done(&b);
	return text;
}

static bool agreed(const char *question)
{
	char *prompt = str_printf("%s [y/N] ", question), reply[REPLY_MAX];
	int r = prompt ? passphrase_answer(prompt, true, reply, sizeof(reply)) : -ENOMEM;

	free(prompt);
	return r == 0 && (str_eq(reply, "y") || str_eq(reply, "yes"));
}

/* A "no" ends the runbook, whatever on-error says. */
static void run_confirm(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	struct runbook_step step = {.line = l};
	char *question = message_of(m);

	if (!r->app->o.dry_run && !(question && agreed(question))) {
		step.status = EXIT_INCOMPLETE;
		step.message = "nobody agreed";
		r->stopped = r->ended = true;
	}
	tell(r, &step, m);
	finish(r, &step, step.status != EXIT_ALL_GOOD);
	free(question);
}

static const struct format *format_of(const struct runner *r, const struct made *m)
{
	const char *dot = strrchr(m->words[0], '.');

	if (m->n > 1)
		return format_find(m->words[1]);
	for (size_t i = 0; dot && formats_all[i]; i++)
		if (str_eq(formats_all[i]->suffix, dot + 1))
			return formats_all[i];
	return r->app->format;
}

static void run_write(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	struct runbook_step step = {.line = l};
	struct runbook_rows rows = rows_now(r);
	const struct format *format = format_of(r, m);
	struct err err = {0};
	int res;

	if (!rows.of)
		res = err_set(&err, ENOENT, "nothing was asked before");
	else if (!format)
		res = err_set(&err, EINVAL, "no format `%s`", m->words[1]);
	else
		res = runbook_rows_write(&rows, format, m->words[0], &err);
	if (res < 0)
		fail_step(r, l, m, &err);
	else
		tell(r, &step, m);
}

static void run_target(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	struct err err;
	int res;

	if (l->words[1].n == 1 && l->words[1].parts[0].variable &&
		str_eq(l->words[1].parts[0].text, "row.host"))
		res = retarget_host(r, m->words[0], &err);
	else
		res = retarget(r, m->words[0], &err);
	if (res < 0) {
		fail_step(r, l, m, &err);
		/* What follows is not for the hosts of before. */
		r->stopped = r->ended = true;
	}
}

static void run_timeout(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	double seconds;
	struct err err;

	if (parse_real(m->words[0], 0.001, RUNBOOK_SECONDS_MAX, &seconds) == 0) {
		r->app->o.timeout = seconds;
		return;
	}
	err_set(&err, EINVAL, "`%s` is not a number of seconds", m->words[0]);
	fail_step(r, l, m, &err);
}

static void run_say(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	struct runbook_step step = {.line = l};

	tell(r, &step, m);
}

static void run_other(struct runner *r, const struct runbook_line *l, const struct made *m)
{
	switch (l->kind) {
	case RUNBOOK_COMMAND:
		break;
	case RUNBOOK_TARGET:
		run_target(r, l, m);
		break;
	case RUNBOOK_EXPECT:
		run_expect(r, l, m);
		break;
	case RUNBOOK_WHEN:
		run_when(r, l, m);
		break;
	case RUNBOOK_FOREACH:
		run_foreach(r, l);
		break;
	case RUNBOOK_RETRY:
		run_retry(r, l, m);
		break;
	case RUNBOOK_TIMEOUT:
		run_timeout(r, l, m);
		break;
	case RUNBOOK_CONFIRM:
		run_confirm(r, l, m);
		break;
	case RUNBOOK_WRITE:
		run_write(r, l, m);
		break;
	case RUNBOOK_SAY:
		run_say(r, l, m);
		break;
	case RUNBOOK_ON_ERROR:
		r->goes_on = str_eq(m->words[0], "continue");
		break;
	}
}

static void run_line(struct runner *r, const struct runbook_line *l)
{
	struct made m = {.n = 0};
	struct err err;

	if (l->kind == RUNBOOK_COMMAND) {
		run_command(r, l);
		return;
	}
	if (make(r, l, 1, &m, &err) < 0)
		fail_step(r, l, NULL, &err);
	else
		run_other(r, l, &m);
	made_done(&m);
}

static void run_block(struct runner *r, const struct runbook_block *b)
{
	for (size_t i = 0; i < b->n && !r->stopped; i++) {
		if (interrupted()) {
			merge(r, EXIT_INTERRUPT);
			r->stopped = true;
			return;
		}
		run_line(r, b->of[i]);
	}
}

/* ---- Before it runs ---- */

static int check_block(struct runner *r, const struct runbook_block *b, struct err *err);

static int check_ask(
	struct runner *r, const struct runbook_line *l, struct prepared *p, struct err *err)
{
	struct questions questions = {0};
	int res = l->command->ask(r->app, p->values, p->argc, p->argv, &questions, err);

	questions_done(&questions);
	return res;
}

static int check_act(
	struct runner *r, const struct runbook_line *l, struct prepared *p, struct err *err)
{
	const struct app_options *o = &r->app->o;
	struct act act;
	int res = 0;

	if (o->read_only)
		return err_set(
			err, EPERM, "%s changes hosts: refused with --read-only", l->command->name);
	if (!o->yes && !o->dry_run && !r->rehearsing && !passphrase_possible())
		return err_set(err, EPERM,
			"%s changes hosts: without a terminal to ask at it needs --yes "
			"(or --dry-run)",
			l->command->name);
	if (l->rows && !rowtargets_can(l->command->name))
		return err_set(err, EINVAL, "%s is nothing that is done to rows", l->command->name);
	for (size_t i = 1; i < l->n; i++)
		if (runbook_word_has_values(&l->words[i]))
			return 0;
	l->command->act(p->values, p->argc, p->argv, &act);
	for (size_t i = 0; res == 0 && i < act.n; i++) {
		json_t *args = NULL;

		res = act.args(act.targets[i], act.values, &args, err);
		json_decref(args);
	}
	return res;
}

static int check_command(struct runner *r, const struct runbook_line *l, struct err *err)
{
	struct prepared p;
	int res = prepare(r, l, &p, err);

	if (res == 0) {
		if (l->command->ask)
			res = check_ask(r, l, &p, err);
		else if (l->command->act)
			res = check_act(r, l, &p, err);
		if (res < 0)
			runbook_at(l, l->words[0].column, err);
	}
	prepared_done(&p);
	return res;
}

static int check_target(struct runner *r, const struct runbook_line *l, struct err *err)
{
	struct made m = {.n = 0};
	size_t *selected = NULL, n = 0;
	int res;

	for (size_t i = 0; i < l->words[1].n; i++)
		if (l->words[1].parts[i].variable && str_starts(l->words[1].parts[i].text, "row."))
			return 0;
	res = make(r, l, 1, &m, err);
	if (res == 0)
		res = app_inventory(r->app, err);
	if (res == 0)
		res = inventory_select(r->app->inventory, m.words[0], &selected, &n, err);
	if (res == 0 && n == 0)
		res = err_set(err, ENOENT, "no host matches `%s`", m.words[0]);
	if (res < 0)
		runbook_at(l, l->words[1].column, err);
	free(selected);
	made_done(&m);
	return res;
}

static int check_line(struct runner *r, const struct runbook_line *l, struct err *err)
{
	int res = 0;

	if (l->kind == RUNBOOK_COMMAND)
		res = check_command(r, l, err);
	else if (l->kind == RUNBOOK_TARGET)
		res = check_target(r, l, err);
	if (res == 0)
		res = check_block(r, &l->body, err);
	return res < 0 ? res : check_block(r, &l->otherwise, err);
}

static int check_block(struct runner *r, const struct runbook_block *b, struct err *err)
{
	int res = 0;

	for (size_t i = 0; res == 0 && i < b->n; i++)
		res = check_line(r, b->of[i], err);
	return res;
}

int runner_check(struct runner *r, const struct runbook *b, bool rehearse, struct err *err)
{
	int res;

	r->rehearsing = rehearse;
	r->book = b;
	r->checking = true;
	res = check_block(r, &b->block, err);
	r->checking = false;
	return res;
}

/* ---- Printing ---- */

static int print_block(
	struct runner *r, const struct runbook_block *b, unsigned depth, struct buf *out)
{
	int res = 0;

	for (size_t i = 0; res == 0 && i < b->n; i++) {
		const struct runbook_line *l = b->of[i];
		struct made m = {.n = 0};
		char *text = NULL;
		struct err err;

		if (make(r, l, 1, &m, &err) == 0)
			text = line_text(l, &m);
		res = buf_fill(out, ' ', 2 * depth);
		if (res == 0 && text)
			res = text_escape(out, text, strlen(text));
		if (res == 0)
			res = buf_putc(out, '\n');
		free(text);
		made_done(&m);
		if (res == 0)
			res = print_block(r, &l->body, depth + 1, out);
		if (res == 0 && l->otherwise.n > 0)
			res = buf_fill(out, ' ', 2 * depth);
		if (res == 0 && l->otherwise.n > 0)
			res = buf_puts(out, "else\n");
		if (res == 0)
			res = print_block(r, &l->otherwise, depth + 1, out);
	}
	return res;
}

int runner_print(struct runner *r, const struct runbook *b, struct buf *out)
{
	int res;

	r->book = b;
	r->checking = true;
	res = print_block(r, &b->block, 0, out);
	r->checking = false;
	return res;
}

/* ---- The runner ---- */

struct runner *runner_new(struct app *app)
{
	struct runner *r = calloc(1, sizeof(*r));

	if (r) {
		r->app = app;
		buf_init(&r->cell, VALUE_MAX);
	}
	return r;
}

void runner_free(struct runner *r)
{
	if (!r)
		return;
	if (r->target)
		app_retarget(r->app, NULL);
	free(r->target);
	runbook_result_unref(r->last);
	buf_done(&r->cell);
	free(r);
}

bool runner_has_result(const struct runner *r)
{
	return r->last;
}

enum exit_status runner_run(struct runner *r, const struct runbook *b, struct runbook_log *log)
{
	r->book = b;
	r->log = log;
	r->stopped = r->ended = false;
	run_block(r, &b->block);
	r->log = NULL;
	return r->status;
}
