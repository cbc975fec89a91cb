/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/atjob.h"

#include "agentd/words.h"

#include <string.h>

#define NUMBER_DIGITS 5
#define TIME_DIGITS   8

bool atjob_name_read(struct span name, struct atjob_name *ret)
{
	uint64_t number, minutes;

	if (name.n != 1 + NUMBER_DIGITS + TIME_DIGITS)
		return false;
	if (parse_span((struct span){name.p + 1, NUMBER_DIGITS}, 16, UINT32_MAX, &number) < 0 ||
		parse_span((struct span){name.p + 1 + NUMBER_DIGITS, TIME_DIGITS}, 16, UINT32_MAX,
			&minutes) < 0)
		return false;
	*ret = (struct atjob_name){
		.queue = name.p[0],
		.running = name.p[0] == '=',
		.number = (int64_t)number,
		.run_at = (int64_t)minutes * 60,
	};
	return true;
}

static bool after(struct span s, const char *prefix, struct span *ret)
{
	size_t n = strlen(prefix);

	if (s.n < n || memcmp(s.p, prefix, n) != 0)
		return false;
	*ret = (struct span){s.p + n, s.n - n};
	return true;
}

/* "# atrun uid=1000 gid=1000" */
static void read_ids(struct span line, struct atjob *job)
{
	struct span word, digits;
	uint64_t id;

	while ((word = word_next(&line)).n) {
		if (after(word, "uid=", &digits) && !parse_span(digits, 10, UINT32_MAX, &id))
			job->uid = (int64_t)id;
		if (after(word, "gid=", &digits) && !parse_span(digits, 10, UINT32_MAX, &id))
			job->gid = (int64_t)id;
	}
}

/*
 * Behind the environment at(1) writes "cd DIRECTORY || {", an error message and "}"; then come the
 * commands. Some versions hand these to the shell by "<< 'marcinDELIMITER…'".
 */
static struct span commands(struct span rest)
{
	struct span line, end = {NULL, 0}, all;

	while (span_split(&rest, '\n', &line))
		if (span_eq(span_trim(line), "}"))
			break;
	if (!rest.p)
		return (struct span){"", 0};
	all = rest;
	if (span_split(&rest, '\n', &line) && rest.p) {
		char *mark = memmem(line.p, line.n, "<< '", strlen("<< '"));

		if (mark) {
			end = (struct span){mark + strlen("<< '"),
				(size_t)(line.p + line.n - mark) - strlen("<< '")};
			end = word_before(end, '\'', NULL);
			all = rest;
		}
	}
	if (end.n) {
		char *p = memmem(all.p, all.n, end.p, end.n);

		if (p)
			all.n = (size_t)(p - all.p);
	}
	return span_trim(all);
}

void atjob_read(struct span content, struct atjob *ret)
{
	struct span rest = content, line, words, mail;

	*ret = (struct atjob){.uid = -1, .gid = -1, .mail = {"", 0}, .command = {"", 0}};
	while (span_split(&rest, '\n', &line)) {
		if (after(line, "# atrun ", &words))
			read_ids(words, ret);
		else if (after(line, "# mail ", &mail))
			ret->mail = word_next(&mail);
		else if (after(line, "cd ", &words)) {
			ret->command = rest.p ? commands(rest) : ret->command;
			return;
		}
	}
}
