/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For a variant of the agent that tests build (build/tools/agentd_dies): who is about to unlink a
 * file that was given its private name, or to give a restored one its own, is killed instead, once
 * for each of the files `die` and `die-again` beside it, which it uses up; likewise by `die-early`
 * who is about to give that private name, and by `die-late` who has unlinked the file. Where
 * `named` is beside it the file system has no files without a name.
 */
#include "agentd/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int __real_openat(int dir, const char *name, int flags, ...);
int __real_renameat2(int dir, const char *from, int to_dir, const char *to, unsigned flags);
int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_openat(int dir, const char *name, int flags, ...);
int __wrap_renameat2(int dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_unlinkat(int dir, const char *name, int flags);

static bool is_ours(const char *name)
{
	static const char format[] = VAULT_PRIVATE_NAME;

	return strncmp(name, format, strlen(format) - strlen("%s")) == 0;
}

static void die_if_told(int dir)
{
	if (__real_unlinkat(dir, "die", 0) == 0 || __real_unlinkat(dir, "die-again", 0) == 0)
		raise(SIGKILL);
}

int __wrap_openat(int dir, const char *name, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if ((flags & O_TMPFILE) == O_TMPFILE && faccessat(dir, "named", F_OK, 0) == 0) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return __real_openat(dir, name, flags, mode);
}

int __wrap_renameat2(int dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if (is_ours(from))
		die_if_told(dir);
	if (is_ours(to) && __real_unlinkat(dir, "die-early", 0) == 0)
		raise(SIGKILL);
	return __real_renameat2(dir, from, to_dir, to, flags);
}

int __wrap_unlinkat(int dir, const char *name, int flags)
{
	int r;

	if (is_ours(name))
		die_if_told(dir);
	r = __real_unlinkat(dir, name, flags);
	if (r == 0 && is_ours(name) && __real_unlinkat(dir, "die-late", 0) == 0)
		raise(SIGKILL);
	return r;
}
