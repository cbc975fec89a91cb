/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which hosts can be reached, and what answers there. */
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "common/text.h"
#include "console/cutoff.h"
#include "console/ask.h"
#include "console/rows.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct hosts_values {
	bool list;
};

static const struct opt hosts_opts[] = {
	{0, "list", NULL, OPT_FLAG, offsetof(struct hosts_values, list),
		.doc = "print the names of the target hosts only, without connecting"},
	OPT_END,
};

/* ---- --list ---- */

static int put_names(const struct app *app, struct sink *sink)
{
	struct buf line;
	int r = 0;

	buf_init(&line, 5 * LOG_LINE_MAX);
	for (size_t i = 0; r == 0 && i < app->n_hosts; i++) {
		const char *name = app->hosts[i].name;

		buf_reset(&line);
		r = text_escape(&line, name, strlen(name));
		if (r == 0)
			r = buf_putc(&line, '\n');
		if (r == 0)
			r = sink_write(sink, line.p, line.len);
	}
	buf_done(&line);
	return r < 0 ? r : sink_end(sink);
}

static int list(struct app *app)
{
	struct err err = {0};
	struct sink *sink;
	int r = app_targets(app, &err);

	if (r < 0) {
		log_error("%s", err.text);
		return EXIT_NOTHING;
	}
	sink = sink_new(STDOUT_FILENO, false, &err);
	r = sink ? put_names(app, sink) : -err.code;
	sink_free(sink);
	if (r == 0 || r == -EPIPE)
		return EXIT_ALL_GOOD;
	log_error("cannot write to standard output: %s", strerror(-r));
	return EXIT_INCOMPLETE;
}

/* ---- Asking ---- */

static const char *const columns[] = {"host", "state", "latency_ms", "agent", "os", "kernel",
	"arch", "privileged", "quarantine", "error"};
enum { HOST, STATE, LATENCY, AGENT, OS, KERNEL, ARCH, PRIVILEGED, QUARANTINE, ERROR, N_COLUMNS };

/* What a host said of itself; heap texts. */
struct seen {
	char *agent, *os, *kernel, *arch;
	bool privileged, hello;
	char quarantine[CUTOFF_WORDS_MAX];
};

static void seen_done(struct seen *s)
{
	free(s->agent);
	free(s->os);
	free(s->kernel);
	free(s->arch);
	*s = (struct seen){0};
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static int take_hello(struct seen *s, const struct wire_hello *h)
{
	const char *version = or_empty(h->os_version);

	seen_done(s);
	s->hello = true;
	s->privileged = h->privileged;
	cutoff_words(&h->quarantine, s->quarantine);
	s->agent = strdup(or_empty(h->agent));
	s->os = str_printf("%s%s%s", or_empty(h->os), *version ? " " : "", version);
	s->kernel = strdup(or_empty(h->kernel));
	s->arch = strdup(or_empty(h->arch));
	return s->agent && s->os && s->kernel && s->arch ? 0 : -ENOMEM;
}

static int put_host(struct ask *a, struct seen *s, host_id host, const struct fleet_end *end)
{
	struct cell row[N_COLUMNS] = {0};
	int r;

	row[HOST] = ask_host_cell(a, host);
	row[STATE] = rows_text(host_state_name(end->state));
	/* Of a connection that was left open by another command: that of the answer. */
	if (end->connect_ms >= 0 || end->state == HOST_ANSWERED)
		row[LATENCY] = (struct cell){
			.type = CELL_INT, .i = end->connect_ms >= 0 ? end->connect_ms : end->ms};
	if (s->hello) {
		row[AGENT] = rows_text(s->agent);
		row[OS] = rows_text(s->os);
		row[KERNEL] = rows_text(s->kernel);
		row[ARCH] = rows_text(s->arch);
		row[PRIVILEGED] = (struct cell){.type = CELL_INT, .i = s->privileged};
		if (*s->quarantine)
			row[QUARANTINE] = rows_text(s->quarantine);
	}
	if (end->error[0])
		row[ERROR] = rows_text(end->error);
	r = ask_row(a, row);
	seen_done(s);
	return r;
}

struct watch {
	struct seen *seen; /* per host */
	bool header;
};

static int on_event(struct ask *a, const struct fleet_event *e, void *arg)
{
	struct watch *w = arg;
	int r = 0;

	if (!w->header)
		r = ask_header(a, columns, N_COLUMNS);
	w->header = true;
	if (r == 0 && e->type == FLEET_HELLO)
		r = take_hello(&w->seen[e->host], &e->hello);
	else if (r == 0 && e->type == FLEET_PONG)
		cutoff_words(&e->quarantine, w->seen[e->host].quarantine);
	else if (r == 0 && e->type == FLEET_END)
		r = put_host(a, &w->seen[e->host], e->host, e->end);
	return r;
}

static int ask(struct app *app)
{
	const struct ask_options options = {.command = "hosts"};
	struct ask_question q = {.fleet = {.sql = NULL}};
	struct watch w = {NULL, false};
	struct ask *a;
	enum exit_status status = ask_begin(app, &options, &a);

	if (status != EXIT_ALL_GOOD)
		return status;
	w.seen = calloc(app->n_hosts + 1, sizeof(*w.seen));
	if (w.seen)
		ask_drive(a, &q, on_event, &w);
	else
		log_error("out of memory");
	for (size_t i = 0; w.seen && i < app->n_hosts; i++)
		seen_done(&w.seen[i]);
	free(w.seen);
	return ask_end(a);
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct hosts_values *v = values;

	(void)argc;
	(void)argv;
	return v->list ? list(app) : ask(app);
}

static bool waits(const void *values)
{
	const struct hosts_values *v = values;

	return !v->list;
}

const struct command command_hosts = {
	.name = "hosts",
	.args = "",
	.summary = "show which target hosts can be reached",
	.help = "One row per host: its state, the milliseconds until its agent spoke, the agent's\n"
		"version and whether it runs with all rights, operating system, kernel, until when "
		"it is "
		"quarantined, and what "
		"went\n"
		"wrong.",
	.opts = hosts_opts,
	.values_size = sizeof(struct hosts_values),
	.run = run,
	.waits = waits,
};
