/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook_values.h"

#include "common/str.h"
#include "common/text.h"
#include "console/command.h"
#include "console/runbook_words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- What is given ---- */

static struct runbook_var *find_var(const struct runbook *b, struct span name)
{
	for (size_t i = 0; i < b->n_vars; i++)
		if (span_eq(name, b->vars[i].name))
			return (struct runbook_var *)&b->vars[i];
	return NULL;
}

const char *runbook_value(const struct runbook *b, const char *name)
{
	const struct runbook_var *v = find_var(b, span_str(name));

	return v ? v->value : NULL;
}

/* The name before the first "=" (or all of it), letters, digits and _. */
static int read_name(const char *word, struct span *ret, struct err *err)
{
	size_t n = 0;

	while (isalnum((unsigned char)word[n]) || word[n] == '_')
		n++;
	if (n == 0 || isdigit((unsigned char)word[0]) || (word[n] && word[n] != '='))
		return err_set(err, EINVAL, "a variable is written name=value, not `%s`", word);
	if (n > RUNBOOK_NAME_MAX)
		return err_set(
			err, EINVAL, "a variable's name has more than %d bytes", RUNBOOK_NAME_MAX);
	*ret = (struct span){word, n};
	return 0;
}

static int add_var(
	struct runbook *b, struct span name, const char *value, bool given, struct err *err)
{
	struct runbook_var v = {.given = given, .declared = !given};

	if (b->n_vars == RUNBOOK_VARS_MAX)
		return err_set(err, E2BIG, "more than %d variables", RUNBOOK_VARS_MAX);
	v.name = span_dup(name);
	v.value = strdup(value);
	if (!v.name || !v.value) {
		free(v.name);
		free(v.value);
		return err_sys(err, ENOMEM, "variables");
	}
	b->vars[b->n_vars++] = v;
	return 0;
}

int runbook_give(struct runbook *b, const char *word, struct err *err)
{
	struct span name;
	int r = read_name(word, &name, err);

	if (r < 0)
		return r;
	if (word[name.n] != '=')
		return err_set(err, EINVAL, "a variable is written name=value, not `%s`", word);
	if (!utf8_valid(word, strlen(word)))
		return err_set(err, EINVAL, "the value of %.*s is not UTF-8", (int)name.n, word);
	if (find_var(b, name))
		return err_set(err, EINVAL, "%.*s is given twice", (int)name.n, word);
	return add_var(b, name, word + name.n + 1, true, err);
}

int runbook_values_declare(struct runbook *b, const struct runbook_line *l, struct err *err)
{
	const char *word = l->n > 1 ? runbook_word_head(&l->words[1]) : "";
	struct runbook_var *v;
	struct span name;
	int r;

	if (l->n > 1 && runbook_word_has_values(&l->words[1]))
		return err_set(err, EINVAL, "a default is text without ${…}");
	r = read_name(word, &name, err);
	if (r < 0)
		return r;
	v = find_var(b, name);
	if (v && v->declared)
		return err_set(err, EINVAL, "%s is there already", v->name);
	if (v) {
		v->declared = true;
		return 0;
	}
	if (word[name.n] != '=')
		return err_set(err, EINVAL, "%.*s needs a value: give %.*s=…", (int)name.n, word,
			(int)name.n, word);
	return add_var(b, name, word + name.n + 1, false, err);
}

static int check_value(struct runbook *b, const char *name, bool in_foreach, struct err *err)
{
	struct runbook_var *v;

	if (str_starts(name, "row.") && name[4])
		return in_foreach ? 0
				  : err_set(err, EINVAL, "${%s} has a value within foreach only",
					    name);
	v = find_var(b, span_str(name));
	if (!v)
		return err_set(err, EINVAL, "${%s} has no value: give %s=…", name, name);
	v->declared = true;
	return 0;
}

int runbook_values_check(struct runbook *b, const struct runbook_line *l, bool in_foreach,
	unsigned *column, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < l->n; i++)
		for (size_t j = 0; r == 0 && j < l->words[i].n; j++) {
			*column = l->words[i].column;
			if (l->words[i].parts[j].variable)
				r = check_value(b, l->words[i].parts[j].text, in_foreach, err);
		}
	return r;
}

/* ---- Where values may stand ---- */

static int refuse_value(struct err *err)
{
	return err_set(
		err, EINVAL, "no value is pasted into SQL: write :name, or --param name=${…}");
}

int runbook_values_none(struct span sql, struct err *err)
{
	return memmem(sql.p, sql.n, "${", 2) ? refuse_value(err) : 0;
}

/* Values do not become SQL, nor the names of what is asked, nor options. */
static int check_places(const struct runbook_line *l, unsigned *column, struct err *err)
{
	bool query = str_eq(l->command->name, "query"), run = str_eq(l->command->name, "run");

	for (size_t i = 1; i < l->n; i++) {
		const struct runbook_word *w = &l->words[i];

		*column = w->column;
		if (!runbook_word_has_values(w))
			continue;
		if (query && !str_starts(runbook_word_head(w), "--param=") &&
			!runbook_word_is(&l->words[i - 1], "--param"))
			return refuse_value(err);
		if (run && (runbook_word_leads(w) || !strchr(runbook_word_head(w), '=')))
			return err_set(err, EINVAL, "values stand behind name=");
	}
	return 0;
}

static bool has_param(const struct runbook_line *l, struct span name)
{
	for (size_t i = 1; i < l->n; i++) {
		const char *head = runbook_word_head(&l->words[i]);

		if (runbook_word_is(&l->words[i - 1], "--param") || str_starts(head, "--param=")) {
			head += str_starts(head, "--param=") ? strlen("--param=") : 0;
			if (strncmp(head, name.p, name.n) == 0 && head[name.n] == '=')
				return true;
		}
	}
	return false;
}

/* The :names in the SQL are the runbook's variables. */
static int check_sql(struct runbook *b, const struct runbook_line *l, struct err *err)
{
	for (size_t i = 1; i < l->n; i++) {
		struct span rest = span_str(runbook_word_head(&l->words[i])), name;

		if (rest.n == 0 || rest.p[0] == '-' || runbook_word_is(&l->words[i - 1], "--param"))
			continue;
		while (runbook_sql_name(&rest, &name)) {
			struct runbook_var *v = find_var(b, name);

			if (v)
				v->declared = true;
			else if (!has_param(l, name))
				return err_set(err, EINVAL, ":%.*s has no value: give %.*s=…",
					(int)name.n, name.p, (int)name.n, name.p);
		}
	}
	return 0;
}

int runbook_values_places(
	struct runbook *b, const struct runbook_line *l, unsigned *column, struct err *err)
{
	int r = check_places(l, column, err);

	return r == 0 && str_eq(l->command->name, "query") ? check_sql(b, l, err) : r;
}
