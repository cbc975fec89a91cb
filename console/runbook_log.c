/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook_log.h"

#include "common/clock.h"
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "common/text.h"
#include "console/output.h"
#include "console/results.h"
#include "console/rows.h"

#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX (1u << 20)

struct runbook_log {
	const char *name;
	int fd;		  /* --log, or -1 */
	const char *path; /* --markdown, or NULL */
	char *new_path;	  /* where it is written first */
	int md;
	struct sink *sink;
	size_t steps;
	int error; /* the first one of either file, -errno */
	int64_t since_ms;
};

static void note(struct runbook_log *l, int r)
{
	if (r < 0 && l->error == 0)
		l->error = r;
}

/* ---- NDJSON ---- */

static json_t *escaped(const char *text)
{
	json_t *v = NULL;
	struct buf b;

	buf_init(&b, TEXT_MAX);
	if (text && text_escape(&b, text, strlen(text)) == 0)
		v = json_stringn(buf_str(&b), b.len);
	buf_done(&b);
	return v ? v : json_null();
}

/* Takes the object over. */
static void put_line(struct runbook_log *l, json_t *o)
{
	char *text;

	if (l->fd >= 0 && o) {
		json_object_set_new(o, "time", json_real((double)clock_real_us() / 1e6));
		json_object_set_new(o, "runbook", escaped(l->name));
		text = json_dumps(o, JSON_COMPACT);
		if (text) {
			char *line = str_printf("%s\n", text);

			/* One write, so that two programs may share the file. */
			note(l, line ? io_write_all(l->fd, line, strlen(line)) : -ENOMEM);
			free(line);
		} else {
			note(l, -ENOMEM);
		}
		free(text);
	}
	json_decref(o);
}

static const char *words_of(const struct runbook_step *s)
{
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

static size_t rows_of(const struct runbook_step *s)
{
	return s->kept ? results_rows(s->kept->rows) : 0;
}

static void log_json(struct runbook_log *l, const struct runbook_step *s)
{
	json_t *o = json_pack("{s:s, s:o, s:I, s:o, s:o, s:s, s:i, s:I}", "event", "step", "file",
		escaped(s->line->file), "line", (json_int_t)s->line->line, "text",
		escaped(s->line->text), "did", escaped(s->did), "outcome", words_of(s), "status",
		(int)s->status, "ms", (json_int_t)s->ms);

	if (o && s->kept) {
		json_object_set_new(o, "target", escaped(s->target));
		json_object_set_new(o, "rows", json_integer((json_int_t)rows_of(s)));
		json_object_set_new(o, "hosts", json_integer((json_int_t)s->kept->hosts));
		json_object_set_new(o, "answered", json_integer((json_int_t)s->kept->answered));
	}
	if (o && s->message)
		json_object_set_new(o, "message", escaped(s->message));
	put_line(l, o);
}

/* ---- Markdown ---- */

static void put_time(struct runbook_log *l, const char *what)
{
	time_t now = (time_t)(clock_real_us() / 1000000);
	char text[64] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
	sink_puts(l->sink, what);
	sink_puts(l->sink, text);
	sink_puts(l->sink, "\n\n");
}

/* As a block of code of one line: nothing in it means anything to Markdown. */
static void put_code(struct runbook_log *l, const char *text)
{
	struct buf b;

	buf_init(&b, TEXT_MAX);
	(void)text_escape(&b, text, strlen(text));
	sink_puts(l->sink, "    ");
	sink_write(l->sink, buf_str(&b), b.len);
	sink_puts(l->sink, "\n");
	buf_done(&b);
}

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

static void put_rows(struct runbook_log *l, const struct runbook_step *s)
{
	const struct results *r = s->kept->rows;
	size_t n = results_columns_n(r), shown = 0, used = 0;
	struct output *o = output_new(format_find("markdown"), l->sink, NULL);
	const char **names = calloc(n + 1, sizeof(*names));
	struct cell *cells = calloc(n + 1, sizeof(*cells));

	if (!o || !names || !cells) {
		note(l, -ENOMEM);
		goto out;
	}
	if (!s->kept->own)
		names[used++] = "host";
	for (size_t c = 0; c < n; c++)
		names[used++] = results_column_name(r, c);
	note(l, output_header(o, names, used));
	for (; shown < results_rows(r) && shown < RUNBOOK_REPORT_ROWS; shown++)
		note(l, put_row(o, s, (row_id)shown, cells));
	note(l, output_end(o));
out:
	output_free(o);
	free(names);
	free(cells);
	sink_puts(l->sink, "\n");
}

static void log_markdown(struct runbook_log *l, const struct runbook_step *s)
{
	char text[256];

	snprintf(text, sizeof(text), "## Step %zu: %s\n\n", l->steps, words_of(s));
	sink_puts(l->sink, text);
	put_code(l, s->did);
	if (s->message)
		put_code(l, s->message);
	sink_puts(l->sink, "\n");
	if (!s->kept)
		return;
	snprintf(text, sizeof(text),
		"%zu of %zu hosts answered; %zu rows in %" PRId64 ".%" PRId64 " s.\n\n",
		s->kept->answered, s->kept->hosts, rows_of(s), s->ms / 1000, s->ms % 1000 / 100);
	sink_puts(l->sink, text);
	if (rows_of(s) > 0)
		put_rows(l, s);
}

/* ---- The run ---- */

static int open_markdown(struct runbook_log *l, struct err *err)
{
	l->new_path = str_printf("%s.new", l->path);
	if (!l->new_path)
		return err_sys(err, ENOMEM, "%s", l->path);
	l->md = open(l->new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->md < 0)
		return err_sys(err, errno, "cannot write %s", l->path);
	l->sink = sink_new(l->md, false, err);
	return l->sink ? 0 : -ENOMEM;
}

static void put_head(struct runbook_log *l, const struct runbook *b)
{
	sink_puts(l->sink, "# Runbook\n\n");
	put_code(l, l->name);
	for (size_t i = 0; i < b->n_vars; i++) {
		char *text = str_printf("%s=%s", b->vars[i].name, b->vars[i].value);

		if (text)
			put_code(l, text);
		free(text);
	}
	sink_puts(l->sink, "\n");
	put_time(l, "Begun ");
}

int runbook_log_new(const char *ndjson, const char *markdown, const char *name,
	const struct runbook *b, struct runbook_log **ret, struct err *err)
{
	struct runbook_log *l = calloc(1, sizeof(*l));
	int r = 0;

	if (!l)
		return err_sys(err, ENOMEM, "log");
	*l = (struct runbook_log){
		.name = name, .fd = -1, .md = -1, .path = markdown, .since_ms = clock_mono_ms()};
	if (ndjson) {
		l->fd = open(ndjson, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
		r = l->fd < 0 ? err_sys(err, errno, "cannot write %s", ndjson) : 0;
	}
	if (r == 0 && markdown)
		r = open_markdown(l, err);
	if (r < 0) {
		runbook_log_free(l);
		return r;
	}
	put_line(l, json_pack("{s:s}", "event", "begin"));
	if (l->sink)
		put_head(l, b);
	*ret = l;
	return 0;
}

void runbook_log_step(struct runbook_log *l, const struct runbook_step *s)
{
	l->steps++;
	if (s->status == EXIT_ALL_GOOD)
		log_note("%s:%u: %s: %s%s%s", s->line->file, s->line->line, s->did, words_of(s),
			s->message ? ": " : "", s->message ? s->message : "");
	else
		log_error("%s:%u: %s: %s%s%s", s->line->file, s->line->line, s->did, words_of(s),
			s->message ? ": " : "", s->message ? s->message : "");
	log_json(l, s);
	if (l->sink)
		log_markdown(l, s);
}

static int end_markdown(struct runbook_log *l, enum exit_status status)
{
	char text[64];
	int r;

	snprintf(text, sizeof(text), "Exit status %d. Ended ", (int)status);
	put_time(l, text);
	r = sink_end(l->sink);
	if (r == 0 && l->error == 0 && rename(l->new_path, l->path) < 0)
		r = -errno;
	else if (r == 0 && l->error == 0)
		l->new_path[0] = '\0';
	return r;
}

int runbook_log_end(struct runbook_log *l, enum exit_status status, struct err *err)
{
	put_line(l, json_pack("{s:s, s:i, s:I, s:I}", "event", "end", "status", (int)status,
			    "steps", (json_int_t)l->steps, "ms", clock_mono_ms() - l->since_ms));
	if (l->sink)
		note(l, end_markdown(l, status));
	return l->error ? err_sys(err, -l->error, "cannot write the log or the report") : 0;
}

void runbook_log_free(struct runbook_log *l)
{
	if (!l)
		return;
	io_close(l->fd);
	sink_free(l->sink);
	io_close(l->md);
	if (l->new_path && *l->new_path)
		unlink(l->new_path);
	free(l->new_path);
	free(l);
}
