/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What sshd starts: Subsystem tocsin /usr/libexec/tocsin-agentd session */
#include "agentd/engine.h"
#include "agentd/handover.h"
#include "agentd/role.h"
#include "agentd/root.h"
#include "agentd/session.h"
#include "agentd/worker.h"
#include "common/log.h"
#include "common/str.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

/*
 * What sshd finds in its pipe it sends in one packet, and the console's libssh keeps buffers of the
 * size of a host's largest packet, three of them, for as long as the session is open. With a page
 * at a time, ten thousand hosts take a gigabyte less.
 */
#define PIPE_BYTES 4096

static int answer_here(const struct agent_options *o, struct session_options *options)
{
	struct root *root;
	struct err err;
	bool stuck;
	int r;

	mallopt(M_ARENA_MAX, SESSION_ARENAS);
	root = root_new(o->root, &err);
	if (!root || engine_init(&err) < 0) {
		log_error("session: %s", err.text);
		root_free(root);
		return root ? ROLE_FAILED : ROLE_REFUSED;
	}
	options->root = root;
	options->state_dir = o->state_dir;
	r = session_run(STDIN_FILENO, STDOUT_FILENO, options, &stuck, &err);
	if (r < 0)
		log_error("session: %s", err.text);
	r = r == 0 ? ROLE_GOOD : r == -EMSGSIZE ? ROLE_REFUSED : ROLE_FAILED;
	if (stuck)
		_exit(r);
	root_free(root);
	return r;
}

/* What the daemon refuses is told request by request, as any other answer is. */
static int refuse(const struct agent_options *o, const char *why, enum wire_code code)
{
	struct session_options options = {.refusal = why, .refusal_code = code};
	int r = answer_here(o, &options);

	return r == ROLE_GOOD ? ROLE_REFUSED : r;
}

static int run(const struct agent_options *o, int argc, char **argv)
{
	struct session_options options = {.privileged = false};
	struct handover h;
	struct err err;
	int r;

	if (argc > 0) {
		log_error("session: takes no argument, got \"%s\"", argv[0]);
		return ROLE_REFUSED;
	}
	if (isatty(STDIN_FILENO))
		log_note(
			"session: one request a line, such as "
			"{\"op\":\"query\",\"id\":1,\"sql\":\"select * from users\"}; Ctrl-D ends");
	(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_BYTES);
	/* The daemon answers for the machine, not for an image that somebody names. */
	r = str_eq(o->root, "/") ? handover(o->run_dir, STDIN_FILENO, STDOUT_FILENO, &h, &err)
				 : -ENOENT;
	if (r == -ENOENT)
		return answer_here(o, &options);
	if (r < 0) {
		log_error("session: %s", err.text);
		return refuse(o, err.text, WIRE_CODE_INTERNAL);
	}
	if (h.end == HANDOVER_REFUSED)
		return refuse(o, h.text, h.code);
	return h.end == HANDOVER_ENDED ? h.status : ROLE_FAILED;
}

const struct role role_session = {
	.name = "session",
	.args = "",
	.summary = "answer requests on standard input, as sshd's subsystem does",
	.run = run,
};
