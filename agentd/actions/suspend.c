/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/procact.h"
#include "common/clock.h"

#include <signal.h>

static const struct action_arg args[] = {
	PROCACT_ARGS,
	{0},
};

/* With its descendants it goes on until nobody new is found. 0 or -errno. */
static int stop(struct procact *a)
{
	if (a->with_tree)
		return proctree_stop(&a->tree, clock_mono_ms() + PROCACT_STOP_MS);
	return pidref_signal(&a->p, SIGSTOP);
}

static void tell(struct procact *a, size_t running)
{
	char others[48], why[96];

	procact_tell(a, json_pack("{s:i}", "running", (int)running), "resume");
	if (!running) {
		action_say(a->ret, WIRE_DONE, "%s%s suspended", a->who,
			procact_others(a, others, sizeof(others)));
		return;
	}
	procact_stuck(&a->p, why, sizeof(why));
	action_say(a->ret, WIRE_FAILED,
		"%zu of %zu do not stop yet: %s is in %s; they stop when they wake up", running,
		a->tree.n, a->who, why);
}

static void suspend(struct procact *a)
{
	int r = stop(a);

	if (r == -ESRCH) {
		action_say(a->ret, WIRE_NOT_FOUND, "%s ended meanwhile", a->who);
	} else if (r == -ETIME) {
		procact_tell(a, json_object(), "resume");
		action_say(a->ret, WIRE_FAILED,
			"%s starts processes faster than they are stopped; %zu are suspended",
			a->who, a->tree.n);
	} else if (r < 0) {
		action_say(a->ret, WIRE_FAILED, "%s: %s", a->who, strerror(-r));
	} else {
		tell(a, proctree_wait_stopped(&a->tree, true, clock_mono_ms() + PROCACT_HEED_MS));
	}
}

static void run(const struct action_call *call, struct action_outcome *ret)
{
	struct procact a;

	if (!procact_init(&a, call, ret))
		goto out;
	if (pidref_ended(&a.p))
		action_say(
			ret, WIRE_NOT_FOUND, "%s has ended; its parent has not taken note", a.who);
	else if (a.facts.state == 'T' && !a.with_tree)
		action_say(ret, WIRE_ALREADY, "%s is suspended", a.who);
	else if (!procact_is_said(&a, "suspend"))
		suspend(&a);
out:
	procact_done(&a);
}

const struct action action_suspend = {
	.name = "suspend",
	.summary = "stop a process until it is resumed",
	.args = args,
	.run = run,
};
