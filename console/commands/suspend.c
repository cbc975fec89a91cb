/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/act.h"

struct suspend_values {
	bool tree;
};

static const struct opt suspend_opts[] = {
	{0, "tree", NULL, OPT_FLAG, offsetof(struct suspend_values, tree),
		.doc = "its descendants as well"},
	OPT_END,
};

static int args(const char *target, const void *values, json_t **ret, struct err *err)
{
	const struct suspend_values *v = values;

	return act_process(target, v->tree, ret, err);
}

static void act(const void *values, int argc, char **argv, struct act *ret)
{
	*ret = (struct act){.action = "suspend",
		.targets = argv,
		.n = (size_t)argc,
		.args = args,
		.values = values};
}

const struct command command_suspend = {
	.name = "suspend",
	.args = "PID[@START_TIME]\xe2\x80\xa6",
	.summary = "stop processes without ending them",
	.help = "They stay in memory, as evidence; `tocsin resume` lets them go on.",
	.flags = COMMAND_ACTION,
	.min_args = 1,
	.max_args = -1,
	.opts = suspend_opts,
	.values_size = sizeof(struct suspend_values),
	.act = act,
};
