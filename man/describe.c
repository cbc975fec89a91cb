/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes tocsin.1 from tocsin.1.in: a filter that puts in place of the lines @COMMANDS@, @OPTIONS@
 * and @FORMATS@ what the program's descriptors say, in mdoc(7).
 */
#include "common/str.h"
#include "console/app.h"
#include "console/command.h"
#include "console/output.h"
#include "man/mdoc.h"

#include <stdio.h>

static void put_option(const struct opt *o)
{
	fputs(".It", stdout);
	if (o->letter)
		printf(" Fl %c", o->letter);
	if (o->letter && o->name)
		fputs(" , ", stdout);
	if (o->name)
		printf(" Fl Fl %s", o->name);
	if (o->arg) {
		fputs(" Ar ", stdout);
		mdoc_quoted(o->arg);
	}
	putchar('\n');
	mdoc_sentence(o->doc);
}

static void put_options(const struct opt *opts)
{
	fputs(".Bl -tag -width Ds\n", stdout);
	for (const struct opt *o = opts; o->letter || o->name; o++)
		put_option(o);
	fputs(".El\n", stdout);
}

/* Paragraphs between empty lines; lines that begin with blanks are examples. */
static void put_help(const char *help)
{
	struct span rest = span_str(help), line;
	bool literal = false;

	fputs(".Pp\n", stdout);
	while (span_split(&rest, '\n', &line)) {
		bool example = line.n > 2 && line.p[0] == ' ';

		if (literal != example)
			fputs(example ? ".Bd -literal -offset indent\n" : ".Ed\n", stdout);
		else if (line.n == 0 && rest.p && rest.p[0] != ' ')
			fputs(".Pp\n", stdout);
		literal = example;
		if (line.n == 0)
			continue;
		mdoc_text(example ? (struct span){line.p + 2, line.n - 2} : line, false);
		putchar('\n');
	}
	if (literal)
		fputs(".Ed\n", stdout);
}

static void put_command(const struct command *c)
{
	printf(".It Cm %s", c->name);
	if (*c->args) {
		fputs(" Ar ", stdout);
		mdoc_quoted(c->args);
	}
	putchar('\n');
	mdoc_sentence(c->summary);
	if (c->help)
		put_help(c->help);
	if (c->opts)
		put_options(c->opts);
}

static void put_commands(void)
{
	fputs(".Bl -tag -width Ds\n", stdout);
	for (size_t i = 0; commands_all[i]; i++)
		put_command(commands_all[i]);
	fputs(".El\n", stdout);
}

static void put_formats(void)
{
	fputs(".Bl -tag -width markdown\n", stdout);
	for (size_t i = 0; formats_all[i]; i++) {
		printf(".It Cm %s\n", formats_all[i]->name);
		mdoc_sentence(formats_all[i]->doc);
	}
	fputs(".El\n", stdout);
}

int main(void)
{
	char line[4096];

	while (fgets(line, sizeof(line), stdin)) {
		if (str_eq(line, "@COMMANDS@\n"))
			put_commands();
		else if (str_eq(line, "@OPTIONS@\n"))
			put_options(app_opts);
		else if (str_eq(line, "@FORMATS@\n"))
			put_formats();
		else
			fputs(line, stdout);
	}
	return ferror(stdin) || fflush(stdout) == EOF;
}
