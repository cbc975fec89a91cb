/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One action, or one file that is asked for, in a child of the daemon's with all its rights. Policy
 * and bounds are checked there anew.
 */
#ifndef AGENTD_DAEMON_ACTOR_H
#define AGENTD_DAEMON_ACTOR_H

#include "agentd/action.h"
#include "agentd/daemon/daemon.h"
#include "agentd/priv.h"

struct actor {
	struct daemon *daemon;
	const struct subject *who;
	uint64_t number; /* of the worker's frame */
	bool dry_run;
	char *reason;
	const struct action *action; /* NULL: a file is asked for */
	struct action_value values[ACTION_ARGS_MAX];
	char *path; /* of the file */
	int64_t offset, length;
	char *texts[ACTION_ARGS_MAX]; /* those of the values */
};

/* Copies of what the frame holds. 0 or -ENOMEM. */
int actor_set_action(struct actor *a, const struct priv_action *v);
int actor_set_get(struct actor *a, const struct priv_get *v);
void actor_done(struct actor *a);

/* The word of the policy that it takes; and the sentence that tells who lacks it. */
const char *actor_right(const struct actor *a);
void actor_denied(const struct actor *a, char *out, size_t size);

/* For the audit log: the arguments; what a file was. NULL: no memory. */
json_t *actor_args_json(const struct actor *a);
json_t *actor_file_json(const struct actor *a, const struct priv_file *f, const char *sha256);

/* In a child: the OUTCOME frame. Ends the process where it cannot be told. */
void actor_answer(int out, const struct action_outcome *o, uint64_t number);

/*
 * For child_start; `arg` is a struct actor. actor_act answers by an OUTCOME. actor_open sends the
 * file to the worker, whose channel `fd` is, and answers by the FILE frame, and later by a GOT with
 * the hash, unless the file is too long or cannot be read; or by an OUTCOME.
 */
void actor_act(int out, int fd, void *arg);
void actor_open(int out, int fd, void *arg);

#endif
