/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/sqltext.h"

#include <string.h>

bool sqltext_comment(struct span s)
{
	return s.n >= 2 && (memcmp(s.p, "--", 2) == 0 || memcmp(s.p, "/*", 2) == 0);
}

size_t sqltext_quoted(struct span s)
{
	const char *end;

	if (s.n == 0)
		return 0;
	if (s.p[0] == '\'' || s.p[0] == '"' || s.p[0] == '`')
		end = memchr(s.p + 1, s.p[0], s.n - 1);
	else if (s.p[0] == '[')
		end = memchr(s.p + 1, ']', s.n - 1);
	else if (!sqltext_comment(s))
		return 0;
	else if (s.p[0] == '-')
		end = memchr(s.p, '\n', s.n);
	else
		end = (end = memmem(s.p + 2, s.n - 2, "*/", 2)) ? end + 1 : NULL;
	return end ? (size_t)(end - s.p) + 1 : s.n;
}
