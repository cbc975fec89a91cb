/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/procact.h"
#include "common/clock.h"

#include <signal.h>

static const struct action_arg args[] = {
	PROCACT_ARGS,
	{0},
};

static void resume(struct procact *a)
{
	int r = a->with_tree ? proctree_find(&a->tree) : 0;
	char others[48], why[96];
	size_t stopped;

	if (r == 0 && !proctree_signal(&a->tree, SIGCONT))
		r = -ESRCH;
	if (r < 0) {
		action_say(a->ret, r == -ESRCH ? WIRE_NOT_FOUND : WIRE_FAILED, "%s: %s", a->who,
			strerror(-r));
		return;
	}
	stopped = proctree_wait_stopped(&a->tree, false, clock_mono_ms() + PROCACT_HEED_MS);
	procact_tell(a, json_pack("{s:i}", "suspended", (int)stopped), "suspend");
	if (!stopped) {
		action_say(a->ret, WIRE_DONE, "%s%s resumed", a->who,
			procact_others(a, others, sizeof(others)));
		return;
	}
	procact_stuck(&a->p, why, sizeof(why));
	action_say(a->ret, WIRE_FAILED, "%zu of %zu are still stopped: %s is in %s", stopped,
		a->tree.n, a->who, why);
}

static void run(const struct action_call *call, struct action_outcome *ret)
{
	struct procact a;

	if (!procact_init(&a, call, ret))
		goto out;
	if (pidref_ended(&a.p))
		action_say(
			ret, WIRE_NOT_FOUND, "%s has ended; its parent has not taken note", a.who);
	else if (a.facts.state != 'T' && !a.with_tree)
		action_say(ret, WIRE_ALREADY, "%s is not suspended", a.who);
	else if (!procact_is_said(&a, "resume"))
		resume(&a);
out:
	procact_done(&a);
}

const struct action action_resume = {
	.name = "resume",
	.summary = "let a suspended process go on",
	.args = args,
	.run = run,
};
