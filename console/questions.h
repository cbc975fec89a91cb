/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is asked, apart from how it is shown: the words of `query` or `run` as SQL with its
 * parameters. The command line, the screen and runbooks take it from here.
 */
#ifndef CONSOLE_QUESTIONS_H
#define CONSOLE_QUESTIONS_H

#include "common/err.h"
#include "console/fleet/fleet.h"
#include "console/gather.h"
#include "console/params.h"
#include "console/saved.h"

#include <stddef.h>

/* Of one command. */
#define QUESTIONS_MAX 1000

struct question_text {
	char *name, *title; /* of a saved query, or NULL */
	char *sql;
	struct wire_param *params; /* n_params of them; names and values are copies */
	size_t n_params;
	char *key, *diff_ignore; /* of a saved query: columns between blanks, or NULL */
};

/* Zeroed: none. */
struct questions {
	struct question_text *of;
	size_t n, cap;
	char *words;	      /* as a person gave them: for the report, titles, the history */
	struct gather gather; /* what is made of the rows of each, on the command line */
};

/* All is copied. 0, or -errno with `err`. */
int questions_add_sql(
	struct questions *q, const char *sql, const struct params *params, struct err *err);
/* `params`: those given; a saved query's own defaults stand for the others. */
int questions_add_saved(struct questions *q, const struct saved *saved, const struct params *params,
	struct err *err);
int questions_add_copy(struct questions *q, const struct question_text *t, struct err *err);
int questions_set_words(struct questions *q, const char *words, struct err *err);
void questions_done(struct questions *q);

/* As the fleet wants it; points into `t`. */
void questions_fleet(const struct question_text *t, int64_t max_rows, struct fleet_question *ret);

#endif
