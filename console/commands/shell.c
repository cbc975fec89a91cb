/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands at a prompt with history and completion. */
#include "common/log.h"
#include "common/str.h"
#include "console/app.h"
#include "console/command.h"
#include "console/complete.h"
#include "console/interrupt.h"
#include "console/library.h"
#include "console/runbook.h"
#include "console/runbook_run.h"
#include "console/typing.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct shell {
	struct app *app;
	struct runner *runner;
	struct library *library;
	struct complete_with completes;
	struct buf lines; /* of what is not whole yet */
	bool sql;	  /* they are SQL */
	bool terminal;
};

/* ---- Completion ---- */

/* What a runbook has beside the commands, and SQL as it is. */
static bool own_word(void *arg, size_t i, const char **ret_name, const char **ret_usage)
{
	static const struct {
		const char *name, *usage;
	} own[] = {
		{"target", "PATTERN"},
		{"expect", "rows|hosts|answered|missing|column"},
		{"when", "rows|hosts|answered|missing|column"},
		{"else", ""},
		{"end", ""},
		{"foreach", "row"},
		{"retry", "TIMES [SECONDS]"},
		{"timeout", "SECONDS"},
		{"confirm", "WORDS"},
		{"write", "FILE [FORMAT]"},
		{"say", "WORDS"},
		{"include", "FILE"},
		{"on-error", "stop|continue"},
		{"select", "SQL"},
		{"with", "SQL"},
		{"values", "SQL"},
		{"quit", ""},
	};

	(void)arg;
	if (i >= ARRAY_LEN(own))
		return false;
	*ret_name = own[i].name;
	*ret_usage = own[i].usage;
	return true;
}

static void set_completion(struct shell *s)
{
	struct err err;

	s->library = library_new();
	if (s->library && library_load(s->library, &err) < 0)
		log_note("%s", err.text);
	if (app_inventory(s->app, &err) < 0)
		log_note("%s", err.text);
	s->completes = (struct complete_with){
		.inventory = s->app->inventory, .library = s->library, .own = own_word};
	complete_readline(&s->completes);
}

/* ---- Reading ---- */

static int type_line(const struct shell *s, char **ret)
{
	const char *target = s->app->o.targets;
	bool all = !target || str_eq(target, "all");
	char *prompt = s->lines.len ? strdup("   ...> ")
				    : str_printf("tocsin%s%s> ", all ? "" : " ", all ? "" : target);
	int r = prompt ? typing_line(prompt, ret) : -ENOMEM;

	if (r == 0)
		typing_remember(*ret);
	free(prompt);
	return r;
}

/* Not from a terminal: without a prompt. */
static int take_line(char **ret)
{
	struct buf b;
	int c, r = 0;

	buf_init(&b, RUNBOOK_FILE_MAX);
	while ((c = getchar()) != EOF && c != '\n')
		if (r == 0)
			r = buf_putc(&b, (char)c);
	if (r == 0 && c == EOF && b.len == 0)
		r = -ENODATA;
	*ret = r == 0 ? buf_steal(&b) : NULL;
	buf_done(&b);
	return r == 0 && !*ret ? -ENOMEM : r;
}

/* 0, -EINTR: it was taken back, -EMSGSIZE, or -errno at the end. */
static int next_line(const struct shell *s, char **ret)
{
	return s->terminal ? type_line(s, ret) : take_line(ret);
}

/* ---- Doing ---- */

static void forget_lines(struct shell *s)
{
	buf_reset(&s->lines);
	s->sql = false;
}

/* `whole`: no more lines will come. */
static void run_lines(struct shell *s, bool whole)
{
	struct span text = {buf_str(&s->lines), s->lines.len};
	struct runbook b;
	struct err err;
	int r;

	runbook_init(&b);
	b.shell = true;
	b.has_result = runner_has_result(s->runner);
	if (s->sql)
		r = runbook_parse_sql(&b, "shell", text, &err);
	else
		r = runbook_parse(&b, "shell", text.p, text.n, &err);
	if (r != -EAGAIN || whole) {
		if (r == 0)
			r = runner_check(s->runner, &b, false, &err);
		if (r == 0)
			(void)runner_run(s->runner, &b, NULL);
		else
			log_error("%s", err.text);
		forget_lines(s);
	}
	interrupt_forget();
	runbook_done(&b);
}

static bool begins_sql(const char *line)
{
	static const char *const first[] = {"select", "with", "values"};
	struct span rest = span_str(line), word;

	if (!span_word(&rest, &word))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(first); i++)
		if (word.n >= strlen(first[i]) &&
			strncasecmp(word.p, first[i], strlen(first[i])) == 0 &&
			(word.n == strlen(first[i]) || word.p[strlen(first[i])] == '('))
			return true;
	return false;
}

static void take(struct shell *s, const char *line)
{
	size_t n = strlen(line);

	if (s->lines.len == 0)
		s->sql = begins_sql(line);
	if (buf_add(&s->lines, line, n) < 0 || buf_putc(&s->lines, '\n') < 0) {
		log_error("this is too long");
		forget_lines(s);
	} else if (s->sql ? sqlite3_complete(buf_str(&s->lines)) : n == 0 || line[n - 1] != '\\') {
		run_lines(s, false);
	}
}

static bool leaves(const struct shell *s, const char *line)
{
	struct span word = span_trim(span_str(line));

	return s->lines.len == 0 && (span_eq(word, "quit") || span_eq(word, "exit"));
}

static void loop(struct shell *s)
{
	char *line = NULL;
	bool goes_on = true;

	while (goes_on) {
		int r = next_line(s, &line);

		goes_on = r == 0 ? !leaves(s, line) : r == -EINTR || r == -EMSGSIZE;
		if (r == -EMSGSIZE)
			log_error("the line is too long");
		if (r < 0 && goes_on)
			forget_lines(s);
		else if (goes_on)
			take(s, line);
		else if (r < 0 && s->lines.len > 0)
			run_lines(s, true);
		s->completes.before = s->lines.len ? buf_str(&s->lines) : NULL;
		free(line);
		line = NULL;
	}
}

static void on_terminal(struct shell *s)
{
	typing_begin("shell_history");
	set_completion(s);
	log_note("help lists the commands, Tab completes, Ctrl-D leaves");
	loop(s);
	complete_readline(NULL);
	library_free(s->library);
	typing_end();
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	struct shell s = {.app = app, .runner = runner_new(app)};

	(void)values;
	(void)argc;
	(void)argv;
	if (!s.runner) {
		log_error("out of memory");
		return EXIT_NOTHING;
	}
	buf_init(&s.lines, RUNBOOK_FILE_MAX);
	s.terminal = isatty(STDIN_FILENO);
	if (s.terminal)
		on_terminal(&s);
	else
		loop(&s);
	buf_done(&s.lines);
	runner_free(s.runner);
	return EXIT_ALL_GOOD;
}

const struct command command_shell = {
	.name = "shell",
	.args = "",
	.summary = "the same commands at a prompt",
	.help = "Lines are those of a runbook, tocsin-runbook(5): commands, target, expect, "
		"foreach "
		"row and\n"
		"so on; --rows means the rows of the last question. A line may also say -t, --yes "
		"and\n"
		"--dry-run, for itself alone. SQL may be typed as it is, over several lines, up to "
		"a\n"
		"semicolon; any other line goes on behind a \\ at its end. Tab completes, the "
		"arrow "
		"keys\n"
		"bring back earlier lines, Ctrl-C gives up a line or the question that runs, quit "
		"or\n"
		"Ctrl-D leaves.",
	.flags = COMMAND_TERMINAL,
	.run = run,
};
