/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/accounts.h"

#include <errno.h>

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* As strtoul(3) does: blanks and a sign before the digits; too much is the most there is. */
static bool read_id(struct span s, int64_t *ret)
{
	uint64_t v = 0;
	bool minus;

	while (s.n && is_blank(s.p[0]))
		s = (struct span){s.p + 1, s.n - 1};
	minus = s.n && s.p[0] == '-';
	if (minus || (s.n && s.p[0] == '+'))
		s = (struct span){s.p + 1, s.n - 1};
	if (!s.n)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (v <= UINT32_MAX)
			v = v * 10 + (uint64_t)(s.p[i] - '0');
	}
	*ret = v > UINT32_MAX || (minus && v) ? UINT32_MAX : (int64_t)v;
	return true;
}

/* The next field; empty when there is none. */
static struct span field(struct span *rest)
{
	struct span f = {"", 0};

	span_split(rest, ':', &f);
	return f;
}

/* Drops the blanks in front. 0: nothing is left but a comment; -EBADMSG: without a name. */
static int begin(struct span *line, struct span *ret_name)
{
	while (line->n && is_blank(line->p[0]))
		*line = (struct span){line->p + 1, line->n - 1};
	if (!line->n || line->p[0] == '#')
		return 0;
	*ret_name = field(line);
	return ret_name->n ? 1 : -EBADMSG;
}

/* A number that an entry of another source may leave out. */
static int id_field(struct span *rest, struct span name, int64_t *ret)
{
	struct span f = field(rest);

	if (read_id(f, ret))
		return 0;
	if (f.n || (name.p[0] != '+' && name.p[0] != '-'))
		return -EBADMSG;
	*ret = ACCOUNT_NO_ID;
	return 0;
}

int passwd_line_read(struct span line, struct passwd_line *ret)
{
	struct passwd_line p = {0};
	int r = begin(&line, &p.name);

	if (r <= 0)
		return r;
	field(&line); /* the password */
	if (id_field(&line, p.name, &p.uid) < 0 || id_field(&line, p.name, &p.gid) < 0)
		return -EBADMSG;
	p.gecos = field(&line);
	p.dir = field(&line);
	p.shell = line.p ? line : (struct span){"", 0};
	*ret = p;
	return 1;
}

int group_line_read(struct span line, struct group_line *ret)
{
	struct group_line g = {0};
	int r = begin(&line, &g.name);

	if (r <= 0)
		return r;
	field(&line); /* the password */
	if (id_field(&line, g.name, &g.gid) < 0)
		return -EBADMSG;
	g.members = line.p ? line : (struct span){"", 0};
	*ret = g;
	return 1;
}
