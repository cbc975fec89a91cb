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

/* ---- Names of files, as words.h reads them ---- */

/* What a name cannot have outside of quotes. */
#define QUOTED " \t\n\"'\\"

/* Within "…", of which readline adds the end when the name is whole. */
static char *quote(char *name, int match, char *quote)
{
	char *out = malloc(2 * strlen(name) + 2), *to = out;

	(void)match;
	if (!out)
		return name;
	*to++ = '"';
	for (const char *p = name; *p; p++) {
		if (*p == '"' || *p == '\\')
			*to++ = '\\';
		*to++ = *p;
	}
	*to = '\0';
	if (quote)
		*quote = '"';
	return out;
}

static char *unquote(char *text, int quote)
{
	char *out = strdup(text), *to = out;

	for (const char *p = text; out && *p; p++) {
		if (*p == '\\' && quote != '\'' && p[1])
			p++;
		*to++ = *p;
	}
	if (out)
		*to = '\0';
	return out;
}

/* Is it one that a backslash is before? */
static int is_escaped(char *line, int at)
{
	int from = at;

	while (from > 0 && line[from - 1] == '\\')
		from--;
	return (at - from) % 2;
}

static char *breaks(void)
{
	const char *found;
	bool file;
	char *line;
	size_t n;

	line = with ? whole_line(&n) : NULL;
	if (!line)
		return NULL;
	/* It is not of the line. */
	found = complete_breaks(with, line, n + (size_t)rl_point, &file);
	/* Elsewhere a quote has words of its own in it, as SQL has. */
	rl_completer_quote_characters = file ? "\"'" : NULL;
	free(line);
	return (char *)found;
}

void complete_readline(const struct complete_with *w)
{
	with = w;
	rl_attempted_completion_function = attempt;
	rl_completion_word_break_hook = breaks;
	rl_filename_quote_characters = QUOTED;
	rl_filename_quoting_function = quote;
	rl_filename_dequoting_function = unquote;
	rl_char_is_quoted_p = is_escaped;
	rl_completion_query_items = COMPLETE_MAX;
}
