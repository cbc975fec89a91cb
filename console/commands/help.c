/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/app.h"
#include "console/command.h"
#include "console/usage.h"

static int run(struct app *app, const void *values, int argc, char **argv)
{
	const struct command *c;

	(void)app;
	(void)values;
	if (argc == 0)
		return usage_print(usage_program);
	c = command_find(argv[0]);
	if (c)
		return usage_print_command(c);
	command_unknown(argv[0]);
	return EXIT_NOTHING;
}

const struct command command_help = {
	.name = "help",
	.args = "[COMMAND]",
	.summary = "explain a command",
	.max_args = 1,
	.run = run,
};
