/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/act.h"

struct resume_values {
	bool tree;
};

static const struct opt resume_opts[] = {
	{0, "tree", NULL, OPT_FLAG, offsetof(struct resume_values, tree),
		.doc = "its descendants as well"},
	OPT_END,
};

static int args(const char *target, const void *values, json_t **ret, struct err *err)
{
	const struct resume_values *v = values;

	return act_process(target, v->tree, ret, err);
}

static void act(const void *values, int argc, char **argv, struct act *ret)
{
	*ret = (struct act){.action = "resume",
		.targets = argv,
		.n = (size_t)argc,
		.args = args,
		.values = values};
}

const struct command command_resume = {
	.name = "resume",
	.args = "PID[@START_TIME]\xe2\x80\xa6",
	.summary = "let suspended processes go on",
	.help = "Takes back what `tocsin suspend` did.",
	.flags = COMMAND_ACTION,
	.min_args = 1,
	.max_args = -1,
	.opts = resume_opts,
	.values_size = sizeof(struct resume_values),
	.act = act,
};
