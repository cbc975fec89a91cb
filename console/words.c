/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* One word from *p on into *to. -EINVAL: its quote does not end. */
static int read_word(const char **p, char **to)
{
	char quote = '\0';

	for (; **p && (quote || !blank(**p)); (*p)++) {
		if (quote && **p == quote)
			quote = '\0';
		else if (!quote && (**p == '"' || **p == '\''))
			quote = **p;
		else if (**p == '\\' && quote != '\'' && (*p)[1])
			*(*to)++ = *++(*p);
		else
			*(*to)++ = **p;
	}
	*(*to)++ = '\0';
	return quote ? -EINVAL : 0;
}

int words_split(const char *line, struct words *ret, size_t *ret_at, struct err *err)
{
	size_t n = strlen(line), at = 0;
	struct words w = {.text = malloc(2 * n + 2)};
	char *to = w.text;
	const char *p = line;
	int r = to ? 0 : err_sys(err, ENOMEM, "line");

	while (r == 0) {
		while (blank(*p))
			p++;
		if (!*p)
			break;
		at = (size_t)(p - line);
		if (w.n == WORDS_MAX) {
			r = err_set(err, E2BIG, "more than %d words", WORDS_MAX);
			break;
		}
		w.at[w.n] = at;
		w.of[w.n++] = to;
		if (read_word(&p, &to) < 0)
			r = err_set(err, EINVAL, "a quote does not end");
	}
	if (r == 0) {
		*ret = w;
		return 0;
	}
	if (ret_at)
		*ret_at = at;
	free(w.text);
	return r;
}

void words_done(struct words *w)
{
	if (!w)
		return;
	free(w->text);
	*w = (struct words){.n = 0};
}
