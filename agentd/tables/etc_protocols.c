/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/fileset.h"
#include "agentd/netdb.h"

enum { NAME, NUMBER, ALIAS, COMMENT };

static const struct column columns[] = {
	{"name", COL_TEXT, 0, "Protocol"},
	{"number", COL_INTEGER, 0, "Its number in an IP header"},
	{"alias", COL_TEXT, 0, "Another name of it"},
	{"comment", COL_TEXT, 0, "What stands behind the # of the line"},
	COL_END,
};

static const char *const names[] = {"/etc/protocols", NULL};
static const struct fileset_spec spec = {names, FILESET_NO_COLUMN, FILESET_NO_COLUMN, false};

static int protocols_open(struct scan *s)
{
	return fileset_open(scan_state(s), s, &spec);
}

static void protocols_close(struct scan *s)
{
	fileset_close(scan_state(s));
}

static int protocols_step(struct scan *s)
{
	struct netdb_line e;
	struct span line;
	int r = fileset_line(scan_state(s), &line, NULL);

	if (r != FILESET_ONE)
		return r;
	if (!protocols_line_read(line, &e))
		return 1;
	row_begin(s);
	row_bytes(s, NAME, e.name.p, e.name.n);
	row_int(s, NUMBER, e.number);
	if (e.protocol.p)
		row_bytes(s, ALIAS, e.protocol.p, e.protocol.n);
	if (e.comment.p)
		row_bytes(s, COMMENT, e.comment.p, e.comment.n);
	row_end(s);
	return 1;
}

const struct table table_etc_protocols = {
	.name = "etc_protocols",
	.doc = "Names of IP protocols, from /etc/protocols.",
	.columns = columns,
	.open = protocols_open,
	.step = protocols_step,
	.close = protocols_close,
	.state_size = sizeof(struct fileset),
};
