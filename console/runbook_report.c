/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook_report.h"

#include "common/clock.h"
#include "common/str.h"
#include "common/text.h"
#include "console/newfile.h"
#include "console/output.h"
#include "console/rows.h"
#include "console/runbook_result.h"
#include "console/store_record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE_MAX_BYTES (1u << 20) /* of one line of code; what does not fit is left out */
#define MISSES_MAX     (1u << 20) /* of the list of steps that went wrong */

struct runbook_report {
	struct newfile file;
	struct sink *sink;
	struct buf misses; /* the steps that went wrong, for the end */
	size_t steps;
	int error; /* the first one, -errno */
};

static void note(struct runbook_report *r, int result)
{
	if (result < 0 && r->error == 0)
		r->error = result;
}

/* ---- Pieces ---- */

static void put(struct runbook_report *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Nothing of a host, nor of the runbook. */
static void put(struct runbook_report *r, const char *fmt, ...)
{
	struct buf b;
	va_list ap;

	buf_init(&b, LINE_MAX_BYTES);
	va_start(ap, fmt);
	note(r, buf_vprintf(&b, fmt, ap));
	va_end(ap);
	note(r, sink_write(r->sink, buf_str(&b), b.len));
	buf_done(&b);
}

/* A line of an indented block, as code: nothing in it means anything to Markdown. */
static int add_code(struct buf *b, const char *what, const char *text)
{
	int r = buf_printf(b, "    %s%s", what, *what ? ": " : "");

	if (r == 0)
		r = text_escape(b, text, strlen(text));
	return r < 0 ? r : buf_putc(b, '\n');
}

static void put_code(struct runbook_report *r, const char *what, const char *text)
{
	struct buf b;

	buf_init(&b, LINE_MAX_BYTES);
	if (add_code(&b, what, text) < 0)
		buf_reset(&b);
	note(r, sink_write(r->sink, buf_str(&b), b.len));
	buf_done(&b);
}

#define TIME_SIZE 32
#define CLOCK_AT  11 /* where the hour begins */

/* "2026-11-22 06:00:05" */
static void time_text(int64_t us, char ret[TIME_SIZE])
{
	time_t at = (time_t)(us / 1000000);
	struct tm tm = {0};

	(void)gmtime_r(&at, &tm);
	strftime(ret, TIME_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
}

/* ---- Steps ---- */

static int put_row(struct output *o, const struct runbook_step *s, row_id row, struct cell *cells)
{
	const struct results *r = s->kept->rows;
	size_t n = 0;

	if (!s->kept->own)
		cells[n++] = rows_text(s->hosts[results_host(r, row)]);
	for (size_t c = 0; c < results_columns_n(r); c++)
		cells[n++] = results_unpack(r, results_cell(r, row, c));
	return output_row(o, cells);
}

static void put_rows(struct runbook_report *r, const struct runbook_step *s)
{
	const struct results *rows = s->kept->rows;
	size_t n = results_columns_n(rows), shown = 0, used = 0;
	struct output *o = output_new(format_find("markdown"), r->sink, NULL);
	const char **names = calloc(n + 1, sizeof(*names));
	struct cell *cells = calloc(n + 1, sizeof(*cells));

	if (!o || !names || !cells) {
		note(r, -ENOMEM);
		goto out;
	}
	if (!s->kept->own)
		names[used++] = "host";
	for (size_t c = 0; c < n; c++)
		names[used++] = results_column_name(rows, c);
	note(r, output_header(o, names, used));
	for (; shown < results_rows(rows) && shown < RUNBOOK_REPORT_ROWS; shown++)
		note(r, put_row(o, s, (row_id)shown, cells));
	note(r, output_end(o));
	put(r, "\n");
	if (shown < results_rows(rows))
		put(r, "The first %zu of %zu rows.\n\n", shown, results_rows(rows));
out:
	output_free(o);
	free(names);
	free(cells);
}

static void put_troubles(struct runbook_report *r, const struct ask_kept *k)
{
	size_t n = k->n_troubles;

	for (size_t i = 0; i < n && i < RUNBOOK_REPORT_ROWS; i++) {
		const struct ask_trouble *t = &k->troubles[i];
		char *text = str_printf("%s: %s%s%s%s", t->host, answers_state_words(t->state),
			t->error ? ": " : "", t->error ? t->error : "",
			t->truncated ? ", but not with all rows" : "");

		if (text)
			put_code(r, "", text);
		free(text);
	}
	if (n > RUNBOOK_REPORT_ROWS)
		put(r, "\nThe first %d of %zu hosts.\n", RUNBOOK_REPORT_ROWS, n);
	if (n > 0)
		put(r, "\n");
}

static void put_answers(struct runbook_report *r, const struct runbook_step *s)
{
	put_code(r, "target", s->target);
	put(r, "\n");
	if (s->kept->hosts > 0)
		put(r, "%zu of %zu hosts answered; ", s->kept->answered, s->kept->hosts);
	put(r, "%zu rows in %" PRId64 ".%" PRId64 " s.\n\n", runbook_step_rows(s), s->ms / 1000,
		s->ms % 1000 / 100);
	put_troubles(r, s->kept);
	if (runbook_step_rows(s) > 0)
		put_rows(r, s);
}

/* Told again at the end. */
static void keep_miss(struct runbook_report *r, const struct runbook_step *s)
{
	size_t before = r->misses.len;
	char *what = str_printf("step %zu, %s", r->steps, runbook_step_outcome(s));
	int res = what ? add_code(&r->misses, what, s->did) : -ENOMEM;

	if (res < 0)
		buf_cut(&r->misses, before);
	free(what);
}

void runbook_report_step(struct runbook_report *r, const struct runbook_step *s)
{
	char at[TIME_SIZE];

	r->steps++;
	put(r, "## Step %zu: %s\n\n", r->steps, runbook_step_outcome(s));
	time_text(s->us, at);
	put_code(r, at + CLOCK_AT, s->did);
	if (s->message)
		put_code(r, "", s->message);
	if (s->kept)
		put_answers(r, s);
	else
		put(r, "\n");
	if (s->status != EXIT_ALL_GOOD)
		keep_miss(r, s);
}

/* ---- Beginning and end ---- */

static void put_head(struct runbook_report *r, const struct runbook_run *run)
{
	const struct app_options *o = &run->app->o;
	char at[TIME_SIZE], operator[OPERATOR_MAX];

	put(r, "# Runbook\n\n");
	put_code(r, "", run->path);
	for (size_t i = 0; i < run->book->n_vars; i++)
		put_code(r, run->book->vars[i].name, run->book->vars[i].value);
	put(r, "\n");
	record_operator(operator, sizeof(operator));
	put_code(r, "operator", operator);
	put_code(r, "target", o->targets ? o->targets : "all");
	if (o->reason)
		put_code(r, "reason", o->reason);
	if (o->dry_run)
		put_code(r, "", "actions are only planned (--dry-run)");
	time_text(clock_real_us(), at);
	put(r, "\nBegun %s UTC\n\n", at);
}

int runbook_report_new(const char *path, const struct runbook_run *run, struct runbook_report **ret,
	struct err *err)
{
	struct runbook_report *r = calloc(1, sizeof(*r));
	int res;

	if (!r)
		return err_sys(err, ENOMEM, "%s", path);
	buf_init(&r->misses, MISSES_MAX);
	res = newfile_open(&r->file, path, RUNBOOK_FILE_MODE);
	if (res < 0) {
		err_sys(err, -res, "cannot write %s", path);
	} else {
		r->sink = sink_new(r->file.fd, false, err);
		res = r->sink ? 0 : -ENOMEM;
	}
	if (res < 0) {
		runbook_report_free(r);
		return res;
	}
	put_head(r, run);
	*ret = r;
	return 0;
}

static const char *meaning(enum exit_status status)
{
	switch (status) {
	case EXIT_ALL_GOOD:
		return "all went well";
	case EXIT_EXPECT:
		return "an expectation did not hold";
	case EXIT_INTERRUPT:
		return "interrupted";
	case EXIT_NOTHING:
	case EXIT_INCOMPLETE:
		break;
	}
	return "some host did not answer, or some line did not succeed";
}

int runbook_report_end(struct runbook_report *r, enum exit_status status)
{
	char at[TIME_SIZE];

	put(r, "## Outcome\n\n");
	if (r->misses.len > 0) {
		note(r, sink_write(r->sink, r->misses.p, r->misses.len));
		put(r, "\n");
	}
	time_text(clock_real_us(), at);
	put(r, "Exit status %d: %s. Ended %s UTC\n", (int)status, meaning(status), at);
	note(r, sink_end(r->sink));
	if (r->error == 0)
		note(r, newfile_commit(&r->file));
	return r->error;
}

void runbook_report_free(struct runbook_report *r)
{
	if (!r)
		return;
	sink_free(r->sink);
	newfile_done(&r->file);
	buf_done(&r->misses);
	free(r);
}
