/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/typing.h"

#include "common/io.h"
#include "common/keyboard.h"
#include "common/str.h"
#include "console/interrupt.h"
#include "console/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* After stdio.h, which they do not include themselves. */
#include <readline/history.h>
#include <readline/readline.h>

/* readline's functions have no argument of their own. */
static struct {
	char history[PATH_TEXT_MAX]; /* "": none */
	bool ended;		     /* a line came, or the end */
	char *line;		     /* NULL with `ended`: the end */
} typing;

/* ---- History ---- */

/* A file of this user's alone: what is typed is nobody else's to read. */
static void read_back(const char *name)
{
	int fd = -1;

	if (paths_state(typing.history, sizeof(typing.history), name) == 0)
		fd = open(typing.history, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		typing.history[0] = '\0';
	io_close(fd);
	stifle_history(TYPING_HISTORY_LINES);
	if (*typing.history)
		(void)read_history(typing.history);
}

void typing_remember(const char *line)
{
	const HIST_ENTRY *last =
		history_length > 0 ? history_get(history_base + history_length - 1) : NULL;

	if (!*line || (last && str_eq(last->line, line)))
		return;
	add_history(line);
	if (*typing.history)
		(void)append_history(1, typing.history);
}

/* ---- Lines ---- */

static void on_line(char *line)
{
	typing.line = line;
	typing.ended = true;
	rl_callback_handler_remove();
}

static bool is_interrupted(void *arg)
{
	(void)arg;
	return interrupted();
}

static int edit(const struct keyboard *keyboard)
{
	int r = 0;

	while (r == 0 && !typing.ended) {
		r = keyboard_wait(keyboard);
		if (r == 0)
			rl_callback_read_char();
	}
	return r;
}

static void give_up(void)
{
	rl_free_line_state();
	rl_callback_sigcleanup();
	fputs("^C\n", rl_outstream ? rl_outstream : stdout);
	interrupt_forget();
}

int typing_line(const char *prompt, char **ret)
{
	struct keyboard keyboard = {.interrupted = is_interrupted};
	int r;

	keyboard_begin(&keyboard);
	interrupt_forget();
	typing.ended = false;
	typing.line = NULL;
	rl_callback_handler_install(prompt, on_line);
	r = edit(&keyboard);
	if (r == -EINTR)
		give_up();
	if (!typing.ended)
		rl_callback_handler_remove();
	keyboard_end();
	if (r == 0 && !typing.line)
		fputs("\n", rl_outstream ? rl_outstream : stdout);
	*ret = typing.line;
	if (r == -EINTR)
		return r;
	return r == 0 && typing.line ? 0 : -ENODATA;
}

void typing_begin(const char *history)
{
	rl_readline_name = "tocsin";
	rl_catch_signals = 0;
	/* What is written to a file is rows. */
	if (!isatty(STDOUT_FILENO))
		rl_outstream = stderr;
	read_back(history);
}

void typing_end(void)
{
	if (*typing.history)
		(void)history_truncate_file(typing.history, TYPING_HISTORY_LINES);
}
