/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/sudoline.h"

#include "agentd/words.h"

#include <string.h>

/* "#1000 ALL=…" is a user id; any other # begins a comment. */
static bool is_comment(struct span line)
{
	size_t at = line.n > 1 && line.p[1] == '-' ? 2 : 1;

	return line.p[0] == '#' && (line.n <= at || line.p[at] < '0' || line.p[at] > '9');
}

static enum sudo_kind include_kind(struct span header)
{
	if (span_eq(header, "#include") || span_eq(header, "@include"))
		return SUDO_INCLUDE;
	if (span_eq(header, "#includedir") || span_eq(header, "@includedir"))
		return SUDO_INCLUDE_DIR;
	return SUDO_NONE;
}

static struct span without_quotes(struct span s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return (struct span){s.p + 1, s.n - 2};
	return s;
}

enum sudo_kind sudo_line_read(struct span line, struct sudo_line *ret)
{
	struct sudo_line l = {0};
	enum sudo_kind kind;

	line = span_trim(line);
	if (!line.n)
		return SUDO_NONE;
	l.details = line;
	l.header = word_next(&l.details);
	l.details = span_trim(l.details);
	kind = include_kind(l.header);
	if (kind) {
		l.target = without_quotes(l.details);
		if (!l.target.n || memchr(l.target.p, '\0', l.target.n))
			return SUDO_NONE;
	} else if (is_comment(line)) {
		return SUDO_NONE;
	}
	l.goes_on = !kind && line.p[line.n - 1] == '\\';
	*ret = l;
	return kind ? kind : SUDO_RULE;
}

bool sudo_name_read(struct span name)
{
	return name.n && name.p[name.n - 1] != '~' && !memchr(name.p, '.', name.n);
}
