/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/str.h"
#include "common/text.h"
#include "console/act.h"
#include "console/fleet/inventory.h"
#include "console/passphrase.h"
#include "console/questions.h"
#include "console/rowtargets.h"
#include "console/runbook_make.h"
#include "console/runbook_words.h"

#include <stdlib.h>

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
	const struct app_options *o = &p->options;
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
	int res = runner_prepare(r, l, &p, err);

	if (res == 0) {
		if (!r->targeted && (l->command->ask || l->command->act))
			res = app_targets(r->app, err);
		if (res == 0 && l->command->ask)
			res = check_ask(r, l, &p, err);
		else if (res == 0 && l->command->act)
			res = check_act(r, l, &p, err);
		if (res < 0)
			runbook_at(l, runner_place(l, err), err);
	}
	prepared_done(&p);
	return res;
}

static int check_target(struct runner *r, const struct runbook_line *l, struct err *err)
{
	struct made m = {.n = 0};
	size_t *selected = NULL, n = 0;
	int res;

	r->targeted = true;
	if (runbook_line_wants_row(l))
		return 0;
	res = runner_make(r, l, 1, &m, err);
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

/* *ret_at: the word that is wrong. */
static int check_made(struct runner *r, const struct runbook_line *l, const struct made *m,
	size_t *ret_at, struct err *err)
{
	const struct runbook_condition *c = &l->condition;
	double seconds;

	switch (l->kind) {
	case RUNBOOK_EXPECT:
	case RUNBOOK_WHEN:
		*ret_at = c->value;
		return runbook_condition_check(c, m->words[c->value - 1], err);
	case RUNBOOK_TIMEOUT:
		*ret_at = 1;
		return runner_seconds(m, &seconds, err);
	case RUNBOOK_WRITE:
		*ret_at = 2;
		return runner_format(r, m) ? 0
					   : err_set(err, EINVAL, "no format `%s`", m->words[1]);
	default:
		return 0;
	}
}

/* The words of a line that is no command, where they are known before it runs. */
static int check_words(struct runner *r, const struct runbook_line *l, struct err *err)
{
	struct made m = {.n = 0};
	size_t at = 0;
	int res = runner_make(r, l, 1, &m, err);

	if (res == 0) {
		res = check_made(r, l, &m, &at, err);
		if (res < 0)
			runbook_at(l, l->words[at].column, err);
	}
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
	else if (!runbook_line_wants_row(l))
		res = check_words(r, l, err);
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
	r->targeted = false;
	res = r->app->o.targets ? app_targets(r->app, err) : 0;
	if (res == 0)
		res = check_block(r, &b->block, err);
	r->checking = false;
	return res;
}

/* ---- Printing ---- */

#define NAMES_SHOWN 5

/* "# web: 12 hosts: web1 web2 … */
static int print_hosts(struct runner *r, const char *pattern, unsigned depth, struct buf *out)
{
	size_t *selected = NULL, n = 0, shown = 0;
	struct err err;
	int res = 0;

	if (app_inventory(r->app, &err) < 0 ||
		inventory_select(r->app->inventory, pattern, &selected, &n, &err) < 0)
		return 0;
	res = buf_fill(out, ' ', 2 * depth);
	if (res == 0)
		res = buf_puts(out, "# ");
	if (res == 0)
		res = text_escape(out, pattern, strlen(pattern));
	if (res == 0)
		res = buf_printf(out, ": %zu host%s:", n, n == 1 ? "" : "s");
	for (; res == 0 && shown < n && shown < NAMES_SHOWN; shown++) {
		const char *name = inventory_host_name(r->app->inventory, selected[shown]);

		res = buf_putc(out, ' ');
		if (res == 0)
			res = text_escape(out, name, strlen(name));
	}
	free(selected);
	return res < 0 ? res : buf_puts(out, shown < n ? " \xe2\x80\xa6\n" : "\n");
}

/* What is not known before its time stands as it is written. */
static char *line_text(struct runner *r, const struct runbook_line *l)
{
	struct prepared p = {.values = NULL};
	char *text = NULL;
	struct err err;
	int res;

	if (l->kind == RUNBOOK_COMMAND)
		res = runner_prepare(r, l, &p, &err);
	else
		res = runner_make(r, l, 1, &p.made, &err);
	if (res == 0 && !runbook_line_wants_row(l))
		text = made_text(l, &p.made);
	prepared_done(&p);
	return text ? text : strdup(l->text);
}

static int print_words(const char *text, unsigned depth, struct buf *out)
{
	int r = buf_fill(out, ' ', 2 * depth);

	if (r == 0)
		r = text_escape(out, text, strlen(text));
	return r < 0 ? r : buf_putc(out, '\n');
}

static int print_block(
	struct runner *r, const struct runbook_block *b, unsigned depth, struct buf *out);

static int print_line(
	struct runner *r, const struct runbook_line *l, unsigned depth, struct buf *out)
{
	char *text = line_text(r, l);
	int res = text ? print_words(text, depth, out) : -ENOMEM;

	if (res == 0 && l->kind == RUNBOOK_TARGET && !runbook_line_wants_row(l))
		res = print_hosts(r, text + strlen("target "), depth, out);
	free(text);
	if (res < 0 || !runbook_line_opens(l))
		return res;
	res = print_block(r, &l->body, depth + 1, out);
	if (res == 0 && l->otherwise.n > 0)
		res = print_words("else", depth, out);
	if (res == 0)
		res = print_block(r, &l->otherwise, depth + 1, out);
	return res < 0 ? res : print_words("end", depth, out);
}

static int print_block(
	struct runner *r, const struct runbook_block *b, unsigned depth, struct buf *out)
{
	int res = 0;

	for (size_t i = 0; res == 0 && i < b->n; i++)
		res = print_line(r, b->of[i], depth, out);
	return res;
}

int runner_print(struct runner *r, const struct runbook *b, struct buf *out)
{
	const char *targets = r->app->o.targets;
	int res = 0;

	r->book = b;
	r->checking = true;
	/* Somebody is to be asked before a line says who. */
	if (targets || r->app->n_hosts > 0)
		res = print_hosts(r, targets ? targets : "all", 0, out);
	if (res == 0)
		res = print_block(r, &b->block, 0, out);
	r->checking = false;
	return res;
}
