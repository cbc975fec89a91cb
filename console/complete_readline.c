/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion as GNU readline wants it. */
#include "console/complete.h"
#include "common/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After stdio.h, which it does not include itself. */
#include <readline/readline.h>

/* readline's functions have no argument of their own. */
static const struct complete_with *with;

static size_t in_common(const char *a, const char *b, size_t most)
{
	size_t n = 0;

	while (n < most && a[n] == b[n])
		n++;
	return n;
}

/* readline wants what they have in common first. Takes `list` over. */
static char **with_common(char **list)
{
	size_t n = 0, common;
	char **out;

	while (list[n])
		n++;
	if (n == 0) {
		free(list);
		return NULL;
	}
	common = strlen(list[0]);
	for (size_t i = 1; i < n; i++)
		common = in_common(list[0], list[i], common);
	out = realloc(list, (n + 2) * sizeof(*out));
	if (!out)
		return list;
	memmove(out + 1, out, (n + 1) * sizeof(*out));
	out[0] = strndup(out[1], common);
	if (n > 1)
		return out;
	/* A value follows at once. */
	rl_completion_suppress_append = common > 0 && out[0] && out[0][common - 1] == '=';
	free(out[1]);
	out[1] = NULL;
	return out;
}

/* With the lines before it: *ret_n bytes. NULL: no memory. */
static char *whole_line(size_t *ret_n)
{
	const char *before = with->before ? with->before : "";

	*ret_n = strlen(before);
	return str_printf("%s%s", before, rl_line_buffer);
}

static char **attempt(const char *text, int start, int end)
{
	char **list, *line;
	size_t n;

	(void)text;
	rl_attempted_completion_over = 1;
	line = with ? whole_line(&n) : NULL;
	if (!line)
		return NULL;
	list = complete_line(with, line, n + (size_t)start, n + (size_t)end);
	free(line);
	/* Without a list readline's own, names of files. */
	rl_attempted_completion_over = list != NULL;
	return list ? with_common(list) : NULL;
}

static char *breaks(void)
{
	const char *found;
	char *line;
	size_t n;

	line = with ? whole_line(&n) : NULL;
	if (!line)
		return NULL;
	/* It is not of the line. */
	found = complete_breaks(with, line, n + (size_t)rl_point);
	free(line);
	return (char *)found;
}

void complete_readline(const struct complete_with *w)
{
	with = w;
	rl_attempted_completion_function = attempt;
	rl_completion_word_break_hook = breaks;
	rl_completion_query_items = COMPLETE_MAX;
}
