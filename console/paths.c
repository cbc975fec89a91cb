/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/paths.h"
#include "common/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AGENT	     "tocsin-agentd"
#define SYSTEM_AGENT "/usr/libexec/tocsin-agentd"

static int put(char *ret, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static int put(char *ret, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(ret, size, fmt, ap);
	va_end(ap);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int base(char *ret, size_t size, const char *variable, const char *below_home)
{
	const char *xdg = getenv(variable), *home = getenv("HOME");

	/* A relative one is to be ignored, says the specification. */
	if (xdg && xdg[0] == '/')
		return put(ret, size, "%s/tocsin", xdg);
	if (!home || !*home)
		return -ENXIO;
	return put(ret, size, "%s/%s/tocsin", home, below_home);
}

int paths_config(char *ret, size_t size, const char *name)
{
	char dir[PATH_TEXT_MAX];
	int r = base(dir, sizeof(dir), "XDG_CONFIG_HOME", ".config");

	return r < 0 ? r : put(ret, size, "%s/%s", dir, name);
}

/* With the directories above it; only its owner reads what is in it. */
static int make_dirs(char *path)
{
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
			return -errno;
		*p = '/';
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

int paths_state(char *ret, size_t size, const char *name)
{
	char dir[PATH_TEXT_MAX];
	int r = base(dir, sizeof(dir), "XDG_STATE_HOME", ".local/state");

	if (r == 0)
		r = make_dirs(dir);
	return r < 0 ? r : put(ret, size, "%s/%s", dir, name);
}

int paths_program(char *ret, size_t size, const char *relative)
{
	char self[PATH_TEXT_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n < 0)
		return -errno;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	return put(ret, size, "%s/%s", self, relative);
}

int paths_agent(char *ret, size_t size)
{
	static const char *const places[] = {AGENT, "../libexec/" AGENT};

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (paths_program(ret, size, places[i]) == 0 && access(ret, X_OK) == 0)
			return 0;
	return put(ret, size, "%s", access(SYSTEM_AGENT, X_OK) == 0 ? SYSTEM_AGENT : AGENT);
}
