/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options as tables: one row tells letter, name, argument, range and help; parsing, usage text,
 * completion and man pages read the same rows.
 */
#ifndef COMMON_OPTS_H
#define COMMON_OPTS_H

#include "common/buf.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opt_kind {
	OPT_FLAG,    /* bool; no argument */
	OPT_COUNT,   /* unsigned; each use adds one */
	OPT_STRING,  /* const char *; points into argv */
	OPT_LIST,    /* struct opt_list; repeatable */
	OPT_UINT,    /* uint64_t within [min, max] */
	OPT_SECONDS, /* double, seconds within [min, max] */
	OPT_CHOICE,  /* const char *; one of `choices` */
};

#define OPT_LIST_MAX 64
struct opt_list {
	const char *items[OPT_LIST_MAX]; /* point into argv */
	size_t n;
};

struct opt {
	char letter;	  /* 0: none */
	const char *name; /* long name without dashes, NULL: none */
	const char *arg;  /* shown in the usage, e.g. "FILE"; NULL for flags */
	enum opt_kind kind;
	size_t offset; /* offsetof the value in the caller's struct */
	double min, max;
	const char *const *choices; /* NULL-ended */
	const char *doc;	    /* one line, no full stop */
};
/* A table of options ends with a row whose letter and name are both empty. */
#define OPT_END                                                                                    \
	{                                                                                          \
	}

/* One table and the struct its offsets are of. */
struct opt_set {
	const struct opt *opts;
	void *values;
};

/*
 * Parses argv[0..argc) (no program name in it). Options may stand anywhere before "--"; what is
 * not an option is moved, in order, to the front of argv and counted in *ret_rest. "-" alone is
 * not an option, nor is "--" with a blank behind it: it begins a comment in SQL. `--name=value`,
 * `--name value`, `-xvalue`, `-x value`, grouped flags. A long name may be shortened when it stays
 * unambiguous. `stop_at_word` ends parsing at the first word. `sets` ends with a NULL table.
 * -EINVAL with `err` for an unknown option, a missing or superfluous argument, a value outside its
 * range.
 */
int opts_parse(const struct opt_set *sets, int argc, char **argv, bool stop_at_word, int *ret_rest,
	struct err *err);
/* The option that word[0..n) is, such as -t or --target in full, without a value; or NULL. */
const struct opt *opts_find(const struct opt *opts, const char *word, size_t n);
/* Appends the options, aligned, one below the other. */
int opts_usage(const struct opt *opts, struct buf *out);

#endif
