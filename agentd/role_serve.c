/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SSH server is a program of its own, so that the agent itself needs no SSH library. */
#include "agentd/role.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SERVE_PROGRAM  "tocsin-agentd-serve"
#define SERVE_ARGS_MAX 256

#ifndef LIBEXECDIR
#define LIBEXECDIR "/usr/libexec"
#endif

/* The agent's own path, then the folder it lies in with `name` in it. */
static int beside(char self[PATH_MAX], char out[PATH_MAX], const char *name)
{
	ssize_t n = readlink("/proc/self/exe", self, PATH_MAX - 1);
	char *slash;

	if (n <= 0)
		return -errno;
	self[n] = '\0';
	slash = strrchr(self, '/');
	n = snprintf(out, PATH_MAX, "%.*s/%s", (int)(slash ? slash - self : 0), self, name);
	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int run(const struct agent_options *o, int argc, char **argv)
{
	char self[PATH_MAX], program[PATH_MAX], *args[SERVE_ARGS_MAX];
	int n = 0;

	(void)o;
	if (argc + 4 > SERVE_ARGS_MAX) {
		log_error("serve: too many arguments");
		return ROLE_REFUSED;
	}
	if (beside(self, program, SERVE_PROGRAM) < 0) {
		log_error("serve: cannot tell where this program lies: %s", strerror(errno));
		return ROLE_FAILED;
	}
	args[n++] = (char *)SERVE_PROGRAM;
	args[n++] = (char *)"--agent";
	args[n++] = self;
	for (int i = 0; i < argc; i++)
		args[n++] = argv[i];
	args[n] = NULL;
	execv(program, args);
	if (errno == ENOENT)
		execv(LIBEXECDIR "/" SERVE_PROGRAM, args);
	log_error("serve: cannot run %s: %s", program, strerror(errno));
	return ROLE_FAILED;
}

const struct role role_serve = {
	.name = "serve",
	.args = "",
	.summary = "the same behind an SSH server of its own (serve --help)",
	.foreign = true,
	.run = run,
};
