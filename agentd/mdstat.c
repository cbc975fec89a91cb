/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/mdstat.h"

#include <string.h>

/* Takes what stands before `sep` off `*rest`, all of it when there is none. */
static struct span until(struct span *rest, char sep)
{
	struct span part = {NULL, 0};

	if (rest->p)
		span_split(rest, sep, &part);
	return span_trim(part);
}

static bool find(struct span text, const char *what, struct span *ret_behind)
{
	const char *p = text.n ? memmem(text.p, text.n, what, strlen(what)) : NULL;

	if (!p)
		return false;
	p += strlen(what);
	*ret_behind = (struct span){p, (size_t)(text.p + text.n - p)};
	return true;
}

/* "md0 : active (auto-read-only) raid1 sdb1[1] sda1[0]" */
static bool head_line(struct span line, struct mdstat_array *a)
{
	struct span rest = line, word;

	*a = (struct mdstat_array){0};
	if (!span_skip(&rest, "md"))
		return false;
	rest = line;
	a->name = until(&rest, ':');
	if (!rest.p || !span_word(&rest, &a->status))
		return false;
	for (;;) {
		rest = span_trim(rest);
		a->drives = rest;
		if (!span_word(&rest, &word) || memchr(word.p, '[', word.n))
			return true;
		if (word.p[0] != '(')
			a->level = word;
	}
}

/* "1046528 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/3] [UUU]" */
static bool size_line(struct span line, struct mdstat_array *a)
{
	struct span number, word;

	if (!span_word(&line, &number) || parse_span(number, 10, INT64_MAX, &a->blocks) < 0 ||
		!span_word(&line, &word) || !span_eq(word, "blocks"))
		return false;
	a->other = until(&line, '[');
	return true;
}

/* "12.6% (37043392/292945152) finish=127.5min speed=33440K/sec" */
static struct mdstat_action progress(struct span text)
{
	struct mdstat_action act = {0};
	struct span at;

	text = span_trim(text);
	act.progress = text;
	if (find(text, "finish=", &at)) {
		act.progress = span_trim(
			(struct span){text.p, (size_t)(at.p - text.p) - strlen("finish=")});
		span_word(&at, &act.finish);
	}
	if (find(text, "speed=", &at))
		span_word(&at, &act.speed);
	return act;
}

/* "[==>…]  recovery = 12.6% …", or "resync=DELAYED" */
static bool action_line(struct span line, struct mdstat_array *a)
{
	static const char *const names[] = {"recovery", "resync", "reshape", "check"};
	struct span at, rest;

	for (unsigned i = 0; i < MDSTAT_ACTIONS; i++) {
		if (!find(line, names[i], &at))
			continue;
		rest = span_trim(at);
		if (!span_skip(&rest, "="))
			continue;
		a->actions[i] = progress(rest);
		return true;
	}
	return false;
}

/* "bitmap: 0/8 pages [0KB], 65536KB chunk, file: /a/path" */
static void bitmap_line(struct span line, struct mdstat_array *a)
{
	struct span rest;

	if (!find(line, "bitmap:", &rest))
		return;
	a->bitmap_on_mem = until(&rest, ',');
	a->bitmap_chunk = until(&rest, ',');
	if (rest.p && find(rest, "file:", &rest))
		a->bitmap_file = span_trim(rest);
}

bool mdstat_next(struct span *rest, struct mdstat_array *ret)
{
	struct span line;

	do
		if (!span_split(rest, '\n', &line))
			return false;
	while (!head_line(line, ret));
	/* What belongs to it is indented. */
	while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t') &&
		span_split(rest, '\n', &line))
		if (!size_line(line, ret) && !action_line(line, ret))
			bitmap_line(line, ret);
	return true;
}

bool mdstat_drive(struct span *drives, struct span *ret_name, uint64_t *ret_number)
{
	struct span word, name, number;

	while (span_word(drives, &word)) {
		if (!span_split(&word, '[', &name) || !word.p || !name.n ||
			!span_split(&word, ']', &number) ||
			parse_span(number, 10, INT32_MAX, ret_number) < 0)
			continue;
		*ret_name = name;
		return true;
	}
	return false;
}

struct span mdstat_line(struct span text, const char *head)
{
	struct span line;

	while (span_split(&text, '\n', &line))
		if (span_skip(&line, head))
			return span_trim(line);
	return (struct span){"", 0};
}
