/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook_details.h"

#include "common/str.h"
#include "console/runbook_words.h"

/* ---- Conditions ---- */

static const char *const subjects[] = {"rows", "hosts", "answered", "missing", "column", NULL};
static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">", "~", NULL};

static int find(const char *const *names, const struct runbook_word *w)
{
	for (int i = 0; names[i]; i++)
		if (runbook_word_is(w, names[i]))
			return i;
	return -1;
}

/* The word at `at` is wrong, or not there. */
static int condition_usage(
	const struct runbook_line *l, size_t at, unsigned *column, struct err *err)
{
	*column = l->words[at < l->n ? at : 0].column;
	return err_set(err, EINVAL,
		"%s: a condition is rows, hosts, answered or missing, then == != < <= > or >=, "
		"then a number; or column NAME, then one of these or ~, then a value",
		runbook_word_head(&l->words[0]));
}

static int read_condition(struct runbook_line *l, unsigned *column, struct err *err)
{
	struct runbook_condition *c = &l->condition;
	int subject = l->n > 1 ? find(subjects, &l->words[1]) : -1, op;
	size_t at = 2;

	if (subject < 0)
		return condition_usage(l, 1, column, err);
	c->subject = (enum runbook_subject)subject;
	if (c->subject == SUBJECT_COLUMN)
		c->column = at++;
	op = at < l->n ? find(operators, &l->words[at]) : -1;
	if (op < 0 || (op == OP_MATCH && subject != SUBJECT_COLUMN))
		return condition_usage(l, at, column, err);
	if (at + 1 >= l->n)
		return condition_usage(l, at + 1, column, err);
	c->op = (enum runbook_operator)op;
	c->value = at + 1;
	if (at + 2 == l->n)
		return 0;
	*column = l->words[at + 2].column;
	if (l->kind != RUNBOOK_EXPECT || !runbook_word_is(&l->words[at + 2], "or") ||
		at + 3 == l->n)
		return err_set(err, EINVAL, "behind a condition stands %s",
			l->kind == RUNBOOK_EXPECT ? "nothing, or `or` and a message" : "nothing");
	c->message = at + 3;
	return 0;
}

/* ---- The other lines ---- */

static int want(
	const struct runbook_line *l, size_t min, size_t max, const char *usage, struct err *err)
{
	if (l->n >= min && l->n <= max)
		return 0;
	return err_set(err, EINVAL, "it is written: %s", usage);
}

static int check_seconds(const struct runbook_word *w, double min, struct err *err)
{
	double v;

	if (!runbook_word_has_values(w) &&
		parse_real(runbook_word_head(w), min, RUNBOOK_SECONDS_MAX, &v) < 0)
		return err_set(err, EINVAL, "`%s` is not a number of seconds up to %d",
			runbook_word_head(w), RUNBOOK_SECONDS_MAX);
	return 0;
}

static int read_retry(const struct runbook_line *l, struct err *err)
{
	uint64_t n;
	int r = want(l, 2, 3, "retry TIMES [SECONDS]", err);

	if (r == 0 &&
		(runbook_word_has_values(&l->words[1]) ||
			parse_uint(runbook_word_head(&l->words[1]), 1, RUNBOOK_RETRY_MAX, &n) < 0))
		r = err_set(err, EINVAL, "retry: a number from 1 to %d", RUNBOOK_RETRY_MAX);
	if (r == 0 && l->n == 3)
		r = check_seconds(&l->words[2], 0, err);
	return r;
}

/* No text of a host decides which file is written, or whom the next lines are for. */
static int no_rows(const struct runbook_line *l, const char *what, struct err *err)
{
	for (size_t i = 1; i < l->n; i++)
		for (size_t j = 0; j < l->words[i].n; j++) {
			const struct runbook_part *p = &l->words[i].parts[j];

			if (p->variable && str_starts(p->text, "row.") &&
				!str_eq(p->text, "row.host"))
				return err_set(err, EINVAL, "no text of a host decides %s", what);
		}
	return 0;
}

static int read_target(const struct runbook_line *l, struct err *err)
{
	int r = want(l, 2, 2, "target PATTERN", err);

	return r < 0 ? r : no_rows(l, "who is asked", err);
}

static int read_write(const struct runbook_line *l, struct err *err)
{
	int r = want(l, 2, 3, "write FILE [FORMAT]", err);

	return r < 0 ? r : no_rows(l, "which file is written", err);
}

static int read_on_error(const struct runbook_line *l, struct err *err)
{
	if (l->n == 2 && (runbook_word_is(&l->words[1], "stop") ||
				 runbook_word_is(&l->words[1], "continue")))
		return 0;
	return err_set(err, EINVAL, "it is written: on-error stop|continue");
}

static int read_foreach(const struct runbook_line *l, struct err *err)
{
	if (l->n == 2 && runbook_word_is(&l->words[1], "row"))
		return 0;
	return err_set(err, EINVAL, "it is written: foreach row");
}

int runbook_details(struct runbook_line *l, unsigned *column, struct err *err)
{
	switch (l->kind) {
	case RUNBOOK_TARGET:
		return read_target(l, err);
	case RUNBOOK_EXPECT:
	case RUNBOOK_WHEN:
		return read_condition(l, column, err);
	case RUNBOOK_FOREACH:
		return read_foreach(l, err);
	case RUNBOOK_RETRY:
		return read_retry(l, err);
	case RUNBOOK_TIMEOUT:
		return l->n == 2 ? check_seconds(&l->words[1], 0.001, err)
				 : err_set(err, EINVAL, "it is written: timeout SECONDS");
	case RUNBOOK_CONFIRM:
	case RUNBOOK_SAY:
		return want(l, 2, RUNBOOK_WORDS_MAX, "the word, then what is said", err);
	case RUNBOOK_WRITE:
		return read_write(l, err);
	case RUNBOOK_ON_ERROR:
		return read_on_error(l, err);
	case RUNBOOK_COMMAND:
		break;
	}
	return 0;
}
