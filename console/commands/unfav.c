/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes saved queries off the favourites. */
#include "common/log.h"
#include "console/command.h"
#include "console/store_fav.h"

static int run(struct app *app, const void *values, int argc, char **argv)
{
	int status = EXIT_ALL_GOOD;
	struct err err;

	(void)app;
	(void)values;
	for (int i = 0; i < argc; i++) {
		if (favourite_remove(argv[i], &err) == 0)
			continue;
		log_error("%s", err.text);
		status = EXIT_NOTHING;
	}
	return status;
}

const struct command command_unfav = {
	.name = "unfav",
	.args = "NAME…",
	.summary = "take saved queries off the favourites",
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
