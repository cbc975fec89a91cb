/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/netdb.h"

#include "agentd/words.h"

int hosts_line_read(struct span line, struct span *ret_address, struct buf *names)
{
	struct span address;
	int r;

	line = word_before(line, '#', NULL);
	address = word_next(&line);
	if (!address.n)
		return 0;
	r = words_join(line, names);
	if (r < 0)
		return r;
	*ret_address = address;
	return 1;
}

/* What comes before the comment. */
static struct span begin(struct span line, struct netdb_line *ret)
{
	*ret = (struct netdb_line){0};
	line = word_before(line, '#', &ret->comment);
	if (ret->comment.p)
		ret->comment = span_trim(ret->comment);
	ret->name = word_next(&line);
	return line;
}

static bool read_number(struct span s, int64_t *ret)
{
	uint64_t n;

	if (parse_span(s, 10, UINT32_MAX, &n) < 0)
		return false;
	*ret = (int64_t)n;
	return true;
}

int services_line_read(struct span line, struct netdb_line *ret, struct buf *aliases)
{
	struct netdb_line e;
	struct span rest = begin(line, &e), port;
	int r;

	port = word_before(word_next(&rest), '/', &e.protocol);
	if (!e.protocol.n || !read_number(port, &e.number))
		return 0;
	r = words_join(rest, aliases);
	if (r < 0)
		return r;
	*ret = e;
	return 1;
}

int protocols_line_read(struct span line, struct netdb_line *ret)
{
	struct netdb_line e;
	struct span rest = begin(line, &e);

	if (!read_number(word_next(&rest), &e.number))
		return 0;
	e.protocol = word_next(&rest);
	if (!e.protocol.n)
		e.protocol.p = NULL;
	*ret = e;
	return 1;
}
