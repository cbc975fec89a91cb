/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/cronline.h"

#include "agentd/words.h"

#include <errno.h>

/* NAME=value, with blanks around the sign and quotes around the name as cron allows. */
static bool is_setting(struct span line)
{
	char quote = line.n && (line.p[0] == '"' || line.p[0] == '\'') ? line.p[0] : '\0';
	size_t i = quote ? 1 : 0;

	while (i < line.n &&
		(quote ? line.p[i] != quote : line.p[i] != '=' && !word_blank(line.p[i])))
		i++;
	i += quote && i < line.n;
	line = (struct span){line.p + i, line.n - i};
	words_skip_blanks(&line);
	return i > 0 && line.n && line.p[0] == '=';
}

int cron_line_read(struct span line, struct cron_line *ret, struct buf *command)
{
	int r;

	line = span_trim(line);
	if (!line.n || line.p[0] == '#' || is_setting(line))
		return 0;
	*ret = (struct cron_line){0};
	if (line.p[0] == '@')
		ret->event = word_next(&line);
	else
		for (size_t i = 0; i < ARRAY_LEN(ret->when); i++)
			ret->when[i] = word_next(&line);
	r = words_join(line, command);
	return r < 0 ? r : command->len > 0;
}
