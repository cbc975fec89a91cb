/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Saved queries and packs, asked one after the other. */
#include "common/str.h"
#include "console/command.h"
#include "console/library.h"
#include "console/params.h"
#include "console/questions.h"

#include <stdlib.h>
#include <string.h>

/* Queries of one run of the program. */
#define CHOSEN_MAX QUESTIONS_MAX

struct run_values {
	struct gather gather;
};

static const struct opt run_opts[] = {
	{0, "new", NULL, OPT_FLAG, offsetof(struct run_values, gather.fresh),
		.doc = "only rows that deviate from the baseline, rarest first"},
	GATHER_OPTS(struct run_values, gather),
	OPT_END,
};

struct chosen {
	const struct saved *queries[CHOSEN_MAX];
	size_t n;
	struct params given;
	struct buf names; /* as given, for the report */
};

/* ---- Which ones ---- */

static int choose(struct chosen *c, const struct saved *q, struct err *err)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->queries[i] == q)
			return 0;
	if (q->problem)
		return err_set(err, EINVAL, "%s", q->problem);
	if (c->n == CHOSEN_MAX)
		return err_set(err, E2BIG, "more than %d queries", CHOSEN_MAX);
	c->queries[c->n++] = q;
	return 0;
}

static int choose_named(
	struct chosen *c, const struct library *l, const char *name, struct err *err)
{
	const struct saved *q = library_find(l, name);
	const char *near;
	bool found = false;
	int r = 0;

	if (q)
		return choose(c, q, err);
	for (size_t i = 0; r == 0 && *name && i < library_len(l); i++) {
		if (!saved_in_pack(library_at(l, i), name))
			continue;
		found = true;
		r = choose(c, library_at(l, i), err);
	}
	if (found)
		return r;
	near = library_nearest(l, name);
	if (near)
		return err_set(
			err, ENOENT, "no saved query or pack `%s`; did you mean %s?", name, near);
	return err_set(
		err, ENOENT, "no saved query or pack `%s`; `tocsin queries` lists them", name);
}

static int read_words(
	struct chosen *c, const struct library *l, int argc, char **argv, struct err *err)
{
	int r = 0;

	for (int i = 0; r == 0 && i < argc; i++) {
		if (params_is(argv[i])) {
			r = params_add(&c->given, argv[i], err);
			continue;
		}
		r = choose_named(c, l, argv[i], err);
		if (r == 0 && c->names.len > 0)
			r = buf_putc(&c->names, ' ');
		if (r == 0)
			r = buf_puts(&c->names, argv[i]);
		if (r == -EMSGSIZE)
			r = err_set(err, E2BIG, "too many names");
	}
	if (r == 0 && c->n == 0)
		r = err_set(err, EINVAL, "run which saved query? `tocsin queries` lists them");
	return r;
}

/* ---- Their parameters ---- */

static bool takes(const struct saved *q, const char *name)
{
	for (size_t i = 0; i < q->n_params; i++)
		if (str_eq(q->params[i].name, name))
			return true;
	return false;
}

static int check_known(const struct chosen *c, struct err *err)
{
	for (size_t i = 0; i < c->given.n; i++) {
		const char *name = c->given.all[i].name;
		size_t j = 0;

		while (j < c->n && !takes(c->queries[j], name))
			j++;
		if (j == c->n)
			return err_set(
				err, EINVAL, "no parameter `%s` in %s", name, buf_str(&c->names));
	}
	return 0;
}

static int check_given(const struct chosen *c, struct err *err)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct saved *q = c->queries[i];

		for (size_t j = 0; j < q->n_params; j++) {
			const struct saved_param *p = &q->params[j];

			if (!p->value && !params_find(&c->given, p->name))
				return err_set(err, EINVAL, "%s needs a value: %s=… (%s)", q->name,
					p->name, p->doc);
		}
	}
	return 0;
}

/* ---- What is asked ---- */

static int add_all(const struct chosen *c, struct questions *ret, struct err *err)
{
	int r = questions_set_words(ret, buf_str(&c->names), err);

	for (size_t i = 0; r == 0 && i < c->n; i++)
		r = questions_add_saved(ret, c->queries[i], &c->given, err);
	return r;
}

static int ask_chosen(
	struct chosen *c, int argc, char **argv, struct questions *ret, struct err *err)
{
	struct library *l = library_new();
	int r = l ? library_load(l, err) : err_sys(err, ENOMEM, "saved queries");

	if (r == 0)
		r = read_words(c, l, argc, argv, err);
	if (r == 0)
		r = check_known(c, err);
	if (r == 0)
		r = check_given(c, err);
	if (r == 0)
		r = add_all(c, ret, err);
	library_free(l);
	return r;
}

static int ask(struct app *app, const void *values, int argc, char **argv, struct questions *ret,
	struct err *err)
{
	struct chosen *c = calloc(1, sizeof(*c));
	const struct run_values *v = values;
	int r;

	(void)app;
	if (!c)
		return err_sys(err, ENOMEM, "saved queries");
	ret->gather = v->gather;
	buf_init(&c->names, WIRE_REQUEST_MAX);
	r = ask_chosen(c, argc, argv, ret, err);
	buf_done(&c->names);
	params_done(&c->given);
	free(c);
	return r;
}

const struct command command_run = {
	.name = "run",
	.args = "NAME… [param=value …]",
	.summary = "ask saved queries or whole packs of them",
	.help = "A name is that of a saved query or of a pack of them; `tocsin queries` lists "
		"both.\n"
		"With several queries each has a title line or, in json, ndjson, csv "
		"and\n"
		"tsv, a column `query` behind `host`.\n\n"
		"--new shows only what the baseline of a query (`tocsin help baseline`) does not "
		"have, with\n"
		"how many hosts share it.\n\n"
		"  tocsin run hygiene\n"
		"  tocsin run acct-admin-groups --new --fold\n"
		"  tocsin run proc-exe-deleted min_age=600",
	.min_args = 1,
	.max_args = -1,
	.opts = run_opts,
	.values_size = sizeof(struct run_values),
	.ask = ask,
};
