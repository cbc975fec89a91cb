/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/procact.h"

#include "agentd/policy.h"

#include <stdio.h>

static bool failed(struct procact *a, int r, const char *what)
{
	action_say(a->ret, WIRE_FAILED, "%s: %s", what, strerror(-r));
	return false;
}

static bool find(struct procact *a)
{
	int64_t pid = action_value(a->call, "pid")->i;
	struct err err;
	int r = pidref_open(&a->fs, (int32_t)pid, &a->p, &err);

	if (r < 0)
		action_say(a->ret, r == -ESRCH ? WIRE_NOT_FOUND : WIRE_FAILED, "%s", err.text);
	return r == 0;
}

static bool read_facts(struct procact *a)
{
	const struct action_value *start = action_value(a->call, "start_time");
	int r = procfacts_read(&a->fs, &a->p, &a->facts);

	if (r < 0)
		return failed(a, r, "it cannot be read");
	snprintf(a->who, sizeof(a->who), "%s (%d)", a->facts.name, a->facts.pid);
	a->ret->before = procfacts_json(&a->facts);
	if (!a->ret->before)
		return failed(a, -ENOMEM, a->who);
	if (!start->given || start->i == a->facts.start_time)
		return true;
	action_say(a->ret, WIRE_NOT_FOUND, "%s started at %lld, not at %lld", a->who,
		(long long)a->facts.start_time, (long long)start->i);
	return false;
}

static bool may_be_touched(struct procact *a)
{
	struct procfs_stat st;
	struct buf text;
	const char *why = NULL;
	int r;

	procguard_init(&a->guard, &a->fs, a->call->who->pid);
	buf_init(&text, PROCFS_FILE_MAX);
	r = pidref_stat(&a->p, &text, &st);
	if (r == 0)
		why = procguard_why(&a->guard, &a->p, &st);
	buf_done(&text);
	if (r < 0)
		return failed(a, r, a->who);
	if (why)
		action_say(a->ret, WIRE_REFUSED, "%s %s", a->who, why);
	return !why;
}

bool procact_init(struct procact *a, const struct action_call *call, struct action_outcome *ret)
{
	int r;

	*a = (struct procact){.call = call, .ret = ret, .p = PIDREF_NONE};
	a->tree.trap = CGTRAP_NONE;
	a->with_tree = action_value(call, "tree")->i;
	r = procfs_init(&a->fs, call->root);
	if (r < 0 || !a->fs.live)
		return failed(a, r < 0 ? r : -EINVAL, "/proc");
	if (!find(a) || !read_facts(a) || !may_be_touched(a))
		return false;
	r = proctree_init(&a->tree, &a->fs, &a->guard, &a->p);
	return r == 0 || failed(a, r, a->who);
}

void procact_done(struct procact *a)
{
	proctree_done(&a->tree);
	procfacts_done(&a->facts);
	pidref_close(&a->p);
	procfs_done(&a->fs);
}

const char *procact_others(const struct procact *a, char *buf, size_t n)
{
	size_t others = a->tree.n - 1;

	snprintf(buf, n, " and %zu descendant%s", others, others == 1 ? "" : "s");
	return others ? buf : "";
}

static void plan(struct procact *a, const char *verb)
{
	char others[48];
	int r = a->with_tree ? proctree_find(&a->tree) : 0;

	if (r < 0) {
		failed(a, r, "its descendants");
		return;
	}
	if (a->with_tree)
		json_object_set_new(a->ret->before, "tree", proctree_json(&a->tree));
	action_say(a->ret, WIRE_PLANNED, "would %s %s%s", verb, a->who,
		procact_others(a, others, sizeof(others)));
}

bool procact_is_said(struct procact *a, const char *verb)
{
	char identity[ACTION_IDENTITY_MAX + 1];
	int r;

	if (a->call->dry_run) {
		plan(a, verb);
		return true;
	}
	r = procfacts_identity(&a->facts, identity);
	if (r < 0)
		return !failed(a, r, a->who);
	return !action_is_planned(a->call, identity, a->who, a->ret);
}

static json_t *undo_of(const struct procact *a, const char *action)
{
	json_t *args = json_pack("{s:i, s:O}", "pid", a->facts.pid, "identity",
		json_object_get(a->ret->before, "identity"));

	if (a->with_tree)
		json_object_set_new(args, "tree", json_true());
	return json_pack("{s:s, s:o}", "action", action, "args", args);
}

void procact_tell(struct procact *a, json_t *after, const char *undo)
{
	if (a->with_tree)
		json_object_set_new(after, "tree", proctree_json(&a->tree));
	a->ret->after = after;
	if (undo)
		a->ret->undo = undo_of(a, undo);
}

void procact_stuck(const struct pidref *p, char *ret, size_t n)
{
	char state = pidref_state(p);
	struct buf b;

	buf_init(&b, PROCFS_FILE_MAX);
	if (state == 'D' && procfs_read(&p->proc, "wchan", &b) == 0 && b.len > 1)
		snprintf(ret, n, "uninterruptible sleep (in %.64s)", buf_str(&b));
	else if (state == 'D')
		snprintf(ret, n, "uninterruptible sleep");
	else
		snprintf(ret, n, "state %c", state ? state : '?');
	buf_done(&b);
}
