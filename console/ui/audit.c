/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/ui/audit.h"

#include "console/auditing.h"
#include "console/live.h"
#include "console/results.h"
#include "console/rows.h"
#include "console/ui/ui.h"

#include <errno.h>
#include <stdlib.h>

struct asking {
	struct ui *ui;
	struct auditing *auditing;
	const struct format *format;
	bool *only; /* NULL: all hosts */
	struct auditing_sum sum;
};

static void end(struct asking *a)
{
	auditing_free(a->auditing);
	free(a->only);
	free(a);
}

static void on_event(void *arg, const struct fleet_event *e)
{
	struct asking *a = arg;
	struct results *rows = auditing_rows(a->auditing);

	if (e->type == FLEET_COLUMNS)
		(void)results_columns(rows, e->host, e->columns.cols, e->columns.n);
	else if (e->type == FLEET_ROWS)
		(void)results_add(rows, e->host, e->rows.cells, e->rows.n_rows);
	else if (e->type == FLEET_END)
		auditing_ended(a->auditing, e->host, e->end);
}

static int put_row(void *arg, const struct cell *row)
{
	struct rows *rows = arg;

	rows_add(rows, row);
	return rows->error;
}

static void print(void *arg)
{
	struct asking *a = arg;
	struct rows rows;

	rows_begin(&rows, a->format, auditing_columns, auditing_n_columns);
	auditing_tell(a->auditing, put_row, &rows, &a->sum);
	(void)rows_end(&rows);
}

static void show(struct asking *a)
{
	const struct auditing_sum *sum = &a->sum;
	char words[AUDITING_WORDS_MAX];
	struct err err;
	int r = ui_print(a->ui, "audit", print, a, &err);

	auditing_words(sum, words);
	if (r < 0)
		ui_say(a->ui, STYLE_BAD, "%s", err.text);
	else if (sum->lost)
		ui_say(a->ui, STYLE_BAD, "the hosts' logs are more than fits into memory");
	else
		ui_say(a->ui, sum->differences || sum->silent ? STYLE_WARN : STYLE_GOOD,
			"audit: %s", words);
}

static void on_over(void *arg, bool begun, bool cancelled)
{
	struct asking *a = arg;

	if (begun && !cancelled)
		show(a);
	else
		ui_say(a->ui, STYLE_WARN, "audit: interrupted");
	end(a);
}

int ui_audit_hosts(struct ui *ui, const void *options, int argc, char **argv, struct err *err)
{
	struct asking *a = calloc(1, sizeof(*a));
	struct live_question q = {.event = on_event, .over = on_over, .arg = a};
	int64_t since_us;
	size_t n;

	(void)argc;
	(void)argv;
	if (!a)
		return err_sys(err, ENOMEM, "audit");
	*a = (struct asking){.ui = ui, .format = ui->app->format};
	if (audit_options_since(options, &since_us, err) == 0 &&
		ui_targets(ui, &a->only, &n, err) == 0)
		a->auditing = auditing_new(ui->app, a->only, since_us, err);
	if (!a->auditing) {
		end(a);
		return -err->code;
	}
	auditing_question(a->auditing, &q.fleet);
	q.fleet.only = a->only;
	if (live_ask(ui->live, &q) < 0) {
		end(a);
		return err_set(err, ENOBUFS, "too many questions wait");
	}
	ui_say(ui, STYLE_HINT, "audit: asking %zu host%s for what was logged", n,
		n == 1 ? "" : "s");
	return 0;
}
