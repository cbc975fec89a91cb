/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/runbook_lines.h"

#include "common/text.h"

#include <stdlib.h>
#include <string.h>

void runbook_lines_init(struct runbook_lines *l, struct span text)
{
	*l = (struct runbook_lines){.rest = text, .next = 1};
	buf_init(&l->joined, RUNBOOK_LINE_MAX);
	span_skip(&l->rest, "\xef\xbb\xbf");
}

void runbook_lines_done(struct runbook_lines *l)
{
	buf_done(&l->joined);
	free(l->joins);
}

/* A line as the file has it. */
static bool take(struct runbook_lines *l, struct span *ret)
{
	if (!l->rest.p || !span_split(&l->rest, '\n', ret))
		return false;
	l->next++;
	if (ret->n && ret->p[ret->n - 1] == '\r')
		ret->n--;
	return true;
}

static bool goes_on(struct span part, const struct runbook_lines *l)
{
	return part.n > 0 && part.p[part.n - 1] == '\\' && l->rest.p;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The blanks around the join are one. */
static int join(struct runbook_lines *l, struct span part)
{
	unsigned blanks = 0;
	int r = array_grow(
		&l->joins, &l->joins_cap, l->n_joins + 1, sizeof(*l->joins), RUNBOOK_LINE_MAX);

	while (blanks < part.n && is_blank(part.p[blanks]))
		blanks++;
	while (l->joined.len > 0 && is_blank(l->joined.p[l->joined.len - 1]))
		buf_cut(&l->joined, l->joined.len - 1);
	if (r == 0)
		r = buf_putc(&l->joined, ' ');
	if (r < 0)
		return r;
	l->joins[l->n_joins++] =
		(struct runbook_join){(unsigned)l->joined.len, l->next - 1, blanks};
	return buf_add(&l->joined, part.p + blanks, part.n - blanks - goes_on(part, l));
}

static int join_all(struct runbook_lines *l, struct span part)
{
	int r = buf_add(&l->joined, part.p, part.n - 1);

	while (r == 0 && goes_on(part, l)) {
		if (!take(l, &part))
			break;
		r = join(l, part);
	}
	l->text = (struct span){buf_str(&l->joined), l->joined.len};
	return r == -E2BIG ? -EMSGSIZE : r;
}

int runbook_lines_next(struct runbook_lines *l, struct err *err)
{
	struct span part;
	int r = 0;

	buf_reset(&l->joined);
	l->n_joins = 0;
	l->line = l->next;
	if (!take(l, &part))
		return 0;
	l->text = part;
	if (part.n > RUNBOOK_LINE_MAX)
		r = -EMSGSIZE;
	else if (goes_on(part, l))
		r = join_all(l, part);
	if (r == -EMSGSIZE)
		return err_set(
			err, EMSGSIZE, "the line is longer than %u KiB", RUNBOOK_LINE_MAX >> 10);
	if (r < 0)
		return err_sys(err, -r, "line");
	if (memchr(l->text.p, '\0', l->text.n))
		return err_set(err, EINVAL, "the line holds a NUL");
	if (!utf8_valid(l->text.p, l->text.n))
		return err_set(err, EINVAL, "the line is not UTF-8");
	return 1;
}
