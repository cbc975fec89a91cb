/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For a variant of the agent that tests build (build/tools/agentd_dies): who is about to unlink a
 * file that was given its private name is killed instead, once for each of the files `die` and
 * `die-again` beside it, which it uses up.
 */
#include "agentd/vault.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags);

int __wrap_unlinkat(int dir, const char *name, int flags)
{
	static const char format[] = VAULT_PRIVATE_NAME;
	size_t n = strlen(format) - strlen("%s");

	if (strncmp(name, format, n) == 0 &&
		(__real_unlinkat(dir, "die", 0) == 0 || __real_unlinkat(dir, "die-again", 0) == 0))
		raise(SIGKILL);
	return __real_unlinkat(dir, name, flags);
}
