/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lifts a quarantine, also one that was not confirmed, or what is left of one. */
#include "agentd/action.h"
#include "agentd/quarantine.h"
#include "agentd/quarantine_rules.h"
#include "common/io.h"

#include <errno.h>
#include <string.h>

#define LOCK_MS 10000

static const struct action_arg args[] = {
	{"identity", ACTION_TEXT, false, ACTION_IDENTITY_MAX, ACTION_IDENTITY_MAX,
		"what the plan told"},
	{"id", ACTION_TEXT, false, 1, QUARANTINE_ID_MAX,
		"the id of the one that is meant; without, the one there is"},
	{0},
};

/* What there is to be lifted. */
struct found {
	bool state;	 /* `q` is set */
	bool unreadable; /* there is a file, but nobody knows what it says */
	bool rules;
	struct quarantine q;
	char identity[ACTION_IDENTITY_MAX + 1];
};

static int find(const struct action_call *call, struct found *f, struct err *err)
{
	int r = quarantine_load(call->state_dir, &f->q, err), there;
	struct span parts[2] = {span_str("release"), {"", 0}};

	if (r < 0 && r != -EBADMSG)
		return r;
	f->state = r > 0;
	f->unreadable = r < 0;
	if (f->state)
		parts[1] = span_str(f->q.id);
	there = quarantine_rules_there(err);
	/* Without nftables there are no rules. */
	if (there < 0 && there != -EPROTONOSUPPORT && there != -EOPNOTSUPP)
		return there;
	f->rules = there > 0;
	return action_identity(parts, 2, f->identity) < 0 ? err_set(err, ENOMEM, "out of memory")
							  : 0;
}

static void tell(const struct found *f, struct action_outcome *ret)
{
	if (f->state)
		ret->before = json_pack("{s:s, s:s, s:I, s:o, s:b, s:b}", "identity", f->identity,
			"id", f->q.id, "since", (json_int_t)f->q.since, "by",
			quarantine_by_json(&f->q), "confirmed", f->q.confirmed, "in_force",
			f->rules);
	else
		ret->before =
			json_pack("{s:s, s:b}", "identity", f->identity, "in_force", f->rules);
}

/* The file says that it is to be lifted before the rules go, and goes after them. */
static int lift(const struct action_call *call, struct found *f, struct err *err)
{
	int r = 0;

	f->q.lifting = true;
	if (f->state)
		r = quarantine_store(call->state_dir, &f->q, err);
	if (r == 0 && f->rules)
		r = quarantine_rules_remove(err);
	if (r == 0)
		return quarantine_forget(call->state_dir, err);
	f->q.lifting = false;
	if (f->state)
		quarantine_store(call->state_dir, &f->q, NULL);
	return r;
}

static void release(const struct action_call *call, struct found *f, struct action_outcome *ret)
{
	const struct action_value *id = action_value(call, "id");
	const char *name = f->state ? f->q.id : "what was left of a quarantine";
	struct err err = {.text = ""};

	if (id->given && !(f->state && span_eq(id->text, f->q.id))) {
		action_say(ret, f->state ? WIRE_REFUSED : WIRE_NOT_FOUND, "no quarantine %.*s%s%s",
			(int)id->text.n, id->text.p, f->state ? "; there is " : "",
			f->state ? f->q.id : "");
		return;
	}
	tell(f, ret);
	if (call->dry_run)
		action_say(ret, WIRE_PLANNED, "lift %s", name);
	else if (!action_is_planned(call, f->identity, "the quarantine", ret))
		return;
	else if (lift(call, f, &err) < 0)
		action_say(ret, WIRE_FAILED, "%s", err.text);
	else
		action_say(ret, WIRE_DONE, "%s is lifted", name);
}

static void run(const struct action_call *call, struct action_outcome *ret)
{
	struct err err = {.text = ""};
	int lock = quarantine_lock(call->state_dir, LOCK_MS, &err);
	struct found f;

	memset(&f, 0, sizeof(f));
	if (lock < 0 || find(call, &f, &err) < 0)
		action_say(ret, WIRE_FAILED, "%s", err.text);
	else if (!f.state && !f.unreadable && !f.rules && !action_value(call, "id")->given)
		action_say(ret, WIRE_ALREADY, "not cut off");
	else
		release(call, &f, ret);
	io_close(lock);
}

const struct action action_release = {
	.name = "release",
	.summary = "lift a quarantine",
	.args = args,
	.run = run,
};
