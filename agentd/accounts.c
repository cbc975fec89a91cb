/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/accounts.h"

#include <errno.h>

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* As strtoul(3) does: blanks and a sign before the digits. */
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
	*ret = (int64_t)v;
	return v <= UINT32_MAX && !(minus && v);
}

/* The next field; empty when there is none. */
static struct span field(struct span *rest)
{
	struct span f = {"", 0};

	span_split(rest, ':', &f);
	return f;
}

/* Drops the blanks in front. False: nothing is left but a comment. */
static bool begin(struct span *line, struct span *ret_name)
{
	while (line->n && is_blank(line->p[0]))
		*line = (struct span){line->p + 1, line->n - 1};
	if (!line->n || line->p[0] == '#')
		return false;
	*ret_name = field(line); /* which may be empty */
	return true;
}

/* A number that an entry of another source may leave out. */
static int id_field(struct span *rest, struct span name, int64_t *ret)
{
	struct span f = field(rest);

	if (read_id(f, ret))
		return 0;
	if (f.n || !name.n || (name.p[0] != '+' && name.p[0] != '-'))
		return -EBADMSG;
	*ret = ACCOUNT_NO_ID;
	return 0;
}

int passwd_line_read(struct span line, struct passwd_line *ret)
{
	struct passwd_line p = {0};

	if (!begin(&line, &p.name))
		return 0;
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

	if (!begin(&line, &g.name))
		return 0;
	field(&line); /* the password */
	if (id_field(&line, g.name, &g.gid) < 0)
		return -EBADMSG;
	g.members = line.p ? line : (struct span){"", 0};
	*ret = g;
	return 1;
}

/* As the C library: an empty number is -1. */
static bool shadow_number(struct span *rest, int64_t *ret)
{
	struct span f = field(rest);

	*ret = -1;
	return !f.n || read_id(f, ret) || span_eq(f, "-1");
}

int shadow_line_read(struct span line, struct shadow_line *ret)
{
	struct shadow_line sh = {0};
	bool good = true;

	if (!begin(&line, &sh.name))
		return 0;
	if (!line.p)
		return -EBADMSG;
	sh.password = field(&line);
	for (size_t i = 0; i < ARRAY_LEN(sh.days); i++)
		good &= shadow_number(&line, &sh.days[i]);
	good &= shadow_number(&line, &sh.flag);
	if (!good)
		return -EBADMSG;
	*ret = sh;
	return 1;
}
