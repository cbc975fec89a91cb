/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/command.h"
#include "common/log.h"
#include "common/str.h"
#include "console/act.h"
#include "console/ask.h"
#include "console/questions.h"

#include <stdlib.h>

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands_all[i]; i++)
		if (str_eq(commands_all[i]->name, name))
			return commands_all[i];
	return NULL;
}

static int ask(const struct command *c, struct app *app, const void *values, int argc, char **argv)
{
	struct questions questions = {0};
	int status = EXIT_NOTHING;
	struct err err;

	if (c->ask(app, values, argc, argv, &questions, &err) < 0)
		log_error("%s", err.text);
	else
		status = ask_all(app, c->name, &questions);
	questions_done(&questions);
	return status;
}

int command_run_it(
	const struct command *c, struct app *app, const void *values, int argc, char **argv)
{
	struct act act;

	if (c->ask)
		return ask(c, app, values, argc, argv);
	if (!c->act)
		return c->run(app, values, argc, argv);
	c->act(values, argc, argv, &act);
	return act_run(app, &act);
}

void command_unknown(const char *name)
{
	size_t n = 0;
	const char **names, *near;

	while (commands_all[n])
		n++;
	names = calloc(n + 1, sizeof(*names));
	for (size_t i = 0; names && i < n; i++)
		names[i] = commands_all[i]->name;
	near = names ? str_nearest(name, names) : NULL;
	if (near)
		log_error("no command `%s`; did you mean %s?", name, near);
	else
		log_error("no command `%s`; `tocsin --help` lists them", name);
	free(names);
}
