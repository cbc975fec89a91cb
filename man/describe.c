/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes tocsin.1 from tocsin.1.in: a filter that puts in place of the lines @COMMANDS@, @OPTIONS@,
 * @FORMATS@ and @PANES@ what the program's descriptors say, in mdoc(7).
 */
#include "common/str.h"
#include "console/app.h"
#include "console/command.h"
#include "console/output.h"
#include "console/ui/self.h"
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

/* ---- The screen ---- */

static void put_bindings(const struct ui_binding *table)
{
	char keys[128];

	for (const struct ui_binding *b = table; b && b->key; b++) {
		if (!binding_keys(table, b, keys, sizeof(keys)))
			continue;
		fputs(".It Ic ", stdout);
		mdoc_quoted(keys);
		putchar('\n');
		mdoc_text(span_str(b->help), true);
		fputs("\n.Pq Ic ", stdout);
		mdoc_quoted(b->command);
		putchar('\n');
	}
}

static void put_screen_commands(const struct ui_command *c)
{
	for (; c && c->name; c++) {
		printf(".It Cm \\&:%s", c->name);
		if (*c->args) {
			fputs(" Ar ", stdout);
			mdoc_quoted(c->args);
		}
		putchar('\n');
		mdoc_sentence(c->summary);
	}
}

static void put_keys(const struct ui_binding *bindings, const struct ui_command *commands)
{
	fputs(".Bl -tag -width \"Home g\" -compact\n", stdout);
	put_bindings(bindings);
	fputs(".El\n", stdout);
	if (!commands || !commands->name)
		return;
	fputs(".Pp\n.Bl -tag -width Ds -compact\n", stdout);
	put_screen_commands(commands);
	fputs(".El\n", stdout);
}

static void put_panes(void)
{
	fputs(".Ss Keys and commands in every pane\n", stdout);
	put_keys(ui_bindings, ui_commands);
	for (size_t i = 0; pane_kinds_all[i]; i++) {
		const struct pane_kind *k = pane_kinds_all[i];

		printf(".Ss The pane %s\n", k->name);
		mdoc_sentence(k->summary);
		fputs(".Pp\n", stdout);
		put_keys(k->bindings, k->commands);
	}
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
		else if (str_eq(line, "@PANES@\n"))
			put_panes();
		else
			fputs(line, stdout);
	}
	return ferror(stdin) || fflush(stdout) == EOF;
}
