/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/cronline.h"

#include <errno.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void drop_blanks(struct span *s)
{
	while (s->n && is_blank(s->p[0]))
		*s = (struct span){s->p + 1, s->n - 1};
}

/* The next word; empty at the end. */
static struct span word(struct span *rest)
{
	struct span w;

	drop_blanks(rest);
	w = (struct span){rest->p, 0};
	while (w.n < rest->n && !is_blank(w.p[w.n]))
		w.n++;
	*rest = (struct span){rest->p + w.n, rest->n - w.n};
	return w;
}

/* NAME=value, with blanks around the sign and quotes around the name as cron allows. */
static bool is_setting(struct span line)
{
	char quote = line.n && (line.p[0] == '"' || line.p[0] == '\'') ? line.p[0] : '\0';
	size_t i = quote ? 1 : 0;

	while (i < line.n &&
		(quote ? line.p[i] != quote : line.p[i] != '=' && !is_blank(line.p[i])))
		i++;
	i += quote && i < line.n;
	line = (struct span){line.p + i, line.n - i};
	drop_blanks(&line);
	return i > 0 && line.n && line.p[0] == '=';
}

static int join_words(struct span rest, struct buf *out)
{
	struct span w;
	int r = 0;

	buf_reset(out);
	while (!r && (w = word(&rest)).n) {
		if (out->len)
			r = buf_putc(out, ' ');
		if (!r)
			r = buf_add(out, w.p, w.n);
	}
	return r;
}

int cron_line_read(struct span line, struct cron_line *ret, struct buf *command)
{
	int r;

	line = span_trim(line);
	if (!line.n || line.p[0] == '#' || is_setting(line))
		return 0;
	*ret = (struct cron_line){0};
	if (line.p[0] == '@')
		ret->event = word(&line);
	else
		for (size_t i = 0; i < ARRAY_LEN(ret->when); i++)
			ret->when[i] = word(&line);
	r = join_words(line, command);
	return r < 0 ? r : command->len > 0;
}
