/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What sshd starts: Subsystem tocsin /usr/libexec/tocsin-agentd session */
#include "agentd/engine.h"
#include "agentd/role.h"
#include "agentd/root.h"
#include "agentd/session.h"
#include "common/log.h"

#include <malloc.h>
#include <unistd.h>

/* Each arena of malloc's that a thread opens holds on to memory of its own. */
#define SESSION_ARENAS 2

static int run(const struct agent_options *o, int argc, char **argv)
{
	struct session_options options = {.privileged = false};
	struct root *root;
	struct err err;
	bool stuck;
	int r;

	if (argc > 0) {
		log_error("session: takes no argument, got \"%s\"", argv[0]);
		return ROLE_REFUSED;
	}
	mallopt(M_ARENA_MAX, SESSION_ARENAS);
	root = root_new(o->root, &err);
	if (!root || engine_init(&err) < 0) {
		log_error("session: %s", err.text);
		root_free(root);
		return root ? ROLE_FAILED : ROLE_REFUSED;
	}
	if (isatty(STDIN_FILENO))
		log_note(
			"session: one request a line, such as "
			"{\"op\":\"query\",\"id\":1,\"sql\":\"select * from users\"}; Ctrl-D ends");
	options.root = root;
	r = session_run(STDIN_FILENO, STDOUT_FILENO, &options, &stuck, &err);
	if (r < 0)
		log_error("session: %s", err.text);
	r = r == 0 ? ROLE_GOOD : r == -EMSGSIZE ? ROLE_REFUSED : ROLE_FAILED;
	if (stuck)
		_exit(r);
	root_free(root);
	return r;
}

const struct role role_session = {
	.name = "session",
	.args = "",
	.summary = "answer requests on standard input, as sshd's subsystem does",
	.run = run,
};
