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
	w.room = w.text + n + 1;
	if (r == 0) {
		*ret = w;
		return 0;
	}
	if (ret_at)
		*ret_at = at;
	free(w.text);
	return r;
}

void words_join(struct words *w, const char *line, int from, int to)
{
	size_t at = w->at[from], end = to < w->n ? w->at[to] : strlen(line);
	int behind = w->n - to;

	while (end > at && blank(line[end - 1]))
		end--;
	memcpy(w->room, line + at, end - at);
	w->room[end - at] = '\0';
	memmove(&w->of[from], &w->of[to], (size_t)behind * sizeof(w->of[0]));
	memmove(&w->at[from], &w->at[to], (size_t)behind * sizeof(w->at[0]));
	w->n = from + behind + 1;
	w->of[w->n - 1] = w->room;
	w->at[w->n - 1] = at;
	w->of[w->n] = NULL;
}

void words_done(struct words *w)
{
	if (!w)
		return;
	free(w->text);
	*w = (struct words){.n = 0};
}
