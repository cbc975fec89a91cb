/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a response action is. To add one: write agentd/actions/NAME.c that ends in
 * `const struct action action_NAME`. The request reader, the policy's words, hello, the help and
 * the manual read it from the generated registry.
 *
 * Values cross from the unprivileged worker to the daemon as typed frames (priv.h) and are checked
 * against `args` on both sides; JSON is never read by the daemon. Then a process of its own, forked
 * off the daemon with all its rights, runs the action: it may block, and it ends when that is done.
 */
#ifndef AGENTD_ACTION_H
#define AGENTD_ACTION_H

#include "common/err.h"
#include "common/str.h"
#include "common/wire.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct conf;
struct rights;
struct root;
struct subject;

#define ACTION_ARGS_MAX	  16
#define ACTION_REASON_MAX 1024 /* bytes of the operator's words */
/* Bytes of `before`, `after` and `undo` together, as JSON. */
#define ACTION_JSON_MAX (192u << 10)
/* What tells the thing that was planned from every other one: hex SHA-256, see action_identity. */
#define ACTION_IDENTITY_MAX 64

enum action_arg_type {
	ACTION_INT,  /* between min and max */
	ACTION_TEXT, /* UTF-8 of at most max bytes, no control characters */
	ACTION_PATH, /* absolute, bytes, at most PATH_MAX - 1 of them, no NUL, no "." or ".." part
		      */
	ACTION_FLAG,
};

struct action_arg {
	const char *name; /* the member of the request's `args` */
	enum action_arg_type type;
	bool required;
	int64_t min, max;
	const char *doc; /* one line, no full stop */
};

struct action_value { /* of one argument */
	bool given;
	int64_t i;	  /* ACTION_INT; ACTION_FLAG: 0 or 1 */
	struct span text; /* ACTION_TEXT, ACTION_PATH; a NUL stands behind it */
};

struct action;

/* One request as the privileged side sees it: everything is checked but what the thing itself is.
 */
struct action_call {
	const struct action *action;
	const struct action_value *values; /* in the order of action->args */
	bool dry_run;
	const char *reason; /* "" for none */
	const struct subject *who;
	const struct rights *rights;
	const struct conf *conf;
	const struct root *root; /* the live one */
	const char *state_dir, *run_dir;
};

struct action_outcome {
	enum wire_status status;
	char detail[ERR_TEXT_MAX]; /* a sentence part; may hold hostile bytes */
	/* What it is about, what became of it, how to take it back; objects or NULL. `undo` has
	 * `action` and `args`. */
	json_t *before, *after, *undo;
};

struct action {
	const char *name;
	const char *summary;	       /* one line, no full stop */
	const struct action_arg *args; /* ended by a NULL name */
	/* A word of its own in the policy; NULL: its name. */
	const char *right;
	/*
	 * call->dry_run: fills `ret` with what would happen (WIRE_PLANNED, or why not), and with
	 * `before.identity`. Otherwise does it, if the thing is still the one of the argument
	 * `identity`. Only forward steps; whatever interrupts it leaves nothing half done that
	 * `before` or the vault do not tell of.
	 */
	void (*run)(const struct action_call *call, struct action_outcome *ret);
};

extern const struct action *const actions_all[]; /* sorted by name, NULL at the end (generated) */
const struct action *action_find(const char *name);

/* The value of the argument of that name, which must be one of the action's. */
const struct action_value *action_value(const struct action_call *call, const char *name);

/*
 * Reads a request's `args` into values (ACTION_ARGS_MAX of them); texts point into the tree or into
 * `text`. 0, or -errno with `err` for the requester: unknown, missing, ill-typed or out of bounds.
 */
int action_args_read(const struct action *a, const json_t *args, struct action_value *ret,
	struct buf *text, struct err *err);
/* The same bounds for values from a frame. */
int action_args_check(const struct action *a, const struct action_value *values, struct err *err);

/* Outcomes: `detail` by format. */
void action_say(struct action_outcome *o, enum wire_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void action_outcome_done(struct action_outcome *o);
/* SHA-256 over the parts, each with its length, as hex with its NUL. */
int action_identity(const struct span *parts, size_t n, char ret[ACTION_IDENTITY_MAX + 1]);
/*
 * Before anything is done: is the live thing (`what` in words) the one whose identity the request
 * carries? When it is not, or none is carried, `ret` says so.
 */
bool action_is_planned(const struct action_call *call, const char *identity, const char *what,
	struct action_outcome *ret);
/* Words with names of others in them, as a string: what is not for a terminal is escaped. */
json_t *action_json_words(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
