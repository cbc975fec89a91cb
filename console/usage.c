/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/usage.h"
#include "common/fill.h"
#include "common/io.h"
#include "common/log.h"
#include "common/str.h"
#include "common/text.h"
#include "console/app.h"
#include "console/output.h"

#include <string.h>
#include <unistd.h>

/* Columns of "NAME ARGS" before a summary starts. */
#define SUMMARY_COLUMN 30

int usage_short(struct buf *out)
{
	return buf_puts(out, "usage: tocsin [options] command [argument …]\n"
			     "`tocsin --help` lists commands and options\n");
}

static int put_pair(struct buf *out, const char *name, const char *args, const char *doc)
{
	size_t used = 2 + strlen(name) + (*args ? 1 + text_width(args, strlen(args)) : 0);
	int r = buf_printf(out, "  %s%s%s", name, *args ? " " : "", args);

	if (r == 0 && used + 2 > SUMMARY_COLUMN)
		r = buf_printf(out, "\n%*s", SUMMARY_COLUMN, "");
	else if (r == 0)
		r = buf_printf(out, "%*s", (int)(SUMMARY_COLUMN - used), "");
	return r < 0 ? r : fill_words(out, span_str(doc), SUMMARY_COLUMN);
}

static int put_formats(struct buf *out)
{
	int r = buf_puts(out, "\nformats of -o:\n");

	for (size_t i = 0; r == 0 && formats_all[i]; i++)
		r = put_pair(out, formats_all[i]->name, "", formats_all[i]->doc);
	return r;
}

int usage_program(struct buf *out)
{
	int r = buf_puts(out,
		"usage: tocsin [options] command [argument …]\n\n"
		"Asks Linux hosts questions in SQL, over SSH.\n"
		"Without a command, on a terminal, it opens the screen; F1 explains it.\n\n"
		"commands:\n");

	for (size_t i = 0; r == 0 && commands_all[i]; i++)
		r = put_pair(out, commands_all[i]->name, commands_all[i]->args,
			commands_all[i]->summary);
	if (r == 0)
		r = buf_puts(out, "\noptions, before or after the command; -- ends them:\n");
	if (r == 0)
		r = opts_usage(app_opts, out);
	if (r == 0)
		r = put_formats(out);
	if (r == 0)
		r = buf_puts(out,
			"\nexit status: 0 every host answered, 2 nothing was asked, 3 some "
			"host did\nnot answer, 130 interrupted. More: "
			"`tocsin help COMMAND`, man tocsin.\n");
	return r;
}

int usage_command(const struct command *c, struct buf *out)
{
	int r = buf_printf(out, "usage: tocsin [options] %s%s%s\n\n%s\n", c->name,
		*c->args ? " " : "", c->args, c->summary);

	if (r == 0 && c->help)
		r = buf_putc(out, '\n');
	if (r == 0 && c->help)
		r = fill_paragraphs(out, c->help);
	if (r == 0 && c->opts)
		r = buf_puts(out, "\noptions of this command:\n");
	if (r == 0 && c->opts)
		r = opts_usage(c->opts, out);
	if (r == 0)
		r = buf_puts(out, "\n`tocsin --help` lists the options of every command.\n");
	return r;
}

static int print(struct buf *text, int r)
{
	if (r == 0)
		r = io_write_all(STDOUT_FILENO, text->p, text->len);
	buf_done(text);
	if (r == 0 || r == -EPIPE)
		return EXIT_ALL_GOOD;
	log_error("cannot write to standard output: %s", strerror(-r));
	return EXIT_INCOMPLETE;
}

int usage_print(int (*fill)(struct buf *out))
{
	struct buf text;

	buf_init(&text, USAGE_MAX);
	return print(&text, fill(&text));
}

int usage_print_command(const struct command *c)
{
	struct buf text;

	buf_init(&text, USAGE_MAX);
	return print(&text, usage_command(c, &text));
}
