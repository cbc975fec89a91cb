/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/questions.h"

#include "common/buf.h"
#include "common/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void text_done(struct question_text *t)
{
	for (size_t i = 0; t->params && i < t->n_params; i++) {
		free((char *)t->params[i].name);
		free((char *)t->params[i].value);
	}
	free(t->params);
	free(t->name);
	free(t->title);
	free(t->sql);
	free(t->key);
	free(t->diff_ignore);
	*t = (struct question_text){0};
}

void questions_done(struct questions *q)
{
	if (!q)
		return;
	for (size_t i = 0; i < q->n; i++)
		text_done(&q->of[i]);
	free(q->of);
	free(q->words);
	*q = (struct questions){0};
}

static int copy(const char *from, char **ret)
{
	*ret = from ? strdup(from) : NULL;
	return from && !*ret ? -ENOMEM : 0;
}

static int add_param(struct question_text *t, const char *name, const char *value)
{
	struct wire_param *p = &t->params[t->n_params];
	char *own_name, *own_value;
	int r = copy(name, &own_name);

	if (r == 0)
		r = copy(value, &own_value);
	else
		own_value = NULL;
	*p = (struct wire_param){own_name, own_value};
	t->n_params++;
	return r;
}

/* The names of a list between blanks; NULL where there are none. */
static int copy_list(const struct saved_list *list, char **ret)
{
	struct buf b;
	int r = 0;

	buf_init(&b, SAVED_LIST_MAX * (SAVED_NAME_MAX + 1));
	for (size_t i = 0; r == 0 && i < list->n; i++) {
		r = i ? buf_putc(&b, ' ') : 0;
		if (r == 0)
			r = buf_puts(&b, list->names[i]);
	}
	*ret = r == 0 && list->n ? buf_steal(&b) : NULL;
	buf_done(&b);
	return r == 0 && list->n && !*ret ? -ENOMEM : r;
}

/* A new one at the end, with room for so many parameters. */
static int begin(struct questions *q, size_t n_params, struct question_text **ret, struct err *err)
{
	struct question_text *t;
	int r = array_grow(&q->of, &q->cap, q->n + 1, sizeof(*q->of), QUESTIONS_MAX);

	if (r == -E2BIG)
		return err_set(err, E2BIG, "more than %d queries", QUESTIONS_MAX);
	if (r < 0)
		return err_sys(err, ENOMEM, "question");
	t = &q->of[q->n++];
	*t = (struct question_text){.params = calloc(n_params + 1, sizeof(*t->params))};
	*ret = t;
	return t->params ? 0 : err_sys(err, ENOMEM, "question");
}

int questions_add_sql(
	struct questions *q, const char *sql, const struct params *params, struct err *err)
{
	struct question_text *t;
	int r = begin(q, params->n, &t, err);

	if (r < 0)
		return r;
	r = copy(sql, &t->sql);
	for (size_t i = 0; r == 0 && i < params->n; i++)
		r = add_param(t, params->all[i].name, params->all[i].value);
	return r < 0 ? err_sys(err, ENOMEM, "question") : 0;
}

int questions_add_saved(struct questions *q, const struct saved *saved, const struct params *params,
	struct err *err)
{
	struct question_text *t;
	int r = begin(q, saved->n_params, &t, err);

	if (r < 0)
		return r;
	r = copy(saved->sql, &t->sql);
	if (r == 0)
		r = copy(saved->name, &t->name);
	if (r == 0)
		r = copy(*saved->title ? saved->title : NULL, &t->title);
	if (r == 0)
		r = copy_list(&saved->key, &t->key);
	if (r == 0)
		r = copy_list(&saved->diff_ignore, &t->diff_ignore);
	for (size_t i = 0; r == 0 && i < saved->n_params; i++) {
		const char *value = params_find(params, saved->params[i].name);

		r = add_param(t, saved->params[i].name, value ? value : saved->params[i].value);
	}
	return r < 0 ? err_sys(err, ENOMEM, "question") : 0;
}

int questions_add_copy(struct questions *q, const struct question_text *from, struct err *err)
{
	struct question_text *t;
	int r = begin(q, from->n_params, &t, err);

	if (r < 0)
		return r;
	r = copy(from->sql, &t->sql);
	if (r == 0)
		r = copy(from->name, &t->name);
	if (r == 0)
		r = copy(from->title, &t->title);
	if (r == 0)
		r = copy(from->key, &t->key);
	if (r == 0)
		r = copy(from->diff_ignore, &t->diff_ignore);
	for (size_t i = 0; r == 0 && i < from->n_params; i++)
		r = add_param(t, from->params[i].name, from->params[i].value);
	return r < 0 ? err_sys(err, ENOMEM, "question") : 0;
}

int questions_set_words(struct questions *q, const char *words, struct err *err)
{
	free(q->words);
	q->words = strdup(words);
	return q->words ? 0 : err_sys(err, ENOMEM, "question");
}

void questions_fleet(const struct question_text *t, int64_t max_rows, struct fleet_question *ret)
{
	*ret = (struct fleet_question){
		.sql = t->sql, .params = t->params, .n_params = t->n_params, .max_rows = max_rows};
}
