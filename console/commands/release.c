/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/act.h"

static int args(const char *target, const void *values, json_t **ret, struct err *err)
{
	(void)values;
	*ret = target ? json_pack("{s:o}", "id", json_string(target)) : json_object();
	return *ret ? 0 : err_set(err, EINVAL, "`%s` is no id", target ? target : "");
}

static void act(const void *values, int argc, char **argv, struct act *ret)
{
	*ret = (struct act){.action = "release",
		.targets = argv,
		.n = (size_t)argc,
		.args = args,
		.values = values};
}

const struct command command_release = {
	.name = "release",
	.args = "[ID\xe2\x80\xa6]",
	.summary = "give quarantined hosts the network back",
	.help = "Takes away the rules that `tocsin quarantine` made, whoever made them; with ID "
		"only that\n"
		"quarantine. Nobody else's rules are touched.",
	.flags = COMMAND_ACTION,
	.max_args = -1,
	.act = act,
};
