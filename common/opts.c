/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/opts.h"

#include "common/fill.h"
#include "common/str.h"

#include <string.h>

/* Columns of "-x, --name ARG" in the usage before the help starts. */
#define USAGE_COLUMN 30

struct found {
	const struct opt *opt;
	void *values;
};

static bool is_end(const struct opt *o)
{
	return !o->letter && !o->name;
}

static bool takes_argument(const struct opt *o)
{
	return o->kind != OPT_FLAG && o->kind != OPT_COUNT;
}

static int find_letter(const struct opt_set *sets, char letter, struct found *ret, struct err *err)
{
	for (; sets->opts; sets++)
		for (const struct opt *o = sets->opts; !is_end(o); o++)
			if (o->letter == letter) {
				*ret = (struct found){o, sets->values};
				return 0;
			}
	return err_set(err, EINVAL, "no option -%c", letter);
}

/* A name in full, or the only one that begins so. */
static int find_name(
	const struct opt_set *sets, struct span name, struct found *ret, struct err *err)
{
	struct found only = {NULL, NULL};
	size_t n = 0;

	for (; sets->opts; sets++)
		for (const struct opt *o = sets->opts; !is_end(o); o++) {
			if (!o->name || strncmp(o->name, name.p, name.n) != 0)
				continue;
			only = (struct found){o, sets->values};
			if (o->name[name.n] == '\0') {
				*ret = only;
				return 0;
			}
			n++;
		}
	if (n != 1)
		return err_set(err, EINVAL, "%s --%.*s",
			n ? "more than one option begins with" : "no option", (int)name.n, name.p);
	*ret = only;
	return 0;
}

static int bad_value(const struct opt *o, struct err *err, const char *value, const char *want)
{
	if (o->name)
		return err_set(err, EINVAL, "--%s: \"%s\" is not %s", o->name, value, want);
	return err_set(err, EINVAL, "-%c: \"%s\" is not %s", o->letter, value, want);
}

static int store_number(const struct opt *o, void *at, const char *value, struct err *err)
{
	char want[96];
	int r;

	if (o->kind == OPT_UINT) {
		uint64_t v;

		r = parse_uint(value, (uint64_t)o->min, (uint64_t)o->max, &v);
		if (r == 0)
			memcpy(at, &v, sizeof(v));
	} else {
		double v;

		r = parse_real(value, o->min, o->max, &v);
		if (r == 0)
			memcpy(at, &v, sizeof(v));
	}
	if (r == 0)
		return 0;
	snprintf(want, sizeof(want), "a number%s from %.15g to %.15g",
		o->kind == OPT_SECONDS ? " of seconds" : "", o->min, o->max);
	return bad_value(o, err, value, want);
}

static int store_choice(const struct opt *o, void *at, const char *value, struct err *err)
{
	char want[256] = "one of";

	for (const char *const *c = o->choices; *c; c++) {
		size_t n = strlen(want);

		if (str_eq(*c, value)) {
			memcpy(at, c, sizeof(*c));
			return 0;
		}
		snprintf(want + n, sizeof(want) - n, " %s", *c);
	}
	return bad_value(o, err, value, want);
}

static int store(const struct found *f, const char *value, struct err *err)
{
	const struct opt *o = f->opt;
	void *at = (char *)f->values + o->offset;
	struct opt_list *list;

	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)at = true;
		return 0;
	case OPT_COUNT:
		++*(unsigned *)at;
		return 0;
	case OPT_STRING:
		*(const char **)at = value;
		return 0;
	case OPT_LIST:
		list = at;
		if (list->n == OPT_LIST_MAX)
			return bad_value(o, err, value, "taken: the option was given too often");
		list->items[list->n++] = value;
		return 0;
	case OPT_UINT:
	case OPT_SECONDS:
		return store_number(o, at, value, err);
	case OPT_CHOICE:
		return store_choice(o, at, value, err);
	}
	return -EINVAL;
}

/* "--name", "--name=value", "--name value"; *i is moved on when the next word was taken. */
static int parse_long(const struct opt_set *sets, int argc, char **argv, int *i, struct err *err)
{
	const char *word = argv[*i] + 2, *eq = strchr(word, '='), *value = eq ? eq + 1 : NULL;
	struct span name = {word, eq ? (size_t)(eq - word) : strlen(word)};
	struct found f = {NULL, NULL};
	int r = find_name(sets, name, &f, err);

	if (r < 0)
		return r;
	if (!takes_argument(f.opt) && value)
		return err_set(err, EINVAL, "--%s takes no argument", f.opt->name);
	if (takes_argument(f.opt) && !value) {
		if (*i + 1 >= argc)
			return err_set(err, EINVAL, "--%s needs an argument (%s)", f.opt->name,
				f.opt->arg);
		value = argv[++*i];
	}
	return store(&f, value, err);
}

/* "-xyz" of flags, the last of which may take an argument. */
static int parse_short(const struct opt_set *sets, int argc, char **argv, int *i, struct err *err)
{
	for (const char *p = argv[*i] + 1; *p; p++) {
		const char *value = NULL;
		struct found f = {NULL, NULL};
		int r = find_letter(sets, *p, &f, err);

		if (r < 0)
			return r;
		if (takes_argument(f.opt)) {
			value = p[1] ? p + 1 : *i + 1 < argc ? argv[++*i] : NULL;
			if (!value)
				return err_set(
					err, EINVAL, "-%c needs an argument (%s)", *p, f.opt->arg);
		}
		r = store(&f, value, err);
		if (r < 0 || value)
			return r;
	}
	return 0;
}

/* SQL may begin with "-- a comment". */
static bool is_comment(const char *word)
{
	return str_starts(word, "--") && word[2] && strchr(" \t\n", word[2]);
}

int opts_parse(const struct opt_set *sets, int argc, char **argv, bool stop_at_word, int *ret_rest,
	struct err *err)
{
	int rest = 0, i = 0, r = 0;

	for (; i < argc && r == 0; i++) {
		const char *word = argv[i];

		if (str_eq(word, "--")) {
			i++;
			break;
		}
		if (str_starts(word, "--") && !is_comment(word))
			r = parse_long(sets, argc, argv, &i, err);
		else if (word[0] == '-' && word[1] && !is_comment(word))
			r = parse_short(sets, argc, argv, &i, err);
		else if (stop_at_word)
			break;
		else
			argv[rest++] = argv[i];
	}
	if (r < 0)
		return r;
	while (i < argc)
		argv[rest++] = argv[i++];
	*ret_rest = rest;
	return 0;
}

const struct opt *opts_find(const struct opt *opts, const char *word, size_t n)
{
	if (n < 2 || word[0] != '-')
		return NULL;
	for (; opts && (opts->name || opts->letter); opts++) {
		if (word[1] == '-' && opts->name && strlen(opts->name) == n - 2 &&
			strncmp(opts->name, word + 2, n - 2) == 0)
			return opts;
		if (n == 2 && opts->letter && word[1] == opts->letter)
			return opts;
	}
	return NULL;
}

int opts_usage(const struct opt *opts, struct buf *out)
{
	int r = 0;

	for (const struct opt *o = opts; r == 0 && !is_end(o); o++) {
		size_t start = out->len, used;

		r = o->letter ? buf_printf(out, "  -%c", o->letter) : buf_puts(out, "    ");
		if (r == 0 && o->name)
			r = buf_printf(out, "%s--%s", o->letter ? ", " : "  ", o->name);
		if (r == 0 && o->arg)
			r = buf_printf(out, " %s", o->arg);
		if (r < 0)
			break;
		used = out->len - start;
		if (used + 2 > USAGE_COLUMN)
			r = buf_printf(out, "\n%*s", USAGE_COLUMN, "");
		else
			r = buf_printf(out, "%*s", (int)(USAGE_COLUMN - used), "");
		if (r == 0)
			r = fill_words(out, span_str(o->doc), USAGE_COLUMN);
	}
	return r;
}
