/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/capture.h"
#include "agentd/procact.h"
#include "agentd/signame.h"
#include "common/clock.h"

#include <signal.h>

#define GRACE_DEFAULT_MS 5000
#define GRACE_MAX_MS	 600000
/* How long a signal other than KILL is given to show an effect. */
#define SIGNAL_SHOWS_MS 500
/* KILL, and look again for who was started meanwhile. */
#define KILL_ROUNDS 5

static const struct action_arg args[] = {
	PROCACT_ARGS,
	{"signal", ACTION_TEXT, false, 1, SIGNAME_MAX - 1,
		"this one alone, instead of TERM and then KILL"},
	{"grace_ms", ACTION_INT, false, 0, GRACE_MAX_MS,
		"milliseconds between TERM and KILL, 5000 unless given; 0: KILL at once"},
	{"capture", ACTION_FLAG, false, 0, 0,
		"keep its program, memory map, environment and open files in the vault first"},
	{0},
};

struct kill {
	struct procact act;
	int sig;	  /* the only one, 0: TERM, then KILL */
	int64_t grace_ms; /* between them */
	bool stopped;	  /* those whom nobody had stopped before go on when told so */
	bool termed, killed;
	bool with_capture;
	struct capture capture;
};

static bool read_args(struct kill *k, const struct action_call *call, struct action_outcome *ret)
{
	const struct action_value *sig = action_value(call, "signal");
	const struct action_value *grace = action_value(call, "grace_ms");

	k->grace_ms = grace->given ? grace->i : GRACE_DEFAULT_MS;
	k->with_capture = action_value(call, "capture")->i;
	k->sig = sig->given ? signame_read(sig->text.p) : 0;
	if (k->sig < 0)
		action_say(ret, WIRE_REFUSED, "there is no signal \"%s\"", sig->text.p);
	return k->sig >= 0;
}

static bool ends_in_kill(const struct kill *k)
{
	return !k->sig || k->sig == SIGKILL;
}

/* What is to be captured is stopped, and what may have children. -ETIME: not all. 0 or -errno. */
static int stop(struct kill *k)
{
	struct proctree *t = &k->act.tree;

	k->stopped = k->act.with_tree || k->with_capture;
	if (!k->act.with_tree) {
		if (k->stopped && proctree_signal(t, SIGSTOP))
			proctree_wait_stopped(t, true, clock_mono_ms() + PROCACT_HEED_MS);
		return 0;
	}
	if (ends_in_kill(k))
		proctree_trap(t);
	return proctree_stop(t, clock_mono_ms() + PROCACT_STOP_MS);
}

static void go_on(struct kill *k)
{
	if (k->stopped)
		proctree_continue(&k->act.tree);
	k->stopped = false;
}

/* ---- What is told ---- */

static json_t *after(const struct kill *k, size_t left)
{
	json_t *signals = json_array(), *told;
	char name[SIGNAME_MAX];

	if (k->sig)
		json_array_append_new(signals, json_string(signame(k->sig, name)));
	if (k->termed)
		json_array_append_new(signals, json_string("TERM"));
	if (k->killed && k->sig != SIGKILL)
		json_array_append_new(signals, json_string("KILL"));
	told = json_pack("{s:o, s:I, s:I}", "signals", signals, "ended",
		(json_int_t)(k->act.tree.n - left), "left", (json_int_t)left);
	if (k->capture.n) {
		json_object_set_new(told, "id", json_string(k->capture.kept[0].id));
		json_object_set_new(told, "captured", capture_json(&k->capture));
	}
	return told;
}

/* The vault's id of the process itself, or "". */
static const char *captured(const struct kill *k)
{
	return k->capture.n ? k->capture.kept[0].id : "";
}

/* The first one that is still there; false when it was too quick. */
static bool find_left(struct kill *k, char *why, size_t n)
{
	struct proctree *t = &k->act.tree;
	bool found = false;
	struct pidref p;

	for (size_t i = 0; !found && i < t->n; i++) {
		if (proctree_open(t, i, &p) < 0)
			continue;
		found = !pidref_ended(&p);
		if (found)
			procact_stuck(&p, why, n);
		pidref_close(&p);
	}
	return found;
}

static void tell_left(struct kill *k, size_t left)
{
	struct procact *a = &k->act;
	char why[96];

	if (!find_left(k, why, sizeof(why)))
		snprintf(why, sizeof(why), "it starts processes faster than they are killed");
	action_say(a->ret, WIRE_FAILED, "%zu of %zu have not ended, %s: %s; KILL is pending", left,
		a->tree.n, a->who, why);
}

static void tell(struct kill *k, size_t left)
{
	struct procact *a = &k->act;
	char others[48], name[SIGNAME_MAX];

	procact_tell(a, after(k, left), NULL);
	procact_others(a, others, sizeof(others));
	if (!ends_in_kill(k))
		action_say(a->ret, WIRE_DONE, "%s sent to %s%s: %s", signame(k->sig, name), a->who,
			a->tree.n > 1 ? others : "", left ? "still there" : "ended");
	else if (left)
		tell_left(k, left);
	else
		action_say(a->ret, WIRE_DONE, "%s%s ended on %s%s%s", a->who,
			a->tree.n > 1 ? others : "", k->killed ? "KILL" : "TERM",
			k->capture.n ? ", captured as " : "", captured(k));
}

/* ---- The evidence ---- */

static int capture_all(struct kill *k, struct err *err)
{
	struct proctree *t = &k->act.tree;
	int r = capture_init(&k->capture, k->act.call, &k->act.fs, err);
	struct pidref p;

	for (size_t i = 0; r == 0 && i < t->n && i < CAPTURES_MAX; i++) {
		if (proctree_open(t, i, &p) < 0)
			continue;
		r = capture_process(&k->capture, &p, err);
		pidref_close(&p);
		/* Of a descendant: it is gone, and has nothing left to keep. */
		if (r == -ESRCH && i > 0)
			r = 0;
	}
	return r;
}

/* What cannot be kept is not killed. */
static bool capture(struct kill *k)
{
	struct procact *a = &k->act;
	struct err err;

	if (!k->with_capture || capture_all(k, &err) == 0)
		return true;
	go_on(k);
	action_say(a->ret, WIRE_FAILED, "%s is not captured, and goes on: %s", a->who, err.text);
	return false;
}

/* ---- Doing it ---- */

/* Only one signal, which need not end it. */
static void send_one(struct kill *k)
{
	struct proctree *t = &k->act.tree;
	bool stays_stopped = k->sig == SIGSTOP || k->sig == SIGTSTP;

	proctree_signal(t, k->sig);
	if (!stays_stopped)
		go_on(k);
	tell(k, proctree_wait_end(t, clock_mono_ms() + SIGNAL_SHOWS_MS));
}

/* How many there are still, those that were found only now included. */
static size_t ask_to_end(struct kill *k)
{
	struct proctree *t = &k->act.tree;
	size_t left, n = t->n;

	proctree_signal(t, SIGTERM);
	k->termed = true;
	go_on(k);
	left = proctree_wait_end(t, clock_mono_ms() + k->grace_ms);
	if (k->act.with_tree)
		proctree_find(t);
	return left + (t->n - n);
}

static size_t make_end(struct kill *k)
{
	struct proctree *t = &k->act.tree;
	size_t left = 1, n = 0;

	for (unsigned i = 0; i < KILL_ROUNDS && n != t->n; i++) {
		n = t->n;
		k->killed = true;
		cgtrap_kill(&t->trap);
		proctree_signal(t, SIGKILL);
		left = proctree_wait_end(t, clock_mono_ms() + PROCACT_HEED_MS);
		if (k->act.with_tree)
			proctree_stop(t, clock_mono_ms() + PROCACT_STOP_MS);
		left += t->n - n;
	}
	return left;
}

static void kill_it(struct kill *k)
{
	struct procact *a = &k->act;
	int r = stop(k);
	size_t left = 1;

	if (r < 0 && (r != -ETIME || !ends_in_kill(k))) {
		go_on(k);
		action_say(a->ret, WIRE_FAILED, "%s%s: %s", a->who,
			r == -ETIME ? " starts processes faster than they are stopped" : "",
			strerror(-r));
		return;
	}
	if (!capture(k))
		return;
	if (!ends_in_kill(k)) {
		send_one(k);
		return;
	}
	/* What was suspended must not wake up once more to handle TERM. */
	if (!k->sig && k->grace_ms && r == 0 && a->facts.state != 'T')
		left = ask_to_end(k);
	if (left && a->with_tree && k->termed)
		proctree_stop(&a->tree, clock_mono_ms() + PROCACT_STOP_MS);
	tell(k, left ? make_end(k) : 0);
}

static void run(const struct action_call *call, struct action_outcome *ret)
{
	struct kill k = {.capture.vault = VAULT_NONE};

	if (!procact_init(&k.act, call, ret) || !read_args(&k, call, ret))
		goto out;
	if (pidref_ended(&k.act.p))
		action_say(ret, WIRE_ALREADY, "%s has ended; its parent has not taken note",
			k.act.who);
	else if (!procact_is_said(&k.act, k.with_capture ? "capture and kill" : "kill"))
		kill_it(&k);
out:
	capture_done(&k.capture);
	procact_done(&k.act);
}

const struct action action_kill = {
	.name = "kill",
	.summary = "end a process",
	.args = args,
	.run = run,
};
