/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs one action as the daemon does, in a process of its own, and prints its outcome as on the
 * wire. Status: 0 for done, already and planned, 3 for the others, 2 when nothing was tried.
 *
 *   agentd_act [options] ACTION [ARGS as JSON]
 *   -n  only plans     -y  plans first and carries the plan's identity; else that is up to ARGS
 *   -c CONF  -s STATE_DIR  -r REASON  -p PID of the asking session  -u UID that asks
 *   -F  without the right to force
 */
#include "agentd/action.h"
#include "agentd/conf.h"
#include "agentd/policy.h"
#include "agentd/root.h"
#include "common/io.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define USAGE                                                                                      \
	"usage: agentd_act [-nyF] [-c CONF] [-s DIR] [-r REASON] [-p PID] [-u UID] ACTION "        \
	"[ARGS]\n"
#define NOTHING_TRIED 2

static struct {
	bool dry_run, plan_first, no_force;
	const char *conf, *state_dir, *reason;
	int64_t session, uid;
} given = {.conf = "/nonexistent", .state_dir = "/var/lib/tocsin", .reason = ""};

static void die(const char *why)
{
	fprintf(stderr, "agentd_act: %s\n", why);
	exit(NOTHING_TRIED);
}

static int64_t number(const char *text)
{
	int64_t n;

	if (parse_int(text, 0, INT32_MAX, &n) < 0)
		die("not a number");
	return n;
}

static void read_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "nyFc:s:r:p:u:")) >= 0) {
		if (c == 'n')
			given.dry_run = true;
		else if (c == 'y')
			given.plan_first = true;
		else if (c == 'F')
			given.no_force = true;
		else if (c == 'c')
			given.conf = optarg;
		else if (c == 's')
			given.state_dir = optarg;
		else if (c == 'r')
			given.reason = optarg;
		else if (c == 'p')
			given.session = number(optarg);
		else if (c == 'u')
			given.uid = number(optarg);
		else
			die(USAGE);
	}
	if (optind >= argc || optind + 2 < argc)
		die(USAGE);
}

static void act(struct action_call *call, const json_t *args, struct action_outcome *ret)
{
	struct action_value values[ACTION_ARGS_MAX];
	struct buf text;
	struct err err;

	buf_init(&text, WIRE_REQUEST_MAX);
	if (action_args_read(call->action, args, values, &text, &err) < 0)
		die(err.text);
	call->values = values;
	call->action->run(call, ret);
	buf_done(&text);
}

static void plan_and_act(struct action_call *call, json_t *args, struct action_outcome *ret)
{
	call->dry_run = given.dry_run || given.plan_first;
	act(call, args, ret);
	if (!given.plan_first || ret->status != WIRE_PLANNED)
		return;
	json_object_set(args, "identity", json_object_get(ret->before, "identity"));
	action_outcome_done(ret);
	call->dry_run = false;
	act(call, args, ret);
}

static int print(const struct action_call *call, const struct action_outcome *o)
{
	const struct wire_outcome w = {
		call->action->name, o->status, o->detail, o->before, o->after, o->undo};
	struct buf line;

	buf_init(&line, WIRE_REPLY_MAX);
	if (wire_put_outcome(&line, 1, &w) < 0)
		die("the outcome is too large");
	io_write_all(STDOUT_FILENO, line.p, line.len);
	buf_done(&line);
	return wire_status_good(o->status) ? 0 : 3;
}

static int actor(const char *name, const char *json)
{
	struct subject who = {.uid = (uid_t)given.uid, .pid = (pid_t)given.session};
	struct rights rights = {.allow = given.no_force ? RIGHT_ALL & ~RIGHT_FORCE : RIGHT_ALL};
	struct action_outcome outcome = {.detail = ""};
	struct err err = {.text = ""};
	struct action_call call = {
		.action = action_find(name),
		.reason = given.reason,
		.who = &who,
		.rights = &rights,
		.conf = conf_read(given.conf, &err),
		.root = root_new("/", &err),
		.state_dir = given.state_dir,
		.run_dir = "/run/tocsin",
	};
	json_t *args = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	int status;

	snprintf(who.user, sizeof(who.user), "uid%d", (int)who.uid);
	if (!call.action || !args)
		die(call.action ? "ARGS is no JSON" : "no such action");
	if (!call.conf || !call.root)
		die(err.text);
	plan_and_act(&call, args, &outcome);
	status = print(&call, &outcome);
	action_outcome_done(&outcome);
	json_decref(args);
	root_free((struct root *)call.root);
	conf_free((struct conf *)call.conf);
	return status;
}

int main(int argc, char **argv)
{
	int status = 0;
	pid_t pid;

	read_options(argc, argv);
	pid = fork();
	if (pid < 0)
		die("cannot fork");
	if (pid == 0)
		exit(actor(argv[optind], argv[optind + 1] ? argv[optind + 1] : "{}"));
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		die("the actor crashed");
	return WEXITSTATUS(status);
}
