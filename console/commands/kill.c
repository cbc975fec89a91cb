/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ends processes. */
#include "console/act.h"

#include "common/str.h"

struct kill_values {
	bool tree, capture;
	const char *signal;
	double grace;
};

#define GRACE_MAX 600

static const struct opt kill_opts[] = {
	{0, "tree", NULL, OPT_FLAG, offsetof(struct kill_values, tree),
		.doc = "its descendants as well, stopped first so that none escapes"},
	{0, "signal", "SIGNAL", OPT_STRING, offsetof(struct kill_values, signal),
		.doc = "send this signal only, e.g. HUP (default: TERM, then KILL)"},
	{0, "grace", "SECONDS", OPT_SECONDS, offsetof(struct kill_values, grace), 0.001, GRACE_MAX,
		.doc = "time between TERM and KILL (default: the agent's)"},
	{0, "capture", NULL, OPT_FLAG, offsetof(struct kill_values, capture),
		.doc = "save program, memory map, environment, open files to the host's vault "
		       "first"},
	OPT_END,
};

static int args(const char *target, const void *values, json_t **ret, struct err *err)
{
	const struct kill_values *v = values;
	json_t *a = NULL;
	int r = act_process(target, v->tree, &a, err);

	if (r < 0)
		return r;
	if (v->capture)
		r |= json_object_set_new(a, "capture", json_true());
	if (v->signal)
		r |= json_object_set_new(a, "signal", json_string(v->signal));
	if (v->grace > 0)
		r |= json_object_set_new(a, "grace_ms", json_integer((json_int_t)(v->grace * 1e3)));
	if (r != 0) {
		json_decref(a);
		return err_sys(err, ENOMEM, "arguments");
	}
	*ret = a;
	return 0;
}

static void act(const void *values, int argc, char **argv, struct act *ret)
{
	*ret = (struct act){.action = "kill",
		.targets = argv,
		.n = (size_t)argc,
		.args = args,
		.values = values};
}

const struct command command_kill = {
	.name = "kill",
	.args = "PID[@START_TIME]\xe2\x80\xa6",
	.summary = "end processes on the target hosts",
	.help = "The processes are planned first: what they are is shown, and asked about unless "
		"--yes.\n"
		"A pid that names another process by then is refused; with @START_TIME, as in\n"
		"processes.start_time, also one that was reused before.\n\n"
		"  tocsin -t web7 kill 4711@1790000000 --tree --reason INC-17",
	.flags = COMMAND_ACTION,
	.min_args = 1,
	.max_args = -1,
	.opts = kill_opts,
	.values_size = sizeof(struct kill_values),
	.act = act,
};
