/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inventory as it was understood. */
#include "console/fleet/inventory.h"
#include "common/io.h"
#include "common/json.h"
#include "common/log.h"
#include "console/app.h"
#include "console/command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int print(const json_t *tree)
{
	size_t flags = JSON_INDENT(4);
	char *text;
	int r;

	/* What a terminal could act on stands outside ASCII or below it; both become \uXXXX. */
	if (isatty(STDOUT_FILENO))
		flags |= JSON_ENSURE_ASCII;
	text = tree ? json_print(tree, flags) : NULL;
	r = text ? io_write_all(STDOUT_FILENO, text, strlen(text)) : -ENOMEM;
	free(text);
	if (r == 0)
		r = io_write_all(STDOUT_FILENO, "\n", 1);
	if (r == 0 || r == -EPIPE)
		return EXIT_ALL_GOOD;
	log_error("cannot write to standard output: %s", strerror(-r));
	return EXIT_INCOMPLETE;
}

static int run(struct app *app, const void *values, int argc, char **argv)
{
	struct err err;
	json_t *tree;
	int status;

	(void)values;
	(void)argc;
	(void)argv;
	if (app_inventory(app, &err) < 0) {
		log_error("%s", err.text);
		return EXIT_NOTHING;
	}
	tree = inventory_json(app->inventory);
	status = print(tree);
	json_decref(tree);
	return status;
}

const struct command command_inventory = {
	.name = "inventory",
	.args = "",
	.summary = "print the inventory as it was understood",
	.help = "The JSON has the shape of `ansible-inventory --list`.",
	.run = run,
};
