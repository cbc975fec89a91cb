/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/lineedit.h"

#include "common/buf.h"
#include "common/keyboard.h"
#include "common/str.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Candidates of one completion. */
#define CANDIDATES_MAX 2000
/* Bytes of a line that is read without readline. */
#define LINE_MAX_BYTES (256u << 10)

typedef void line_fn(char *line);
typedef char *entry_fn(const char *text, int state);
typedef char **attempt_fn(const char *text, int start, int end);

/* What is used of libreadline 7 and 8. */
struct readline {
	void *handle;
	void (*callback_handler_install)(const char *prompt, line_fn *handler);
	void (*callback_read_char)(void);
	void (*callback_handler_remove)(void);
	void (*callback_sigcleanup)(void);
	void (*free_line_state)(void);
	char **(*completion_matches)(const char *text, entry_fn *entry);
	void (*add_history)(const char *line);
	void (*stifle_history)(int max);
	int (*read_history)(const char *file);
	int (*write_history)(const char *file);
	/* Its variables. */
	char **line_buffer;
	const char **name;
	const char **breaks;
	attempt_fn **attempt;
	int *attempt_over, *catch_signals, *append_character;
};

struct lineedit {
	const struct lineedit_setup *setup;
	struct readline rl; /* handle NULL: there is none */
	char **candidates;  /* of the completion under way */
	size_t n_candidates, cap, at;
	bool ended; /* a line or the end of input came */
	char *line; /* NULL with `ended`: the end */
};

/* Readline's callbacks take no argument. */
static struct lineedit *current;

/* ---- Loading ---- */

static bool load(struct readline *rl)
{
	static const char *const names[] = {"libreadline.so.8", "libreadline.so.7"};
	const struct {
		const char *name;
		void *to;
	} symbols[] = {
		{"rl_callback_handler_install", &rl->callback_handler_install},
		{"rl_callback_read_char", &rl->callback_read_char},
		{"rl_callback_handler_remove", &rl->callback_handler_remove},
		{"rl_callback_sigcleanup", &rl->callback_sigcleanup},
		{"rl_free_line_state", &rl->free_line_state},
		{"rl_completion_matches", &rl->completion_matches},
		{"add_history", &rl->add_history},
		{"stifle_history", &rl->stifle_history},
		{"read_history", &rl->read_history},
		{"write_history", &rl->write_history},
		{"rl_line_buffer", &rl->line_buffer},
		{"rl_readline_name", &rl->name},
		{"rl_completer_word_break_characters", &rl->breaks},
		{"rl_attempted_completion_function", &rl->attempt},
		{"rl_attempted_completion_over", &rl->attempt_over},
		{"rl_catch_signals", &rl->catch_signals},
		{"rl_completion_append_character", &rl->append_character},
	};

	for (size_t i = 0; i < ARRAY_LEN(names) && !rl->handle; i++)
		rl->handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; rl->handle && i < ARRAY_LEN(symbols); i++) {
		void *found = dlsym(rl->handle, symbols[i].name);

		memcpy(symbols[i].to, &found, sizeof(found));
		if (!found) {
			dlclose(rl->handle);
			rl->handle = NULL;
		}
	}
	return rl->handle;
}

/* ---- Completion ---- */

static bool put_candidate(void *arg, const char *candidate)
{
	struct lineedit *e = arg;
	char *copy;

	for (size_t i = 0; i < e->n_candidates; i++)
		if (str_eq(e->candidates[i], candidate))
			return true;
	if (array_grow(&e->candidates, &e->cap, e->n_candidates + 1, sizeof(*e->candidates),
		    CANDIDATES_MAX) < 0)
		return false;
	copy = strdup(candidate);
	if (copy)
		e->candidates[e->n_candidates++] = copy;
	return copy;
}

/* Readline takes the strings over. */
static char *next_candidate(const char *text, int state)
{
	struct lineedit *e = current;

	(void)text, (void)state;
	return e->at < e->n_candidates ? e->candidates[e->at++] : NULL;
}

static char **attempt(const char *text, int start, int end)
{
	struct lineedit *e = current;
	char **matches;
	size_t n;

	/* No names of files. */
	*e->rl.attempt_over = 1;
	e->n_candidates = e->at = 0;
	e->setup->complete(e->setup->arg, *e->rl.line_buffer, (size_t)start, (size_t)(end - start),
		put_candidate, e);
	matches = e->rl.completion_matches(text, next_candidate);
	for (; e->at < e->n_candidates; e->at++)
		free(e->candidates[e->at]);
	/* Nothing stands behind the parenthesis of a function. */
	n = matches && matches[0] ? strlen(matches[0]) : 0;
	*e->rl.append_character = n && matches[0][n - 1] == '(' ? '\0' : ' ';
	return matches;
}

/* ---- One line ---- */

static void take_line(char *line)
{
	current->line = line;
	current->ended = true;
	current->rl.callback_handler_remove();
}

static bool is_interrupted(void *arg)
{
	const struct lineedit *e = arg;

	return atomic_exchange(e->setup->interrupted, false);
}

static int edit(struct lineedit *e, const char *prompt, const struct keyboard *keyboard)
{
	int r = 0;

	e->ended = false;
	e->line = NULL;
	e->rl.callback_handler_install(prompt, take_line);
	while (r == 0 && !e->ended) {
		r = keyboard_wait(keyboard);
		if (r == 0)
			e->rl.callback_read_char();
	}
	if (r == -EINTR) {
		e->rl.free_line_state();
		e->rl.callback_sigcleanup();
	}
	if (!e->ended)
		e->rl.callback_handler_remove();
	return r;
}

/* What the terminal gives at once: a line, or what was typed before its end of input. */
static int read_plain(struct lineedit *e, const char *prompt, const struct keyboard *keyboard)
{
	struct buf b;
	char c = 0;
	int r = 0;

	if (isatty(STDOUT_FILENO))
		fputs(prompt, stdout);
	fflush(stdout);
	buf_init(&b, LINE_MAX_BYTES);
	while (r == 0 && c != '\n') {
		ssize_t n;

		r = keyboard_wait(keyboard);
		n = r == 0 ? read(STDIN_FILENO, &c, 1) : 0;
		if (r == 0 && n <= 0)
			r = n < 0 ? -errno : b.len ? 1 : -ENODATA;
		else if (r == 0 && c != '\n')
			r = buf_putc(&b, c);
	}
	if (r >= 0 || r == -ENODATA) {
		e->ended = true;
		e->line = r >= 0 ? buf_steal(&b) : NULL;
	}
	buf_done(&b);
	return r < 0 && r != -ENODATA ? r : 0;
}

int lineedit_read(struct lineedit *e, const char *prompt, char **ret)
{
	struct keyboard keyboard = {.interrupted = is_interrupted, .arg = e};
	int r;

	keyboard_begin(&keyboard);
	atomic_store(e->setup->interrupted, false);
	r = e->rl.handle ? edit(e, prompt, &keyboard) : read_plain(e, prompt, &keyboard);
	keyboard_end();
	if (r < 0)
		return r;
	if (!e->line)
		return -ENODATA;
	*ret = e->line;
	e->line = NULL;
	return 0;
}

/* ---- The whole ---- */

static void set_up(struct lineedit *e)
{
	struct readline *rl = &e->rl;

	*rl->name = "tocsin-agentd";
	*rl->catch_signals = 0;
	*rl->breaks = e->setup->breaks;
	*rl->attempt = attempt;
	rl->stifle_history(LINEEDIT_HISTORY_MAX);
	if (e->setup->history)
		rl->read_history(e->setup->history);
}

struct lineedit *lineedit_new(const struct lineedit_setup *setup)
{
	struct lineedit *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->setup = setup;
	current = e;
	if (isatty(STDOUT_FILENO) && load(&e->rl))
		set_up(e);
	return e;
}

void lineedit_remember(struct lineedit *e, const char *line)
{
	if (e->rl.handle && *line)
		e->rl.add_history(line);
}

void lineedit_free(struct lineedit *e)
{
	if (!e)
		return;
	/* The library stays: it has put functions of its own into the process's exit. */
	if (e->rl.handle && e->setup->history)
		e->rl.write_history(e->setup->history);
	free(e->candidates);
	free(e);
	current = NULL;
}
