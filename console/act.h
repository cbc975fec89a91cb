/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all action commands do, on the command line: plan the action on every target of every host,
 * show the plan and ask (unless --yes), carry it out, and give one row per outcome.
 */
#ifndef CONSOLE_ACT_H
#define CONSOLE_ACT_H

#include "common/err.h"
#include "console/app.h"
#include "console/command.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct plan;

struct act {
	const char *action; /* of the wire; also the command's name */
	/* What it is done to, as typed, `n` of them; none: the host itself. */
	char *const *targets;
	size_t n;
	/*
	 * The arguments for one target (NULL: the host), but for the identity. 0, or -errno with
	 * `err`: then nothing is asked at all.
	 */
	int (*args)(const char *target, const void *values, json_t **ret, struct err *err);
	const void *values;
	const bool *only; /* per host: whether it is meant; NULL: all are */
	/* Instead of `targets` on every host: fills the plan. 0 or -errno with `err`. */
	int (*fill)(const struct act *act, struct plan *plan, struct err *err);
	void *arg; /* fill's */
};

/*
 * The plan of it at every target host, with nothing asked yet: for those who drive it in a way of
 * their own. 0 or -errno with `err`; `ret` is to be given to plan_done in any case.
 */
int act_plan(struct app *app, const struct act *act, struct plan *ret, struct err *err);
/* Returns an exit status; says why on stderr itself. */
int act_run(struct app *app, const struct act *act);

/* The process of PID or PID@START_TIME: members `pid`, perhaps `start_time` and `tree`. */
int act_process(const char *word, bool tree, json_t **ret, struct err *err);
/* Bytes as the wire has them: a string or {"b64":…}. NULL: no memory. */
json_t *act_bytes(const char *text);
/* Is the path one that an agent takes? 0 or -EINVAL with words. */
int act_check_path(const char *path, struct err *err);

#endif
