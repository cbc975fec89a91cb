/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cuts hosts off the network, but for the operator. */
#include "console/act.h"

struct quarantine_values {
	double hold;
};

#define HOLD_MAX (365.0 * 86400)

static const struct opt quarantine_opts[] = {
	{0, "for", "SECONDS", OPT_SECONDS, offsetof(struct quarantine_values, hold), 1, HOLD_MAX,
		.doc = "lift it by itself after this time (default: never)"},
	OPT_END,
};

static int args(const char *target, const void *values, json_t **ret, struct err *err)
{
	const struct quarantine_values *v = values;

	(void)target;
	*ret = v->hold > 0 ? json_pack("{s:I}", "for_s", (json_int_t)v->hold) : json_object();
	return *ret ? 0 : err_sys(err, ENOMEM, "arguments");
}

static void act(const void *values, int argc, char **argv, struct act *ret)
{
	(void)argc;
	(void)argv;
	*ret = (struct act){.action = "quarantine", .args = args, .values = values};
}

const struct command command_quarantine = {
	.name = "quarantine",
	.args = "",
	.summary = "cut the target hosts off the network, but for ssh from here",
	.help = "What stays: ssh from the address this connection comes from (the jump host's, "
		"where there\n"
		"is one) and from the agent's quarantine_allow. Connections that are open now die. "
		"The\n"
		"rules hold only if they can be confirmed over a new connection, which is done at "
		"once;\n"
		"otherwise the host takes them back by itself.",
	.flags = COMMAND_ACTION,
	.opts = quarantine_opts,
	.values_size = sizeof(struct quarantine_values),
	.act = act,
};
