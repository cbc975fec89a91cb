/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/unitfile.h"

#include <string.h>

void unitfile_init(struct unitfile *u, char *p, size_t n)
{
	*u = (struct unitfile){.p = p, .n = n, .section = {"", 0}};
}

static bool is_comment(struct span line)
{
	return line.n && (line.p[0] == '#' || line.p[0] == ';');
}

static struct span physical_line(struct unitfile *u)
{
	char *from = u->p + u->at, *nl = memchr(from, '\n', u->n - u->at);
	size_t n = nl ? (size_t)(nl - from) : u->n - u->at;

	u->at += n + (nl != NULL);
	return (struct span){from, n};
}

/*
 * A line and those that belong to it, a blank in place of each backslash; comments between are not
 * part of it. What is left over is made empty lines, so that the file can be gone through again.
 */
static struct span logical_line(struct unitfile *u)
{
	struct span line = span_trim(physical_line(u)), more;
	char *p = (char *)(uintptr_t)line.p;

	if (is_comment(line))
		return line;
	while (line.n && p[line.n - 1] == '\\') {
		p[line.n - 1] = ' ';
		do
			more = span_trim(physical_line(u));
		while (is_comment(more) && u->at < u->n);
		if (!more.n || is_comment(more))
			break;
		memmove(p + line.n, more.p, more.n);
		line.n += more.n;
	}
	if (line.n)
		memset(p + line.n, '\n', (size_t)(u->p + u->at - (p + line.n)));
	line = span_trim(line);
	while (line.n && line.p[line.n - 1] == '\\') {
		((char *)(uintptr_t)line.p)[line.n - 1] = ' ';
		line = span_trim(line);
	}
	return line;
}

bool unitfile_next(struct unitfile *u, struct unitfile_line *ret)
{
	while (u->at < u->n) {
		struct span line = logical_line(u), key;

		if (!line.n || is_comment(line))
			continue;
		if (line.p[0] == '[' && line.p[line.n - 1] == ']') {
			u->section = (struct span){line.p + 1, line.n - 2};
			continue;
		}
		if (!span_split(&line, '=', &key) || !line.p)
			continue;
		*ret = (struct unitfile_line){u->section, span_trim(key), span_trim(line)};
		return true;
	}
	return false;
}

struct span unitfile_get(char *p, size_t n, const char *section, const char *key)
{
	struct span found = {NULL, 0};
	struct unitfile_line l;
	struct unitfile u;

	unitfile_init(&u, p, n);
	while (unitfile_next(&u, &l))
		if (l.value.n && span_eq(l.section, section) && span_eq(l.key, key))
			found = l.value;
	return found;
}
