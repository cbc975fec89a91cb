/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands at a prompt with history and completion. */
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "console/app.h"
#include "console/command.h"
#include "console/interrupt.h"
#include "console/library.h"
#include "console/paths.h"
#include "console/runbook.h"
#include "console/runbook_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* After stdio.h, which they do not include themselves. */
#include <readline/history.h>
#include <readline/readline.h>

#define HISTORY_LINES 1000

/* ---- Completion ---- */

/* readline's completion has no argument of its own. */
static struct library *library;
static bool first_word;

static const char *const own[] = {"target", "expect", "when", "foreach", "retry", "timeout",
	"write", "say", "on-error", "else", "end", "quit", NULL};

static const char *candidate(size_t i)
{
	size_t n = 0;

	if (!first_word)
		return library && i < library_len(library) ? library_at(library, i)->name : NULL;
	while (commands_all[n])
		n++;
	if (i < n)
		return commands_all[i]->name;
	return i - n < ARRAY_LEN(own) ? own[i - n] : NULL;
}

static char *next_candidate(const char *text, int state)
{
	static size_t at;
	const char *name;

	if (state == 0)
		at = 0;
	while ((name = candidate(at))) {
		at++;
		if (str_starts(name, text))
			return strdup(name);
	}
	return NULL;
}

/* Commands first, then saved queries for `run`, else files. */
static char **complete(const char *text, int start, int end)
{
	(void)end;
	first_word = start == 0;
	if (!first_word && strncmp(rl_line_buffer, "run ", 4) != 0)
		return NULL;
	rl_attempted_completion_over = 1;
	return rl_completion_matches(text, next_candidate);
}

/* ---- Lines ---- */

/* Ctrl-C at the prompt takes the line back. */
static int on_signal(void)
{
	interrupt_forget();
	rl_replace_line("", 0);
	rl_done = 1;
	return 0;
}

static bool leaves(const char *line)
{
	struct span s = span_trim(span_str(line));

	return span_eq(s, "quit") || span_eq(s, "exit");
}

static void run_lines(struct runner *r, const struct buf *lines, bool *ret_more)
{
	struct runbook b;
	struct err err;
	int res;

	runbook_init(&b);
	b.has_result = runner_has_result(r);
	res = runbook_parse(&b, "shell", buf_str(lines), lines->len, &err);
	*ret_more = res == -EAGAIN;
	if (res == 0)
		res = runner_check(r, &b, false, &err);
	if (res == 0)
		(void)runner_run(r, &b, NULL);
	else if (!*ret_more)
		log_error("%s", err.text);
	interrupt_forget();
	runbook_done(&b);
}

static void loop(struct runner *r)
{
	struct buf lines;
	bool more = false;
	char *line;

	buf_init(&lines, RUNBOOK_FILE_MAX);
	while ((line = readline(more ? "> " : "tocsin> ")) && (more || !leaves(line))) {
		if (*line)
			add_history(line);
		if (buf_puts(&lines, line) < 0 || buf_putc(&lines, '\n') < 0)
			log_error("the block is too long");
		else
			run_lines(r, &lines, &more);
		if (!more)
			buf_reset(&lines);
		free(line);
	}
	free(line);
	buf_done(&lines);
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	struct runner *r = runner_new(app);
	char history[PATH_TEXT_MAX];
	bool remembered;

	(void)values;
	(void)argc;
	(void)argv;
	if (!r) {
		log_error("out of memory");
		return EXIT_NOTHING;
	}
	remembered =
		isatty(STDIN_FILENO) && paths_state(history, sizeof(history), "shell_history") == 0;
	library = library_new();
	if (library)
		(void)library_load(library, NULL);
	rl_readline_name = "tocsin";
	rl_attempted_completion_function = complete;
	rl_signal_event_hook = on_signal;
	if (remembered) {
		(void)read_history(history);
		stifle_history(HISTORY_LINES);
	}
	loop(r);
	if (remembered)
		(void)write_history(history);
	library_free(library);
	library = NULL;
	runner_free(r);
	return EXIT_ALL_GOOD;
}

const struct command command_shell = {
	.name = "shell",
	.args = "",
	.summary = "the same commands at a prompt",
	.help = "Lines are those of a runbook, tocsin-runbook(5): commands, target, expect, "
		"foreach "
		"row and\n"
		"so on; --rows means the rows of the last question. Tab completes, the arrow keys "
		"bring back\n"
		"earlier lines, quit or Ctrl-D leaves.",
	.flags = COMMAND_TERMINAL,
	.run = run,
};
