/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes files away, and keeps them. */
#include "console/act.h"

struct delete_values {
	bool force;
};

static const struct opt delete_opts[] = {
	{0, "force", NULL, OPT_FLAG, offsetof(struct delete_values, force),
		.doc = "also files of packages, vital and protected ones (needs that right)"},
	OPT_END,
};

static int args(const char *target, const void *values, json_t **ret, struct err *err)
{
	const struct delete_values *v = values;
	int r = act_check_path(target, err);

	if (r < 0)
		return r;
	*ret = json_pack("{s:o}", "path", act_bytes(target));
	if (*ret && v->force && json_object_set_new(*ret, "force", json_true()) != 0) {
		json_decref(*ret);
		*ret = NULL;
	}
	return *ret ? 0 : err_sys(err, ENOMEM, "arguments");
}

static void act(const void *values, int argc, char **argv, struct act *ret)
{
	*ret = (struct act){.action = "delete",
		.targets = argv,
		.n = (size_t)argc,
		.args = args,
		.values = values};
}

const struct command command_delete = {
	.name = "delete",
	.args = "PATH\xe2\x80\xa6",
	.summary = "take files away from the target hosts, keeping the evidence",
	.help = "Each file is copied into the host's vault with owner, mode, times and hash before "
		"it\n"
		"goes; the column id of its row is what `tocsin restore` takes. Directories and "
		"special\n"
		"files are never deleted, symbolic links never followed.",
	.flags = COMMAND_ACTION,
	.min_args = 1,
	.max_args = -1,
	.opts = delete_opts,
	.values_size = sizeof(struct delete_values),
	.act = act,
};
