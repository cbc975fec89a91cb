/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/act.h"

static int args(const char *target, const void *values, json_t **ret, struct err *err)
{
	(void)values;
	*ret = json_pack("{s:o}", "id", json_string(target));
	return *ret ? 0 : err_set(err, EINVAL, "`%s` is no id", target);
}

static void act(const void *values, int argc, char **argv, struct act *ret)
{
	*ret = (struct act){.action = "restore",
		.targets = argv,
		.n = (size_t)argc,
		.args = args,
		.values = values};
}

const struct command command_restore = {
	.name = "restore",
	.args = "ID\xe2\x80\xa6",
	.summary = "put back what delete took away",
	.help = "ID is that of the row that `tocsin delete` gave, or of the table vault. What "
		"stands at\n"
		"the file's place by now is not overwritten.",
	.flags = COMMAND_ACTION,
	.min_args = 1,
	.max_args = -1,
	.act = act,
};
