/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the actions on processes share: which one it is, whether it may be touched, its tree. */
#ifndef AGENTD_PROCACT_H
#define AGENTD_PROCACT_H

#include "agentd/procfacts.h"
#include "agentd/proctree.h"

/* How long what forks faster than it is stopped is run after. */
#define PROCACT_STOP_MS 20000
/* How long a signal may take to show: what sleeps uninterruptibly does not heed it. */
#define PROCACT_HEED_MS 5000
/* Bytes of "NAME (PID)". */
#define PROCACT_WHO_MAX (PROCFACTS_NAME_MAX + 16)

/* The arguments that all have; the table begins with them. */
#define PROCACT_ARGS                                                                               \
	{"pid", ACTION_INT, true, 1, INT32_MAX, "the process"},                                    \
		{"start_time", ACTION_INT, false, 0, INT64_MAX,                                    \
			"refused for a process that started at another time"},                     \
		{"identity", ACTION_TEXT, false, ACTION_IDENTITY_MAX, ACTION_IDENTITY_MAX,         \
			"what the dry run told"},                                                  \
	{                                                                                          \
		"tree", ACTION_FLAG, false, 0, 0, "its descendants too"                            \
	}

struct procact {
	const struct action_call *call;
	struct action_outcome *ret;
	struct procfs fs;
	struct procguard guard;
	struct pidref p;
	struct procfacts facts;
	struct proctree tree; /* the process alone, until its descendants are looked for */
	bool with_tree;
	char who[PROCACT_WHO_MAX]; /* "NAME (PID)" */
};

/*
 * Finds the process, refuses what may not be touched and fills `before`. False when the outcome is
 * said already. procact_done in any case.
 */
bool procact_init(struct procact *a, const struct action_call *call, struct action_outcome *ret);
void procact_done(struct procact *a);
/*
 * The end of a dry run, "would VERB NAME (PID)": true, with the outcome said. Otherwise false when
 * the process is the one that was planned for, true with the refusal said when it is not.
 */
bool procact_is_said(struct procact *a, const char *verb);
/* After a change: `after`, and `undo` when an action's name is given. */
void procact_tell(struct procact *a, json_t *after, const char *undo);
/* " and N descendants" or "". */
const char *procact_others(const struct procact *a, char *buf, size_t n);
/* Why a process does not heed a signal, e.g. "uninterruptible sleep (in do_exit)". */
void procact_stuck(const struct pidref *p, char *ret, size_t n);

#endif
