/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What changed between two runs that are remembered. */
#include "console/diff.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"
#include "console/app.h"
#include "console/collate.h"
#include "console/command.h"
#include "console/fold.h"
#include "console/gather.h"
#include "console/output.h"
#include "console/rows.h"
#include "console/since.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct diff_values {
	const char *since, *key, *ignore;
	struct gather gather;
};

static const struct opt diff_opts[] = {
	{0, "since", "WHEN", OPT_STRING, offsetof(struct diff_values, since),
		.doc = "compare with the last run until then: yesterday, 12h, 3d, 2026-11-21"},
	{0, "key", "COLUMNS", OPT_STRING, offsetof(struct diff_values, key),
		.doc = "columns that tell rows apart (default: what the saved query says)"},
	{0, "ignore", "COLUMNS", OPT_STRING, offsetof(struct diff_values, ignore),
		.doc = "columns whose difference says nothing (likewise)"},
	GATHER_OPTS(struct diff_values, gather),
	OPT_END,
};

/* ---- Which runs ---- */

static int find_old(struct store *s, const struct diff_values *v, const struct run_info *new,
	struct run_info *ret, struct err *err)
{
	struct run_filter f = {.question = new->question, .target = new->target, .before = new->id};
	char time[RUN_TIME_MAX] = "";
	int r = 0;

	if (v->since)
		r = since_read(v->since, clock_real_us(), &f.until_us, err);
	if (r == 0 && v->since)
		run_time_text(f.until_us, time);
	if (r == 0)
		r = runs_first(s, &f, ret, err);
	if (r == -ENOENT)
		err_set(err, ENOENT,
			"no run of `%s` with target %s before run %" PRId64 "%s%s is remembered",
			new->question, new->target, new->id, v->since ? " and until " : "", time);
	return r;
}

/* OLD alone is compared with the last run of its question. */
static int find_new(
	struct store *s, const struct run_info *old, struct run_info *ret, struct err *err)
{
	const struct run_filter f = {.question = old->question, .target = old->target};
	int r = runs_first(s, &f, ret, err);

	if (r == -ENOENT || (r == 0 && ret->id == old->id))
		return err_set(err, ENOENT,
			"run %" PRId64 " is the last one of `%s` with target %s", old->id,
			old->question, old->target);
	return r;
}

static bool is_number(const char *word)
{
	int64_t i;

	return parse_int(word, 1, INT64_MAX, &i) == 0;
}

static int find_runs(struct app *app, struct store *s, const struct diff_values *v, int argc,
	char **argv, struct run_info *old, struct run_info *new, struct err *err)
{
	const struct run_filter last = {
		.question = argc > 0 ? argv[0] : NULL, .target = app->o.targets};
	int r;

	if (argc == 2 || (argc == 1 && is_number(argv[0]))) {
		if (v->since)
			return err_set(err, EINVAL, "--since goes with a question, not with runs");
		r = runs_find(s, argv[0], last.target, old, err);
		if (r == 0)
			r = argc == 2 ? runs_find(s, argv[1], last.target, new, err)
				      : find_new(s, old, new, err);
		return r;
	}
	r = argc > 0 ? runs_find(s, argv[0], last.target, new, err)
		     : runs_first(s, &last, new, err);
	if (r == -ENOENT && !err->code)
		err_set(err, ENOENT, "no run%s%s is remembered", last.target ? " with target " : "",
			last.target ? last.target : "");
	return r < 0 ? r : find_old(s, v, new, old, err);
}

/* ---- The rows ---- */

struct ranked {
	host_id host;
	const char *name;
};

static int by_name(const void *a, const void *b)
{
	return collate(span_str(((const struct ranked *)a)->name),
		span_str(((const struct ranked *)b)->name));
}

/* first[h]: where the rows of host `h` begin among all rows by host. Heap; NULL: no memory. */
static size_t *begin_hosts(const struct diff *d)
{
	struct ranked *ranked = calloc(d->n_hosts + 1, sizeof(*ranked));
	size_t *first = calloc(d->n_hosts + 1, sizeof(*first));
	size_t at = 0;

	for (size_t h = 0; ranked && first && h < d->n_hosts; h++)
		ranked[h] = (struct ranked){(host_id)h, d->hosts[h].name};
	if (ranked && first) {
		qsort(ranked, d->n_hosts, sizeof(*ranked), by_name);
		for (size_t i = 0; i < results_rows(d->rows); i++)
			first[results_host(d->rows, (row_id)i)]++;
		for (size_t h = 0; h < d->n_hosts; h++) {
			size_t n = first[ranked[h].host];

			first[ranked[h].host] = at;
			at += n;
		}
	} else {
		free(first);
		first = NULL;
	}
	free(ranked);
	return first;
}

/* change, host, then the rest. `o` may be NULL: then they are kept only. */
static int put_rows(
	const struct diff *d, struct output *o, struct ask_kept *kept, const row_id *rows)
{
	size_t n_cols = results_columns_n(d->rows), n = results_rows(d->rows);
	const char **names = calloc(n_cols + 2, sizeof(char *));
	struct cell *row = calloc(n_cols + 2, sizeof(*row));
	int r = names && row ? 0 : -ENOMEM;

	if (r == 0) {
		names[0] = "change";
		names[1] = "host";
		for (size_t i = 1; i < n_cols; i++)
			names[1 + i] = results_column_name(d->rows, i);
		ask_kept_header(kept, names, 1 + (n_cols ? n_cols : 1));
		r = o ? output_header(o, names, 1 + (n_cols ? n_cols : 1)) : 0;
	}
	for (size_t i = 0; r == 0 && i < n; i++) {
		for (size_t c = 0; c < n_cols; c++)
			row[c ? 1 + c : 0] =
				results_unpack(d->rows, results_cell(d->rows, rows[i], c));
		row[1] = rows_text(d->hosts[results_host(d->rows, rows[i])].name);
		ask_kept_row(kept, row);
		r = o ? output_row(o, row) : 0;
	}
	free(names);
	free(row);
	return r;
}

/* By host, each one's in the order in which they were found. */
static int put_sorted(const struct diff *d, struct output *o, struct ask_kept *kept)
{
	size_t n = results_rows(d->rows), *first = begin_hosts(d);
	row_id *rows = calloc(n + 1, sizeof(*rows));
	int r = -ENOMEM;

	for (size_t i = 0; rows && first && i < n; i++)
		rows[first[results_host(d->rows, (row_id)i)]++] = (row_id)i;
	if (rows && first)
		r = put_rows(d, o, kept, rows);
	free(rows);
	free(first);
	return r;
}

static int put_gathered(const struct diff *d, const struct gather *g, const char *ignore,
	struct output *o, struct ask_kept *kept, struct err *err)
{
	const char **hosts = calloc(d->n_hosts + 1, sizeof(char *));
	const struct gathered of = {
		.rows = d->rows, .hosts = hosts, .ignore = ignore, .kept = kept};
	bool header = false;
	size_t rows = 0;
	int r = hosts ? 0 : -ENOMEM;

	for (size_t i = 0; hosts && i < d->n_hosts; i++)
		hosts[i] = d->hosts[i].name;
	if (r == 0 && kept && !g->sql)
		r = put_sorted(d, NULL, kept);
	if (r == 0)
		r = gather_put(g, &of, o, &header, &rows, err);
	free(hosts);
	return r;
}

/* As of the newer run. An exit status. */
static int put_diff(struct app *app, const struct diff *d, int64_t time_us, const struct gather *g,
	const char *ignore)
{
	struct err err = {0};
	struct sink *sink = sink_new(STDOUT_FILENO, true, &err);
	struct output *o = sink ? output_new(app->format, sink, &err) : NULL;
	int r = o ? 0 : -err.code;

	if (o)
		output_time(o, time_us);
	if (r == 0)
		r = gather_wanted(g) ? put_gathered(d, g, ignore, o, app->kept, &err)
				     : put_sorted(d, o, app->kept);
	if (r == 0)
		r = output_end(o);
	output_free(o);
	sink_free(sink);
	if (r == 0 || r == -EPIPE)
		return EXIT_ALL_GOOD;
	if (err.code)
		log_error("%s", err.text);
	else
		log_error("cannot write to %s: %s", sink_stdout_name(), strerror(-r));
	return EXIT_INCOMPLETE;
}

/* ---- Around them ---- */

static void say_apart(const struct diff *d, const struct run_info *old, const struct run_info *new)
{
	struct fold *f = fold_new(log_note, FOLD_EXACT);
	char only_old[96], only_new[96];

	snprintf(only_old, sizeof(only_old), "not compared: answered in run %" PRId64 " only",
		old->id);
	snprintf(only_new, sizeof(only_new), "not compared: answered in run %" PRId64 " only",
		new->id);
	for (size_t i = 0; f && i < d->n_hosts; i++) {
		const struct diff_host *h = &d->hosts[i];

		if (h->apart == DIFF_ONLY_OLD)
			fold_add(f, h->name, only_old);
		else if (h->apart == DIFF_ONLY_NEW)
			fold_add(f, h->name, only_new);
		else if (h->apart == DIFF_CUT)
			fold_add(f, h->name, "not compared: an answer was cut off");
		else if (h->apart == DIFF_NEITHER)
			fold_add(f, h->name, "not compared: answered in neither run");
	}
	fold_say(f);
	fold_free(f);
}

static void say_sum(const struct diff *d, const struct run_info *old, const struct run_info *new)
{
	char from[RUN_TIME_MAX], to[RUN_TIME_MAX];

	run_time_text(old->time_us, from);
	run_time_text(new->time_us, to);
	log_note("run %" PRId64 " of %s to run %" PRId64 " of %s, %s: %zu added, %zu removed, %zu "
		 "changed; %zu hosts the same",
		old->id, from, new->id, to, new->question, d->added, d->removed, d->changed,
		d->same);
}

static int compare(struct app *app, struct store *s, const struct diff_values *v,
	const struct run_info *a, const struct run_info *b, struct err *err)
{
	struct run old = {0}, new = {0};
	struct diff_options o = {.key = v->key, .ignore = v->ignore};
	struct diff d = {0};
	int status = EXIT_NOTHING;
	int r = run_open(s, a->id, &old, err);

	if (r == 0)
		r = run_open(s, b->id, &new, err);
	if (!o.key)
		o.key = new.key;
	if (!o.ignore)
		o.ignore = new.diff_ignore;
	if (r == 0)
		r = diff_runs(&old, &new, &o, &d, err);
	if (r < 0 && a->question && b->question && !str_eq(a->question, b->question))
		err_prefix(err, "%s and %s", a->question, b->question);
	if (r == 0) {
		status = put_diff(app, &d, b->time_us, &v->gather, o.ignore);
		say_apart(&d, a, b);
		say_sum(&d, a, b);
	}
	diff_done(&d);
	run_done(&old);
	run_done(&new);
	return r < 0 ? r : status;
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct diff_values *v = values;
	struct run_info old = {0}, new = {0};
	struct store *s = NULL;
	struct err err = {0};
	int r = gather_check(&v->gather, &err);

	if (r == 0)
		r = store_open(STORE_READ, &s, &err);
	if (r == 0)
		r = find_runs(app, s, v, argc, argv, &old, &new, &err);
	if (r == 0)
		r = compare(app, s, v, &old, &new, &err);
	run_info_done(&old);
	run_info_done(&new);
	store_close(s);
	if (r >= 0)
		return r;
	log_error("%s", err.text);
	return EXIT_NOTHING;
}

const struct command command_diff = {
	.name = "diff",
	.args = "[OLD [NEW]]",
	.summary = "show what changed between two runs that are remembered",
	.help = "OLD and NEW are numbers of `tocsin history`. OLD alone is compared with the last "
		"run of\n"
		"its question; a saved query's name stands for its last run and the one before at "
		"the same\n"
		"targets, and nothing for the last run of all and the one before of the same "
		"question.\n\n"
		"Rows are told apart by the columns that the saved query names as key, and by all "
		"where it\n"
		"names none. With a key, a row whose other columns differ is `changed`, and "
		"`was` tells\n"
		"what they held. Hosts that answered in one of the runs only are told of on "
		"standard error.\n\n"
		"  tocsin diff acct-admin-groups --since yesterday\n"
		"  tocsin diff 412 418 --ignore pid,start_time",
	.flags = COMMAND_REMEMBERED,
	.max_args = 2,
	.opts = diff_opts,
	.values_size = sizeof(struct diff_values),
	.run = run,
};
