/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cuts this host off from the network but for those who do it. Not confirmed over a connection made
 * since, it is lifted again by the daemon (quarantine_watch.h).
 */
#include "agentd/quarantine.h"

#include "agentd/action.h"
#include "agentd/quarantine_rules.h"
#include "common/clock.h"
#include "common/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* How long two operators wait for each other. */
#define LOCK_MS 10000

static const struct action_arg args[] = {
	{"identity", ACTION_TEXT, false, ACTION_IDENTITY_MAX, ACTION_IDENTITY_MAX,
		"what the plan told"},
	{"confirm", ACTION_TEXT, false, 1, QUARANTINE_ID_MAX,
		"the id of one that waits to be confirmed, over a new connection"},
	{"for_s", ACTION_INT, false, QUARANTINE_FOR_MIN, QUARANTINE_FOR_MAX,
		"seconds after which it lifts itself; without, it stays until it is released"},
	{0},
};

/* ---- Words ---- */

static json_t *addresses(const struct netaddr *list, size_t n)
{
	json_t *all = json_array();
	char text[NETADDR_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		netaddr_text(&list[i], text);
		json_array_append_new(all, json_string(text));
	}
	return all;
}

static json_t *state_json(const struct quarantine *q)
{
	json_t *o = json_pack("{s:s, s:b, s:I, s:o, s:o}", "id", q->id, "confirmed", q->confirmed,
		"since", (json_int_t)q->since, "by", quarantine_by_json(q), "ssh",
		addresses(q->open.ssh, q->open.n_ssh));

	if (q->until)
		json_object_set_new(o, "until", json_integer(q->until));
	if (!q->confirmed)
		json_object_set_new(o, "confirm_until", json_integer(q->confirm_until));
	return o;
}

/* "10.0.0.1:22 and 3 others" */
static void open_words(const struct quarantine_open *open, char *out, size_t size)
{
	char first[NETADDR_TEXT_MAX];

	netaddr_text(&open->ssh[0], first);
	if (open->n_ssh == 1)
		str_copy(out, size, first);
	else
		snprintf(out, size, "%s and %zu others", first, open->n_ssh - 1);
}

/* ---- Planning ---- */

struct plan {
	struct quarantine_open open;
	int64_t for_s, confirm_s;
	uint64_t count; /* of those before */
	json_t *rules;
	char identity[ACTION_IDENTITY_MAX + 1];
};

static int identify(struct plan *p)
{
	char *rules = json_dumps(p->rules, JSON_COMPACT);
	struct span parts[] = {span_str("quarantine"), {rules, rules ? strlen(rules) : 0},
		{(const char *)&p->for_s, sizeof(p->for_s)},
		{(const char *)&p->confirm_s, sizeof(p->confirm_s)},
		{(const char *)&p->count, sizeof(p->count)}};
	int r = rules ? action_identity(parts, ARRAY_LEN(parts), p->identity) : -ENOMEM;

	free(rules);
	return r;
}

static int make_plan(const struct action_call *call, int lock, struct plan *p, struct err *err)
{
	int r = quarantine_open_for(call->who, call->conf, &p->open, err);

	if (r < 0)
		return r;
	p->for_s = action_value(call, "for_s")->i;
	p->confirm_s = call->conf->quarantine_confirm_s;
	p->count = quarantine_count(lock);
	p->rules = quarantine_rules_json(&p->open);
	if (!p->rules || identify(p) < 0)
		return err_set(err, ENOMEM, "out of memory");
	return 0;
}

static void tell_plan(const struct plan *p, struct action_outcome *ret)
{
	char who[NETADDR_TEXT_MAX + 32];

	ret->before = json_pack("{s:s, s:I, s:I, s:o, s:o, s:O, s:o?}", "identity", p->identity,
		"confirm_s", (json_int_t)p->confirm_s, "for_s", (json_int_t)p->for_s, "ssh",
		addresses(p->open.ssh, p->open.n_ssh), "dns", addresses(p->open.dns, p->open.n_dns),
		"rules", p->rules, "others", quarantine_plan_others());
	open_words(&p->open, who, sizeof(who));
	action_say(ret, WIRE_PLANNED,
		"cut off from all but ssh from %s; lifted after %lld s unless confirmed", who,
		(long long)p->confirm_s);
}

/* ---- Doing ---- */

static int new_id(char ret[QUARANTINE_ID_MAX + 1])
{
	unsigned char bytes[QUARANTINE_ID_MAX / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -EIO;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

static void fill_in(const struct action_call *call, const struct plan *p, struct quarantine *q)
{
	int64_t now_s = clock_real_us() / 1000000;

	str_copy(q->by, sizeof(q->by), call->who->user);
	str_copy(q->address, sizeof(q->address), call->who->address);
	q->open = p->open;
	q->asked_pid = call->who->pid;
	q->since = now_s;
	q->confirm_s = p->confirm_s;
	q->for_s = p->for_s;
	q->confirm_until = now_s + p->confirm_s;
	q->until = p->for_s ? now_s + p->for_s : 0;
	/* As after a reboot just now. */
	quarantine_rebase(q);
	q->since_ms = clock_boot_ms();
}

static void put_in_force(
	const struct action_call *call, int lock, const struct plan *p, struct action_outcome *ret)
{
	struct quarantine q;
	struct err err = {.text = ""};
	int r;

	memset(&q, 0, sizeof(q));
	fill_in(call, p, &q);
	r = new_id(q.id);
	if (r < 0)
		err_sys(&err, -r, "no random number");
	if (r == 0)
		r = quarantine_count_one(lock, &err);
	if (r == 0)
		r = quarantine_note_old(&q, &err);
	if (r == 0)
		r = quarantine_store(call->state_dir, &q, &err);
	if (r == 0) {
		r = quarantine_rules_apply(&q.open, &err);
		if (r < 0)
			quarantine_forget(call->state_dir, NULL);
	}
	if (r < 0) {
		action_say(ret, WIRE_FAILED, "%s", err.text);
		return;
	}
	ret->after = state_json(&q);
	json_object_set_new(ret->after, "confirm_s", json_integer(q.confirm_s));
	ret->undo = json_pack("{s:s, s:{s:s}}", "action", "release", "args", "id", q.id);
	action_say(ret, WIRE_DONE,
		"cut off as %s; to be confirmed over a new connection within %lld s", q.id,
		(long long)q.confirm_s);
}

static void quarantine(const struct action_call *call, int lock, struct action_outcome *ret)
{
	struct plan p = {.for_s = 0};
	struct err err = {.text = ""};

	if (make_plan(call, lock, &p, &err) < 0)
		action_say(ret, WIRE_REFUSED, "%s", err.text);
	else if (call->dry_run)
		tell_plan(&p, ret);
	else if (action_is_planned(call, p.identity, "the rule set", ret))
		put_in_force(call, lock, &p, ret);
	json_decref(p.rules);
}

/* ---- Confirming ---- */

static void confirm(
	const struct action_call *call, struct quarantine *q, struct action_outcome *ret)
{
	struct err err = {.text = ""};
	char until[64];

	if (!quarantine_is_new(q, call->who)) {
		action_say(ret, WIRE_REFUSED,
			"%s is to be confirmed over a new connection, not over one of before",
			q->id);
		return;
	}
	if (call->dry_run) {
		action_say(ret, WIRE_PLANNED, "confirm %s", q->id);
		return;
	}
	if (clock_boot_ms() >= q->confirm_ms) {
		action_say(ret, WIRE_FAILED, "%s is being lifted: it was not confirmed in time",
			q->id);
		return;
	}
	q->confirmed = true;
	if (quarantine_store(call->state_dir, q, &err) < 0) {
		action_say(ret, WIRE_FAILED, "%s", err.text);
		return;
	}
	ret->after = state_json(q);
	ret->undo = json_pack("{s:s, s:{s:s}}", "action", "release", "args", "id", q->id);
	quarantine_until_text(q, until, sizeof(until));
	action_say(ret, WIRE_DONE, "%s is confirmed%s%s", q->id, *until ? ", " : "", until);
}

static bool is_confirming(
	const struct span *id, bool there, const struct quarantine *q, struct action_outcome *ret)
{
	if (!there || !span_eq(*id, q->id)) {
		action_say(ret, WIRE_NOT_FOUND, "no quarantine %.*s: it was lifted or released%s%s",
			(int)id->n, id->p, there ? "; there is " : "", there ? q->id : "");
		return false;
	}
	ret->before = state_json(q);
	if (q->confirmed)
		action_say(ret, WIRE_ALREADY, "%s is confirmed", q->id);
	return !q->confirmed;
}

/* ---- */

static void with_state(const struct action_call *call, int lock, struct action_outcome *ret)
{
	const struct action_value *id = action_value(call, "confirm");
	struct err err = {.text = ""};
	struct quarantine q;
	char until[64];
	int r = quarantine_load(call->state_dir, &q, &err);

	if (r < 0) {
		action_say(ret, WIRE_FAILED, "%s; `release` takes it away", err.text);
	} else if (id->given) {
		if (is_confirming(&id->text, r > 0, &q, ret))
			confirm(call, &q, ret);
	} else if (r > 0) {
		ret->before = state_json(&q);
		ret->undo = json_pack("{s:s, s:{s:s}}", "action", "release", "args", "id", q.id);
		quarantine_until_text(&q, until, sizeof(until));
		action_say(ret, WIRE_ALREADY, "cut off as %s by %s%s%s%s", q.id, q.by,
			*until ? ", " : "", until, q.confirmed ? "" : ", not confirmed yet");
	} else {
		quarantine(call, lock, ret);
	}
}

static void run(const struct action_call *call, struct action_outcome *ret)
{
	struct err err = {.text = ""};
	int lock = quarantine_lock(call->state_dir, LOCK_MS, &err);

	if (lock < 0) {
		action_say(ret, WIRE_FAILED, "%s", err.text);
		return;
	}
	with_state(call, lock, ret);
	io_close(lock);
}

const struct action action_quarantine = {
	.name = "quarantine",
	.summary = "cut this host off from the network but for those who do it",
	.args = args,
	.run = run,
};
