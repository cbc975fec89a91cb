/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook_log.h"

#include "common/clock.h"
#include "common/io.h"
#include "common/json.h"
#include "common/log.h"
#include "common/str.h"
#include "common/text.h"
#include "console/runbook_report.h"
#include "console/runbook_result.h"
#include "console/store_record.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX (1u << 20)

struct runbook_log {
	struct runbook_run run;
	int fd; /* --log, or -1 */
	struct runbook_report *report;
	size_t steps;
	int error; /* the first one, -errno */
	int64_t since_ms;
};

static void note(struct runbook_log *l, int r)
{
	if (r < 0 && l->error == 0)
		l->error = r;
}

const char *runbook_step_outcome(const struct runbook_step *s)
{
	if (s->outcome)
		return s->outcome;
	switch (s->status) {
	case EXIT_ALL_GOOD:
		return "good";
	case EXIT_EXPECT:
		return "not as expected";
	case EXIT_INCOMPLETE:
		return s->kept ? "incomplete" : "failed";
	case EXIT_INTERRUPT:
		return "interrupted";
	case EXIT_NOTHING:
		break;
	}
	return "failed";
}

size_t runbook_step_rows(const struct runbook_step *s)
{
	return s->kept ? results_rows(s->kept->rows) : 0;
}

/* ---- Text ---- */

static void log_text(const struct runbook_step *s)
{
	time_t at = (time_t)(s->us / 1000000);
	void (*tell)(const char *fmt, ...) = s->status == EXIT_ALL_GOOD ? log_note : log_error;
	char when[32] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	tell("%s %s:%u: %s: %s%s%s", when, s->line->file, s->line->line, s->did,
		runbook_step_outcome(s), s->message ? ": " : "", s->message ? s->message : "");
}

/* ---- NDJSON ---- */

/* As it is; escaped where it is not UTF-8. */
static json_t *json_text(const char *text)
{
	json_t *v = text ? json_string(text) : NULL;
	struct buf b;

	buf_init(&b, TEXT_MAX);
	if (text && !v && text_escape(&b, text, strlen(text)) == 0)
		v = json_stringn(buf_str(&b), b.len);
	buf_done(&b);
	return v ? v : json_null();
}

/* Takes the object over. One write, so that two programs may share the file. */
static void put_line(struct runbook_log *l, int64_t us, json_t *o)
{
	char *text = NULL, *line = NULL;

	if (l->fd < 0 || !o) {
		note(l, o ? 0 : -ENOMEM);
		json_decref(o);
		return;
	}
	json_object_set_new(o, "time", json_real((double)us / 1e6));
	json_object_set_new(o, "runbook", json_text(l->run.path));
	text = json_print(o, JSON_COMPACT);
	line = text ? str_printf("%s\n", text) : NULL;
	note(l, line ? io_write_all(l->fd, line, strlen(line)) : -ENOMEM);
	free(line);
	free(text);
	json_decref(o);
}

static json_t *troubles(const struct ask_kept *k)
{
	json_t *all = json_array();

	for (size_t i = 0; all && i < k->n_troubles; i++) {
		const struct ask_trouble *t = &k->troubles[i];

		json_array_append_new(
			all, json_pack("{s:o, s:s, s:o, s:b}", "host", json_text(t->host), "state",
				     host_state_name(t->state), "error", json_text(t->error),
				     "truncated", (int)t->truncated));
	}
	return all;
}

static void log_json(struct runbook_log *l, const struct runbook_step *s)
{
	json_t *o = json_pack("{s:s, s:o, s:I, s:o, s:o, s:o, s:s, s:i, s:I}", "event", "step",
		"file", json_text(s->line->file), "line", (json_int_t)s->line->line, "text",
		json_text(s->line->text), "did", json_text(s->did), "target", json_text(s->target),
		"outcome", runbook_step_outcome(s), "status", (int)s->status, "ms",
		(json_int_t)s->ms);

	if (o && s->kept)
		json_object_set_new(o, "rows", json_integer((json_int_t)runbook_step_rows(s)));
	if (o && s->kept && s->kept->hosts > 0) {
		json_object_set_new(o, "hosts", json_integer((json_int_t)s->kept->hosts));
		json_object_set_new(o, "answered", json_integer((json_int_t)s->kept->answered));
		json_object_set_new(o, "troubles", troubles(s->kept));
	}
	if (o && s->message)
		json_object_set_new(o, "message", json_text(s->message));
	put_line(l, s->us, o);
}

static void log_begin(struct runbook_log *l)
{
	const struct app_options *o = &l->run.app->o;
	json_t *values = json_object();
	char operator[OPERATOR_MAX];

	for (size_t i = 0; i < l->run.book->n_vars; i++)
		json_object_set_new(
			values, l->run.book->vars[i].name, json_text(l->run.book->vars[i].value));
	record_operator(operator, sizeof(operator));
	put_line(l, clock_real_us(),
		json_pack("{s:s, s:o, s:o, s:o, s:b}", "event", "begin", "operator",
			json_text(operator), "target", json_text(o->targets ? o->targets : "all"),
			"values", values, "dry_run", (int)o->dry_run));
}

/* ---- The run ---- */

int runbook_log_new(const char *ndjson, const char *markdown, const struct runbook_run *run,
	struct runbook_log **ret, struct err *err)
{
	struct runbook_log *l = calloc(1, sizeof(*l));
	int r = 0;

	if (!l)
		return err_sys(err, ENOMEM, "log");
	*l = (struct runbook_log){.run = *run, .fd = -1, .since_ms = clock_mono_ms()};
	if (ndjson) {
		l->fd = open(ndjson, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, RUNBOOK_FILE_MODE);
		r = l->fd < 0 ? err_sys(err, errno, "cannot write %s", ndjson) : 0;
	}
	if (r == 0 && markdown)
		r = runbook_report_new(markdown, run, &l->report, err);
	if (r < 0) {
		runbook_log_free(l);
		return r;
	}
	log_begin(l);
	*ret = l;
	return 0;
}

void runbook_log_step(struct runbook_log *l, const struct runbook_step *s)
{
	l->steps++;
	log_text(s);
	log_json(l, s);
	if (l->report)
		runbook_report_step(l->report, s);
}

int runbook_log_end(struct runbook_log *l, enum exit_status status, struct err *err)
{
	put_line(l, clock_real_us(),
		json_pack("{s:s, s:i, s:I, s:I}", "event", "end", "status", (int)status, "steps",
			(json_int_t)l->steps, "ms", (json_int_t)(clock_mono_ms() - l->since_ms)));
	if (l->report)
		note(l, runbook_report_end(l->report, status));
	return l->error ? err_sys(err, -l->error, "cannot write the log or the report") : 0;
}

void runbook_log_free(struct runbook_log *l)
{
	if (!l)
		return;
	io_close(l->fd);
	runbook_report_free(l->report);
	free(l);
}
