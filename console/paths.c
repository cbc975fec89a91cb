/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/paths.h"
#include "common/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int paths_config(char *ret, size_t size, const char *name)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	/* A relative one is to be ignored, says the specification. */
	if (xdg && xdg[0] == '/')
		return put(ret, size, "%s/tocsin/%s", xdg, name);
	if (!home || !*home)
		return -ENOENT;
	return put(ret, size, "%s/.config/tocsin/%s", home, name);
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
