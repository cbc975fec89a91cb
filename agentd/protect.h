/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that are not to be deleted: by nobody (the agent's own), or only with force (of a package,
 * vital, protected by the configuration).
 */
#ifndef AGENTD_PROTECT_H
#define AGENTD_PROTECT_H

#include "agentd/action.h"

#include <sys/stat.h>

enum protect {
	PROTECT_NOT,
	PROTECT_FORCE, /* goes with force */
	PROTECT_NEVER,
};

#define PROTECT_WHY_MAX 256

/*
 * `fd`, `st`: the file, whose path without symbolic links is `path`. `ret_why`: the end of a
 * sentence that begins with the path.
 */
enum protect protect_check(const struct action_call *call, const char *path, int fd,
	const struct stat *st, char ret_why[PROTECT_WHY_MAX]);

#endif
