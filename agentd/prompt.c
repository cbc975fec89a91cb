/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/prompt.h"

#include "agentd/complete.h"
#include "agentd/lineedit.h"
#include "agentd/role.h"
#include "agentd/tableslist.h"
#include "common/buf.h"
#include "common/log.h"
#include "common/str.h"
#include "common/version.h"
#include "common/wire.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_TEXT_MAX 4096

struct prompt {
	struct selfask ask; /* its format is .mode's */
	struct lineedit *edit;
	struct lineedit_setup setup;
	struct buf statement; /* lines so far of one that is not complete */
	char history[PATH_TEXT_MAX];
	bool quit;
};

/* ---- Where the history is ---- */

/* `path` is made to end behind the directory for the while. */
static int make_parents(char *path)
{
	for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		int r;

		*at = '\0';
		r = mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
		*at = '/';
		if (r < 0)
			return r;
	}
	return 0;
}

/* Under sudo the home may be somebody else's: nothing of ours is left there. */
static bool is_ours(const char *directory)
{
	struct stat st;

	return stat(directory, &st) < 0 || st.st_uid == geteuid();
}

/* $XDG_STATE_HOME/tocsin/agentd_history; false: the environment names no home, or it cannot be. */
static bool find_history(char *path, size_t size)
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	/* A relative one is to be ignored, says the specification. */
	bool use_xdg = xdg && xdg[0] == '/';
	const char *base = use_xdg ? xdg : home;
	int n;

	if (!base || base[0] != '/' || !is_ours(base))
		return false;
	n = snprintf(
		path, size, "%s%s/tocsin/agentd_history", base, use_xdg ? "" : "/.local/state");
	return n > 0 && (size_t)n < size && make_parents(path) == 0;
}

/* ---- Commands ---- */

static void put_tables(struct prompt *p, const struct table *table, const char *word)
{
	struct err err;
	struct sink *sink = sink_new(STDOUT_FILENO, true, &err);

	if (sink && tableslist_put(p->ask.format, sink, table, word) == 0)
		sink_end(sink);
	sink_free(sink);
}

static void do_tables(struct prompt *p, const char *word)
{
	if (tableslist_has(word))
		put_tables(p, NULL, *word ? word : NULL);
	else
		log_error("query: no table has \"%s\" in its name", word);
}

static void do_schema(struct prompt *p, const char *word)
{
	const struct table *t;

	if (!*word) {
		log_error("query: .schema of which table? .tables lists them");
		return;
	}
	t = tableslist_find("query", word);
	if (t)
		put_tables(p, t, NULL);
}

static void do_mode(struct prompt *p, const char *word)
{
	const struct format *format = format_find(word);

	if (format) {
		p->ask.format = format;
		return;
	}
	if (*word)
		log_error("query: no format \"%s\"", word);
	for (size_t i = 0; formats_all[i]; i++)
		printf("%s %-10s %s\n", formats_all[i] == p->ask.format ? "*" : " ",
			formats_all[i]->name, formats_all[i]->doc);
	fflush(stdout);
}

static void do_quit(struct prompt *p, const char *word)
{
	(void)word;
	p->quit = true;
}

static void do_help(struct prompt *p, const char *word);

static const struct {
	const char *name, *arg, *doc;
	void (*run)(struct prompt *p, const char *word);
} commands[] = {
	{".help", "", "this list", do_help},
	{".mode", "[FORMAT]", "how rows are shown", do_mode},
	{".quit", "", "ends the prompt, as Ctrl-D does", do_quit},
	{".schema", "TABLE", "the columns of a table", do_schema},
	{".tables", "[WORD]", "the tables, or those with the word in their names", do_tables},
};

static void do_help(struct prompt *p, const char *word)
{
	(void)p, (void)word;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		printf("%-8s %-9s %s\n", commands[i].name, commands[i].arg, commands[i].doc);
	puts("\nSQL may go over several lines and ends with a semicolon. Ctrl-C gives up the "
	     "line, or the\nquery that runs; the tabulator completes.");
	fflush(stdout);
}

/* What other prompts are left by, and asked what they know by; no SQL is that. */
static const char *plain_word(struct span s)
{
	if (s.n && s.p[s.n - 1] == ';')
		s.n--;
	s = span_trim(s);
	if (span_eq(s, "exit") || span_eq(s, "quit") || span_eq(s, ".exit"))
		return ".quit";
	return span_eq(s, "help") ? ".help" : NULL;
}

static void do_command(struct prompt *p, const char *line)
{
	struct span rest = span_str(line), name, word = {NULL, 0};
	char *arg;

	span_word(&rest, &name);
	word = span_trim(rest);
	if (word.n && word.p[word.n - 1] == ';')
		word.n--;
	arg = span_dup(word);
	for (size_t i = 0; arg && i < ARRAY_LEN(commands); i++) {
		if (!span_eq(name, commands[i].name))
			continue;
		commands[i].run(p, arg);
		free(arg);
		return;
	}
	free(arg);
	log_error("query: no command %.*s; .help lists them", (int)name.n, name.p);
}

/* ---- Statements ---- */

static void complete(void *arg, const char *line, size_t start, size_t n,
	bool (*put)(void *put_arg, const char *candidate), void *put_arg)
{
	const struct prompt *p = arg;
	struct buf all;

	buf_init(&all, 2 * WIRE_REQUEST_MAX);
	if (buf_puts(&all, buf_str(&p->statement)) == 0 && buf_puts(&all, line) == 0)
		complete_word(buf_str(&all), line, start, n, put, put_arg);
	buf_done(&all);
}

static void ask(struct prompt *p)
{
	struct span s = span_trim((struct span){buf_str(&p->statement), p->statement.len});

	/* A semicolon alone asks nothing. */
	if (s.n && !span_eq(s, ";"))
		selfask_run(&p->ask, s.p, s.n);
	buf_reset(&p->statement);
}

static void take_line(struct prompt *p, char *line)
{
	struct span s = span_trim(span_str(line));

	if (s.n)
		lineedit_remember(p->edit, line);
	if (p->statement.len == 0 && (plain_word(s) || (s.n && s.p[0] == '.'))) {
		do_command(p, plain_word(s) ? plain_word(s) : line);
		return;
	}
	if (p->statement.len == 0 && !s.n)
		return;
	if (buf_puts(&p->statement, line) < 0 || buf_putc(&p->statement, '\n') < 0) {
		log_error("query: SQL longer than %u KiB", WIRE_REQUEST_MAX >> 10);
		buf_reset(&p->statement);
	} else if (sqlite3_complete(buf_str(&p->statement))) {
		ask(p);
	}
}

/* 0: go on. */
static int step(struct prompt *p)
{
	char *line;
	int r = lineedit_read(p->edit, p->statement.len ? "   ...> " : "tocsin> ", &line);

	if (r == 0) {
		take_line(p, line);
		free(line);
		return p->quit;
	}
	if (isatty(STDOUT_FILENO))
		putchar('\n');
	fflush(stdout);
	if (r != -EINTR)
		return r;
	buf_reset(&p->statement);
	return 0;
}

int prompt_run(const struct selfask *a)
{
	struct prompt p = {.ask = *a};
	int r = 0;

	p.setup = (struct lineedit_setup){
		.breaks = COMPLETE_BREAKS,
		.complete = complete,
		.arg = &p,
		.interrupted = a->cancelled,
		.history = find_history(p.history, sizeof(p.history)) ? p.history : NULL,
	};
	buf_init(&p.statement, WIRE_REQUEST_MAX);
	p.edit = lineedit_new(&p.setup);
	if (p.edit && isatty(STDOUT_FILENO))
		puts("tocsin-agentd " TOCSIN_VERSION "; .help tells what can be typed");
	fflush(stdout);
	r = p.edit ? 0 : -ENOMEM;
	while (r == 0)
		r = step(&p);
	lineedit_free(p.edit);
	buf_done(&p.statement);
	return r > 0 || r == -ENODATA ? ROLE_GOOD : ROLE_FAILED;
}
